import { describe, expect, it } from "vitest";
import type { ReadLetters } from "../../src/worker/dead-letters.ts";
import { type HousekeepingOptions, keepHouse } from "../../src/worker/housekeeping.ts";
import { BLOCKED_MS, createWorkerBench, onBench } from "./setup.ts";

/** Keeps house for `rounds` rounds of 10 s, and answers what was said. */
async function linesOf(rounds: number, own: Partial<HousekeepingOptions>): Promise<string[]> {
	const { time } = createWorkerBench();
	const lines: string[] = [];
	const ended = new AbortController();
	const house = keepHouse({
		queue: "q",
		sweep: async () => ({ woken: [], failed: [] }),
		read: async () => [],
		wake: async () => undefined,
		everyMs: 10_000,
		blockedMs: BLOCKED_MS,
		...time,
		signal: ended.signal,
		say: (line) => lines.push(line),
		...own,
	});
	await time.run(time.wait(rounds * 10_000 - 1));
	ended.abort();
	await time.run(house);
	return lines;
}

describe("what a worker looks after", () => {
	it("is swept once, and again until that has succeeded", async () => {
		let sweeps = 0;
		const sweep = async () => {
			if (++sweeps < 3) throw new Error("state is away");
			return { woken: ["s"], failed: [] };
		};
		const failed = "sweep: not done, and tried again with the next look at dead letters: state is away";
		expect(await linesOf(5, { sweep })).toEqual([failed, failed, "sweep: 1 woken, 0 failed"]);
		expect(sweeps).toBe(3);
	});

	it.each([
		{ code: "wake_failed", sweeps: 10 },
		{ code: "record_invalid", sweeps: 1 },
	])("is swept $sweeps times while a session fails with $code", async ({ code, sweeps }) => {
		let count = 0;
		const error = Object.assign(new Error("no"), { code });
		const sweep = async () => {
			count++;
			return { woken: [], failed: [{ sessionId: "s", error }] };
		};
		expect(await linesOf(20, { sweep })).toEqual(Array(sweeps).fill('sweep: 0 woken, 1 failed: "s" (no)'));
		expect(count).toBe(sweeps);
	});

	it("is told once if it cannot be looked at, and looked at again", async () => {
		let reads = 0;
		const read: ReadLetters = async () => {
			if (++reads <= 3) throw new Error("no such function");
			return [{ id: "1", failed_at: 1, payload: { session_id: "s" } }];
		};
		expect((await linesOf(5, { read })).slice(1)).toEqual([
			"dead letters of q: not read, their sessions are not woken: no such function",
			'dead letters of q: sessions 1 woken: "s"; the letters stay where they are',
		]);
	});

	it("is not looked at any more once the worker has ended", () =>
		onBench({}, async ({ worker, engine, time }) => {
			const a = worker("a");
			await time.wait(100);
			await a.drain();
			const before = engine.calls()["engine::queue::dlq_messages"];
			await time.wait(60_000);
			expect(engine.calls()["engine::queue::dlq_messages"]).toBe(before);
		})());
});
