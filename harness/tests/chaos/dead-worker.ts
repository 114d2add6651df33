// A worker killed in the middle of a transition, and its successor: under which settings of queue and lease its turn ends.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { createLeases } from "../../src/index.ts";
import { connectIII } from "../../src/stores/connect-iii.ts";
import { iiiStore } from "../../src/stores/iii-store.ts";
import type { TurnRecord } from "../../src/turn/record.ts";
import { type Child, startChild } from "./child.ts";

/** The default TTL and skew, a look each second, and what it takes to start processes. */
const ENDS_WITHIN_MS = 15_000 + 1_000 + 14_000;
const SESSION = "dead-worker";

/** Kills the worker while it runs its call, starts it again after `restartMs`, and waits for the end of the turn. */
export async function outlivesItsWorker(
	url: string,
	{ restartMs }: { readonly restartMs: number },
): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), "session-lease-dead-"));
	const children: Child[] = [];
	const iii = await connectIII(url, { name: "dead-worker" });
	try {
		const worker = async () => {
			const child = startChild([
				"worker",
				"--url",
				url,
				"--name",
				"a",
				"--functions",
				hangingFunctions(folder),
			]);
			children.push(child);
			expect(await child.line(/^worker a: /, 20_000)).toMatch(/before a dead holder's lease .* wait/);
			return child;
		};
		const first = await worker();
		const payload = { session_id: SESSION, message };
		expect(await iii.trigger({ function_id: "turn::start::a", payload })).toEqual({ ok: true });
		await until(() => existsSync(join(folder, "ran")), 10_000);
		await first.kill();
		await pause(restartMs);
		await worker();
		const leases = createLeases<TurnRecord>({ store: iiiStore(iii) });
		await until(async () => {
			const { state, valueText } = await leases.inspect(SESSION);
			const record = valueText === undefined ? undefined : (JSON.parse(valueText) as TurnRecord);
			return record?.state === "stopped" && state === "free";
		}, ENDS_WITHIN_MS);
		expect(readFileSync(join(folder, "ran"), "utf8")).toBe("once\n");
	} finally {
		await iii.shutdown();
		for (const child of children) await child.kill();
		rmSync(folder, { recursive: true, force: true });
	}
}

const call = { type: "function_call", id: "c1", function_id: "agent_trigger" };
const message = {
	role: "assistant",
	content: [{ ...call, arguments: { function: "hang", payload: {} } }],
	stop_reason: "function_call",
};

/** It runs unasked, notes that it does, and does not come to an end. */
function hangingFunctions(folder: string): string {
	const path = join(folder, "functions.json");
	const command = ["sh", "-c", `echo once >> "${join(folder, "ran")}"; exec sleep 60`];
	writeFileSync(path, JSON.stringify({ message, functions: { hang: { command, approval: false } } }));
	return path;
}

async function until(look: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
	const signal = AbortSignal.timeout(withinMs);
	while (!(await look())) {
		signal.throwIfAborted();
		await pause(100);
	}
}
