// Contenders for sessions on a real iii engine, over the real SDK: what they were told is recorded, and has to hold.
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import {
	checkHistory,
	HISTORY_HEADER,
	type HistoryLine,
	parseHistory,
	recordLeases,
} from "../../src/history/index.ts";
import { createLeases, hasCode, type Leases, realPorts } from "../../src/index.ts";
import { iiiStore } from "../../src/turn/index.ts";
import { describeOnEngines } from "./iii-engine.ts";

const CONTENDERS = 6;
const TRANSITIONS = 30;
const EXPECTED = ["lease_held", "lease_lost", "outcome_unknown"] as const;

describeOnEngines("contenders", (engine, state) => {
	it("leave a history that holds", async () => {
		const sessions = [randomUUID(), randomUUID()];
		const lines: HistoryLine[] = [];
		const record = (line: HistoryLine) => lines.push(line);
		const contenders = Array.from({ length: CONTENDERS }, (_, index) => {
			const process = `p${index + 1}`;
			const store = iiiStore(engine().connect(), { startup: { retry: realPorts.retry } });
			const leases = createLeases<string[]>({
				store,
				owner: process,
				ttlMs: 200,
				maxHoldMs: 250,
				skewMs: 0,
			});
			// One process makes all the calls: their order is known exactly.
			return contend(recordLeases(leases, { process, time: () => lines.length, record }), sessions, index);
		});
		await Promise.all(contenders);
		const text = [HISTORY_HEADER, ...lines].map((line) => JSON.stringify(line)).join("\n");
		const { verdict, checks } = checkHistory(parseHistory(text));
		expect(checks.flatMap(({ findings }) => findings.map(({ sentence }) => sentence))).toEqual([]);
		expect(verdict).toBe("held");
		const evaluated = Object.fromEntries(checks.map((check) => [check.name, check.evaluated]));
		process.stdout.write(`checked of a real iii engine, ${state}: ${JSON.stringify(evaluated)}\n`);
		for (const name of ["epochs", "fenced lease", "lost updates", "truthful outcomes"]) {
			expect(evaluated[name], name).toBeGreaterThan(CONTENDERS);
		}
		expect(lines.some((line) => line.type === "fail" && line.code === "lease_held")).toBe(true);
	}, 60_000);
});

async function contend(leases: Leases<string[]>, sessions: readonly string[], seed: number): Promise<void> {
	for (let transition = 0; transition < TRANSITIONS; transition++) {
		const session = sessions[(seed + transition) % sessions.length] as string;
		try {
			const lease = await leases.acquire(session, transition % 3 === 0 ? {} : { waitMs: 1_000 });
			const mine = (count: number) => [
				...(lease.value ?? []).slice(-4),
				`${lease.epoch}.${lease.id}.${count}`,
			];
			await lease.write(mine(1));
			// Some keep their lease until it ends by itself, some are late: a rival may have taken over.
			if (transition % 10 === 9) continue;
			if (transition % 10 === 4) await pause(300);
			if (transition % 10 === 5) await lease.abandon();
			else await lease.release({ value: mine(2) });
		} catch (error) {
			// On a busy machine a call may take longer than these short leases last: what came of it is unknown then.
			if (!EXPECTED.some((code) => hasCode(error, code))) throw error;
			await pause(5);
		}
	}
}
