import { describe, expect, it } from "vitest";
import { createLeases } from "../../src/index.ts";
import { iiiStore } from "../../src/stores/iii-store.ts";
import type { ReadLetters } from "../../src/survey/dead-letters.ts";
import { type HousekeepingOptions, keepHouse } from "../../src/worker/housekeeping.ts";
import { BLOCKED_MS, createWorkerBench, onBench } from "./setup.ts";

/** Keeps house for `rounds` rounds of 10 s, and answers what was said. */
async function linesOf(rounds: number, own: Partial<HousekeepingOptions>): Promise<string[]> {
	const { time } = createWorkerBench();
	const lines: string[] = [];
	const ended = new AbortController();
	const house = keepHouse({
		queue: "q",
		lookAtName: async () => undefined,
		sweep: async () => ({ woken: [], failed: [] }),
		sweepEveryMs: 0,
		retriesMs: 0,
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
		const failed = "sweep: not done, and tried again: state is away";
		expect(await linesOf(5, { sweep })).toEqual([failed, "sweep: 1 woken, 0 failed"]);
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
		expect(await linesOf(20, { sweep })).toEqual(['sweep: 0 woken, 1 failed: "s" (no)']);
		expect(count).toBe(sweeps);
	});

	it.each([
		{ sweepEveryMs: 60_000, sweeps: 4 },
		{ sweepEveryMs: 0, sweeps: 1 },
		{ sweepEveryMs: 2_000, sweeps: 100 },
	])("is swept $sweeps times in 200 s if that is asked for every $sweepEveryMs ms", async (given) => {
		let count = 0;
		const sweep = async () => ({ woken: ++count === 4 ? ["s"] : [], failed: [] });
		const lines = await linesOf(20, { sweep, sweepEveryMs: given.sweepEveryMs });
		expect(count).toBe(given.sweeps);
		expect(lines.slice(0, 2)).toEqual(
			["sweep: 0 woken, 0 failed", "sweep: 1 woken, 0 failed"].slice(0, given.sweeps),
		);
	});

	it("goes on after ten failures in a row, in its own time", async () => {
		let count = 0;
		const sweep = async () => {
			count++;
			throw { code: "x", message: "no Error, as early iii-sdks reject" };
		};
		const lines = await linesOf(20, { sweep, sweepEveryMs: 30_000 });
		expect(lines).toEqual(["sweep: not done, and tried again: no Error, as early iii-sdks reject"]);
		// At 0, 10, … 90 s, and then at 120, 150 and 180 s.
		expect(count).toBe(13);
	});

	it("is swept again by a worker that has lived through an engine which forgot its messages", () =>
		onBench({ approved: ["pay"] }, async ({ worker, start, engine, other, ports, time }) => {
			const a = worker("a");
			await start(a, "s", { c1: "pay" });
			await engine.idle();
			// Owed a wake by a holder whose message went with the engine: nobody else will ever send it.
			const leases = createLeases({ store: iiiStore(other), ports });
			const lease = await leases.acquire("s");
			await lease.release({ owed: true });
			await time.wait(55_000);
			expect(a.lines).toEqual(["sweep: 0 woken, 0 failed"]);
			await time.wait(10_000);
			await engine.idle();
			expect(a.lines).toEqual(["sweep: 0 woken, 0 failed", "sweep: 1 woken, 0 failed"]);
			expect((await leases.inspect("s")).owed).toBe(false);
		})());

	it("is told once of a session that every sweep finds, and again when another one is found", async () => {
		const found = [["s"], ["s"], ["s"], ["t"], ["t"]];
		const sweep = async () => ({ woken: found.shift() ?? [], failed: [] });
		const line = "sweep: 1 woken, 0 failed";
		expect(await linesOf(5, { sweep, sweepEveryMs: 10_000 })).toEqual([line, line]);
	});

	it("goes on with old dead letters where one look ends, and says that it does", async () => {
		const letters = Array.from({ length: 2_500 }, (_, index) => ({
			id: String(index),
			failed_at: 5_000 - index,
			payload: index === 2_400 ? { session_id: "s" } : { other: index },
		}));
		const read: ReadLetters = async ({ offset, limit }) => letters.slice(offset, offset + limit);
		expect((await linesOf(7, { read })).slice(1)).toEqual([
			"dead letters of q: more than 1000, each look goes on where the last one ended",
			'dead letters of q: sessions 1 woken: "s"; the letters stay where they are',
		]);
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

	it("is no news when it fails because the worker ends", async () => {
		const ended = new AbortController();
		const { signal } = ended;
		const fail = () =>
			new Promise<never>((_resolve, reject) => {
				signal.addEventListener("abort", () => reject(new Error("the socket is closed")), { once: true });
			});
		const lookAtName = async () => {
			// Both the sweep and the reading are under way.
			setImmediate(() => ended.abort());
		};
		expect(await linesOf(1, { signal, lookAtName, sweep: fail, read: fail })).toEqual([]);
		expect(signal.aborted).toBe(true);
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
