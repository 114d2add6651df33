// An acquire that waits for a held session, and one that its caller gives up.
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type AtomicStore, createLeases, memoryStore } from "../../src/index.ts";
import { errorOf, onBench, SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

/** The longest that a waiting acquire lets pass between two looks. */
const POLL_MAX_MS = 1_000;

describe("an acquire with `waitMs`", () => {
	it(
		"gets the lease as soon as it is free, and leaves no mark",
		onBench(async (bench) => {
			const { time } = bench;
			const lease = await bench.worker("a").leases.acquire(SESSION);
			const won = bench
				.worker("b")
				.leases.acquire(SESSION, { waitMs: 60_000 })
				.then((next) => ({ next, atMs: time.clock.monotonicMs() }));
			await bench.wait(7_000);
			expect(await lease.release({ value: ["a"] })).toBe(0);
			const { next, atMs } = await won;
			expect(next).toMatchObject({ epoch: 2, value: ["a"] });
			expect(atMs).toBeLessThanOrEqual(7_000 + POLL_MAX_MS);
		}),
	);

	it(
		"gets the lease of a dead holder when it may be taken over",
		onBench(async (bench) => {
			const dead = bench.worker("dead");
			await dead.leases.acquire(SESSION);
			dead.process.crash();
			const lease = await bench.worker("b").leases.acquire(SESSION, { waitMs: 60_000 });
			expect(lease.epoch).toBe(2);
			const waitedMs = bench.time.clock.monotonicMs();
			expect(waitedMs).toBeGreaterThan(TTL_MS + SKEW_MS);
			expect(waitedMs).toBeLessThanOrEqual(TTL_MS + SKEW_MS + POLL_MAX_MS);
		}),
	);

	it(
		"is turned away after `waitMs`, having left exactly one mark",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			const error = await errorOf(bench.worker("b").leases.acquire(SESSION, { waitMs: 3_333 }));
			expect(error).toMatchObject({ code: "lease_held", epoch: 1 });
			expect(bench.time.clock.monotonicMs()).toBe(3_333);
			expect(await lease.release()).toBe(1);
		}),
	);

	it(
		"does not wait when something else than a held lease is in the way",
		onBench(async (bench) => {
			await bench.store.update("foreign", [{ op: "set", field: "nonce", value: "x" }]);
			const { leases } = bench.worker("a");
			const error = await errorOf(leases.acquire("foreign", { waitMs: 60_000 }));
			expect(error).toMatchObject({ code: "record_invalid" });
			expect(bench.time.clock.monotonicMs()).toBe(0);
		}),
	);
});

describe("an acquire with a signal", () => {
	const reason = new Error("the caller has changed its mind");

	it(
		"rejects with the reason, and asks the store nothing, if the signal has aborted already",
		onBench(async (bench) => {
			const a = bench.worker("a");
			const acquired = a.leases.acquire(SESSION, { signal: AbortSignal.abort(reason) });
			expect(await errorOf(acquired)).toBe(reason);
			expect(a.calls()).toEqual([]);
		}),
	);

	it.each([reason, "a text", undefined, 0])("ends its waiting at once with the reason %s", (given) =>
		onBench(async (bench) => {
			await bench.worker("a").leases.acquire(SESSION);
			const caller = new AbortController();
			const b = bench.worker("b");
			const gaveUp = errorOf(b.leases.acquire(SESSION, { signal: caller.signal, waitMs: 60_000 }));
			await bench.wait(5_000);
			caller.abort(given);
			expect(await gaveUp).toBe(caller.signal.reason);
			expect(bench.time.clock.monotonicMs()).toBe(5_000);
			b.calls();
			await bench.wait(60_000);
			expect(b.calls()).toEqual([]);
		})(),
	);

	it(
		"abandons a lease that is won after that: the bid was under way",
		onBench(async (bench) => {
			const b = bench.worker("b", { faults: ["run", { fate: "run", requestMs: 100, replyMs: 100 }] });
			const caller = new AbortController();
			const gaveUp = errorOf(b.leases.acquire(SESSION, { signal: caller.signal }));
			await bench.wait(50);
			caller.abort(reason);
			expect(await gaveUp).toBe(reason);
			expect(bench.time.clock.monotonicMs()).toBe(50);
			await bench.wait(300);
			expect(b.calls()).toEqual(["read", "bids:1 holder:1", "until:1"]);
			expect(await bench.worker("c").leases.acquire(SESSION)).toMatchObject({ epoch: 2 });
		}),
	);

	it(
		"rejects with the reason, and nothing is left unhandled, if the bid under way fails after that",
		onBench(async (bench) => {
			const b = bench.worker("b", { faults: () => ({ fate: "delayed", unanswered: "error" }) });
			const caller = new AbortController();
			const gaveUp = errorOf(b.leases.acquire(SESSION, { signal: caller.signal }));
			await bench.wait(50);
			caller.abort(reason);
			expect(await gaveUp).toBe(reason);
			await bench.wait(TTL_MS);
		}),
	);

	it(
		"keeps its lease when the signal aborts after it was granted, and listens no longer",
		onBench(async (bench) => {
			const caller = new AbortController();
			const lease = await bench.worker("a").leases.acquire(SESSION, { signal: caller.signal });
			caller.abort(reason);
			expect(lease.signal.aborted).toBe(false);
			await lease.write(["a"]);
			await lease.release();
		}),
	);
});

describe("an acquire that was given up while it was reading", () => {
	it("bids no more", async () => {
		const memory = memoryStore();
		const giveUp = new AbortController();
		const reason = new Error("never mind");
		const store: AtomicStore = {
			...memory,
			async read(key) {
				giveUp.abort(reason);
				return memory.read(key);
			},
		};
		const acquiring = createLeases({ store }).acquire(SESSION, { signal: giveUp.signal });
		expect(await errorOf(acquiring)).toBe(reason);
		await setImmediate();
		expect(await memory.read(SESSION)).toEqual({});
	});
});
