// A worker killed in the middle of a transition, with iii's default queue settings and the default TTL: its turn ends.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createLeases } from "../../src/index.ts";
import { iiiStore } from "../../src/stores/iii-store.ts";
import type { TurnRecord } from "../../src/turn/record.ts";
import { type Child, startChild } from "./child.ts";
import { startServedEngine } from "./engine-process.ts";

const asked = process.env.SESSION_LEASE_CHAOS !== undefined;
if (!asked) {
	process.stdout.write(
		"not tested here: a worker killed under iii's default settings, 20 s (npm run chaos does)\n",
	);
}

const SESSION = "s";
/** The default TTL and skew, a look each second, and what it takes to start processes. */
const ENDS_WITHIN_MS = 15_000 + 1_000 + 14_000;

describe.skipIf(!asked)("a worker killed in the middle of a transition, under iii's default settings", () => {
	it.each([
		{ when: "before its message is a dead letter", restartMs: 300 },
		{ when: "when its message has become a dead letter", restartMs: 5_000 },
	])(
		"is replaced $when, and the turn ends",
		async ({ restartMs }) => {
			const folder = mkdtempSync(join(tmpdir(), "session-lease-dead-"));
			const engine = await startServedEngine(folder, "journal", { queue: "turn-step" });
			const children: Child[] = [];
			const iii = await engine.connect();
			try {
				const worker = async () => {
					const url = `ws://127.0.0.1:${engine.port}`;
					const functions = hangingFunctions(folder);
					const child = startChild(["worker", "--url", url, "--name", "a", "--functions", functions]);
					children.push(child);
					expect(await child.line(/^worker a: /, 20_000)).toMatch(/wait/);
					return child;
				};
				const first = await worker();
				await iii.trigger({ function_id: "turn::start::a", payload: { session_id: SESSION, message } });
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
				await engine.stop();
				rmSync(folder, { recursive: true, force: true });
			}
		},
		90_000,
	);
});

const message = {
	role: "assistant",
	content: [
		{
			type: "function_call",
			id: "c1",
			function_id: "agent_trigger",
			arguments: { function: "hang", payload: {} },
		},
	],
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
