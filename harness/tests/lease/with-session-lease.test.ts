// A function under a lease, the wake afterwards, and what can be observed of it all.
import { describe, expect, it } from "vitest";
import { isTransientError, type LeaseEvent, withSessionLease } from "../../src/index.ts";
import { errorOf, onBench, SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

function countWakes() {
	const woken: string[] = [];
	return { woken, wake: async (sessionId: string) => void woken.push(sessionId) };
}

describe("withSessionLease", () => {
	it(
		"answers what the function answered, and releases",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			const answer = await withSessionLease(leases, SESSION, async (lease) => {
				await lease.write(["x"]);
				return lease.epoch;
			});
			expect(answer).toBe(1);
			expect(await leases.inspect(SESSION)).toMatchObject({ state: "free", valueText: '["x"]', owed: false });
		}),
	);

	it(
		"wakes the session once, after the release, if somebody was turned away, and else not",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			const states: string[] = [];
			const wake = async () => void states.push((await leases.inspect(SESSION)).state);
			await withSessionLease(leases, SESSION, async () => undefined, { wake });
			expect(states).toEqual([]);
			const turnAway = async () => {
				for (const name of ["b", "c"]) await errorOf(bench.worker(name).leases.acquire(SESSION));
			};
			await withSessionLease(leases, SESSION, turnAway, { wake });
			expect(states).toEqual(["free"]);
		}),
	);

	it(
		"runs nothing, and wakes nobody, when it is turned away",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			const { woken, wake } = countWakes();
			const ran: string[] = [];
			const run = async () => void ran.push("b");
			const { leases } = bench.worker("b");
			expect(await errorOf(withSessionLease(leases, SESSION, run, { wake }))).toMatchObject({
				code: "lease_held",
			});
			expect([ran, woken]).toEqual([[], []]);
			expect(await lease.release()).toBe(1);
		}),
	);

	it(
		"passes the function's error on, and abandons: nobody who was turned away is forgotten",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			const { woken, wake } = countWakes();
			const mine = new TypeError("mine");
			const fail = async () => {
				await errorOf(bench.worker("b").leases.acquire(SESSION));
				throw mine;
			};
			expect(await errorOf(withSessionLease(leases, SESSION, fail, { wake }))).toBe(mine);
			expect(woken).toEqual([]);
			expect(await leases.inspect(SESSION)).toMatchObject({ state: "expired", owed: true });
			await withSessionLease(bench.worker("c").leases, SESSION, async () => undefined, { wake });
			expect(woken).toEqual([SESSION]);
			expect(await leases.inspect(SESSION)).toMatchObject({ state: "free", owed: false });
		}),
	);

	it(
		"passes the function's error on also if the store is gone",
		onBench(async (bench) => {
			const { leases } = bench.worker("a", {
				faults: ({ count }) => ({ fate: count <= 2 ? "run" : "delayed" }),
			});
			const mine = new Error("mine");
			expect(await errorOf(withSessionLease(leases, SESSION, () => Promise.reject(mine)))).toBe(mine);
		}),
	);

	it(
		"keeps the function's answer if the function released or abandoned by itself",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			const released = withSessionLease(leases, SESSION, async (lease) => {
				await lease.release({ value: ["by hand"] });
				return "released";
			});
			expect(await released).toBe("released");
			const abandoned = withSessionLease(leases, SESSION, async (lease) => {
				await lease.abandon();
				return "abandoned";
			});
			expect(await abandoned).toBe("abandoned");
		}),
	);

	it(
		"rejects if the lease was lost under the function: its work may not count",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			const { wake } = countWakes();
			const run = () => bench.worker("b").leases.break(SESSION, "test");
			expect(await errorOf(withSessionLease(leases, SESSION, run, { wake }))).toMatchObject({
				code: "lease_lost",
			});
		}),
	);

	it(
		"reports a wake that failed as transient, and the release stands",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			const cause = new Error("The queue is gone.");
			const run = () => errorOf(bench.worker("b").leases.acquire(SESSION));
			const error = await errorOf(
				withSessionLease(leases, SESSION, run, { wake: () => Promise.reject(cause) }),
			);
			expect(error).toMatchObject({ code: "wake_failed", cause });
			expect(isTransientError(error)).toBe(true);
			expect(await leases.inspect(SESSION)).toMatchObject({ state: "free", turnedAway: 1, owed: true });
		}),
	);

	it(
		"takes what an acquire takes",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			const lease = await bench.worker("b").leases.acquire(SESSION, { ttlMs: 300 });
			void bench.wait(150).then(() => lease.release());
			const run = async () => (await leases.inspect(SESSION)).holder;
			expect(await withSessionLease(leases, SESSION, run, { waitMs: 2_000, owner: "patient" })).toBe(
				"patient",
			);
		}),
	);
});

describe("what can be observed", () => {
	it(
		"is each grant, takeover, bounce, release, abandon and loss, by session, epoch and name",
		onBench(async (bench) => {
			const events: LeaseEvent[] = [];
			const observe = (event: LeaseEvent) => void events.push(event);
			const take = () => events.splice(0);
			const sessionId = SESSION;
			const a = bench.worker("a", { observe });
			const first = await a.leases.acquire(SESSION);
			expect(take()).toEqual([{ type: "granted", sessionId, epoch: 1, owner: "a", takeover: false }]);
			await errorOf(bench.worker("b", { observe }).leases.acquire(SESSION));
			expect(take()).toEqual([{ type: "turned_away", sessionId, epoch: 1, owner: "b" }]);
			await first.release();
			expect(take()).toEqual([{ type: "released", sessionId, epoch: 1, turnedAway: 1 }]);
			await (await a.leases.acquire(SESSION)).abandon();
			expect(take().map(({ type }) => type)).toEqual(["granted", "abandoned"]);
			const third = await a.leases.acquire(SESSION);
			expect(take()).toEqual([{ type: "granted", sessionId, epoch: 3, owner: "a", takeover: true }]);
			bench.time.jump(TTL_MS + SKEW_MS);
			expect(third.signal.aborted).toBe(true);
			expect(take()).toMatchObject([
				{ type: "lost", sessionId, epoch: 3, why: expect.stringContaining("deadline") },
			]);
		}),
	);

	it(
		"is one loss only, however it is found again",
		onBench(async (bench) => {
			const events: string[] = [];
			const { leases } = bench.worker("a", { observe: ({ type }) => void events.push(type) });
			const lease = await leases.acquire(SESSION);
			await bench.worker("b").leases.break(SESSION, "test");
			for (let again = 0; again < 3; again++) await errorOf(lease.write(["late"]));
			await bench.wait(TTL_MS);
			await lease.abandon();
			expect(events).toEqual(["granted", "lost"]);
		}),
	);
});
