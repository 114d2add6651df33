// Releasing and abandoning: once, twice, too late, at the end of a scope, and on a store that hangs.
import { describe, expect, it } from "vitest";
import { errorOf, onBench, SESSION, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

describe("release", () => {
	it(
		"frees the session at once, and answers the same when it is called twice",
		onBench(async (bench) => {
			const a = bench.worker("a");
			const lease = await a.leases.acquire(SESSION);
			await errorOf(bench.worker("b").leases.acquire(SESSION));
			a.calls();
			expect(await Promise.all([lease.release(), lease.release()])).toEqual([1, 1]);
			expect(await lease.release()).toBe(1);
			expect(a.calls()).toEqual(["owed:1 done:1"]);
			expect(await bench.worker("c").leases.acquire(SESSION)).toMatchObject({ epoch: 2 });
		}),
	);

	it(
		"keeps the signal of a lease that was given back in time as it is, forever",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			await lease.release();
			await bench.wait(TTL_MS * 3);
			expect(lease.signal.aborted).toBe(false);
		}),
	);

	it(
		"ends the lease: a write after it is refused, and costs nothing",
		onBench(async (bench) => {
			const a = bench.worker("a");
			const lease = await a.leases.acquire(SESSION);
			await lease.release();
			a.calls();
			expect(await errorOf(lease.write(["late"]))).toMatchObject({ code: "lease_ended" });
			expect(a.calls()).toEqual([]);
		}),
	);

	it(
		"comes after the writes that were begun before it",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ["run", "run", { fate: "run", requestMs: 50, replyMs: 50 }] });
			const lease = await a.leases.acquire(SESSION);
			const written = lease.write(["a"]);
			await bench.wait(1);
			await Promise.all([written, lease.release()]);
			expect(await bench.worker("b").leases.acquire(SESSION)).toMatchObject({ value: ["a"] });
		}),
	);

	it(
		"is done, and no loss, if its reply was lost once",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ["run", "run", "lost reply"] });
			const lease = await a.leases.acquire(SESSION);
			expect(await lease.release({ value: ["a"] })).toBe(0);
			expect(lease.signal.aborted).toBe(false);
		}),
	);

	it(
		"rejects the same way twice if it could not be told what became of it",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ({ count }) => ({ fate: count <= 2 ? "run" : "delayed" }) });
			const lease = await a.leases.acquire(SESSION);
			const first = await errorOf(lease.release({ value: ["a"] }));
			expect(first).toMatchObject({ code: "lease_lost", lastWrite: "unknown" });
			expect(await errorOf(lease.release())).toBe(first);
			expect(lease.signal.reason).toMatchObject({ code: "lease_lost", lastWrite: "unknown" });
		}),
	);

	it(
		"saves one value: another one in a second release does not pass for saved",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			const saved = [lease.release({ value: ["a"] }), lease.release({ value: ["a"] })];
			expect(await Promise.all(saved)).toEqual([0, 0]);
			expect(await lease.release()).toBe(0);
			expect(await errorOf(lease.release({ value: ["b"] }))).toMatchObject({ code: "lease_ended" });
		}),
	);

	it(
		"is not sent by a holder in doubt: the write before it in line was lost",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ["run", "run", "run", { fate: "run", requestMs: 10 }] });
			const lease = await a.leases.acquire(SESSION);
			await bench.wait(TTL_MS / 3 + 1);
			const renewed = Object.keys(await bench.record()).find((field) => field.startsWith("until"));
			await bench.store.update(SESSION, [{ op: "remove", field: renewed as string }]);
			a.calls();
			const written = errorOf(lease.write(["a"]));
			await bench.wait(1);
			const released = errorOf(lease.release());
			expect(await written).toMatchObject({ code: "lease_lost", lastWrite: "unknown" });
			expect(await released).toBe(await written);
			expect(a.calls()).toEqual(["value:1 owed:1"]);
		}),
	);

	it(
		"is judged by its answer: a rival that broke in makes it void",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			await bench.worker("b").leases.break(SESSION, "test");
			expect(await errorOf(lease.release({ value: ["a"] }))).toMatchObject({
				code: "lease_lost",
				lastWrite: "void",
			});
		}),
	);
});

describe("abandon", () => {
	it(
		"frees the session at once, without a value, and is quiet the second time",
		onBench(async (bench) => {
			const a = bench.worker("a");
			const lease = await a.leases.acquire(SESSION);
			a.calls();
			await Promise.all([lease.abandon(), lease.abandon()]);
			await lease.abandon();
			expect(a.calls()).toEqual(["until:1"]);
			expect(await bench.worker("b").leases.acquire(SESSION)).toMatchObject({ epoch: 2, value: undefined });
		}),
	);

	it(
		"stops whatever still works under the lease, at once",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			const abandoned = lease.abandon();
			expect(lease.signal.aborted).toBe(true);
			expect(lease.signal.reason).toMatchObject({ code: "lease_ended" });
			await abandoned;
		}),
	);

	it(
		"ends the lease: neither a write nor a value in a release passes for done",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			await lease.abandon();
			expect(await errorOf(lease.write(["late"]))).toMatchObject({ code: "lease_ended" });
			expect(await errorOf(lease.release({ value: ["late"] }))).toMatchObject({ code: "lease_ended" });
			expect(await bench.worker("b").leases.acquire(SESSION)).toMatchObject({ value: undefined });
		}),
	);

	it(
		"that overtakes a release with a value does not let it pass for done",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			const released = lease.release({ value: ["a"] }).then(
				() => "done",
				() => "rejected",
			);
			await lease.abandon();
			const { value } = await bench.worker("b").leases.acquire(SESSION, { waitMs: TTL_MS * 2 });
			expect([await released, value]).toSatisfy(
				([said, seen]) => (said === "done") === (JSON.stringify(seen) === '["a"]'),
			);
		}),
	);

	it(
		"never rejects on a store that hangs, and does not hang with it",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ({ count }) => ({ fate: count <= 2 ? "run" : "delayed" }) });
			const lease = await a.leases.acquire(SESSION);
			await lease.abandon();
			expect(bench.time.clock.monotonicMs()).toBe(TTL_MS / 10);
			expect(lease.signal.aborted).toBe(true);
		}),
	);

	it(
		"never rejects on a store that fails, nor on a lost lease",
		onBench(async (bench) => {
			const failing = { fate: "delayed", unanswered: "error" } as const;
			const a = bench.worker("a", { faults: ({ count }) => (count <= 2 ? { fate: "run" } : failing) });
			await (await a.leases.acquire("failing")).abandon();
			const lost = await bench.worker("b").leases.acquire(SESSION);
			await bench.worker("c").leases.break(SESSION, "test");
			await lost.abandon();
		}),
	);

	it(
		"does nothing after a release, and a release after it nothing",
		onBench(async (bench) => {
			const a = bench.worker("a");
			const released = await a.leases.acquire(SESSION);
			await released.release({ value: ["a"] });
			await released.abandon();
			const abandoned = await a.leases.acquire(SESSION);
			await abandoned.abandon();
			a.calls();
			expect(await abandoned.release()).toBe(0);
			expect(a.calls()).toEqual([]);
			expect(await a.leases.inspect(SESSION)).toMatchObject({ state: "expired", valueText: '["a"]' });
		}),
	);
});

describe("`await using`", () => {
	it(
		"abandons in silence what was not released, and whoever was turned away stays owed",
		onBench(async (bench) => {
			{
				await using lease = await bench.worker("a").leases.acquire(SESSION);
				expect(lease.epoch).toBe(1);
				await errorOf(bench.worker("b").leases.acquire(SESSION));
			}
			const report = await bench.inspect();
			expect(report).toMatchObject({ state: "expired", deadlineMs: 0, owed: true, turnedAway: 1 });
			expect(await bench.worker("c").leases.acquire(SESSION)).toMatchObject({ epoch: 2, owed: true });
		}),
	);

	it(
		"leaves a released lease alone",
		onBench(async (bench) => {
			const a = bench.worker("a");
			{
				await using lease = await a.leases.acquire(SESSION);
				await lease.release({ value: ["a"] });
			}
			expect(a.calls()).toHaveLength(3);
		}),
	);

	it(
		"keeps the error of a release that failed, and the error of the scope",
		onBench(async (bench) => {
			const lostRelease = async () => {
				await using lease = await bench.worker("a").leases.acquire(SESSION);
				await bench.worker("b").leases.break(SESSION, "test");
				await lease.release();
			};
			expect(await errorOf(lostRelease())).toMatchObject({ code: "lease_lost" });
			const failing = async () => {
				await using _lease = await bench.worker("c").leases.acquire(SESSION);
				throw new Error("mine");
			};
			expect(await errorOf(failing())).toMatchObject({ message: "mine" });
		}),
	);
});

describe("a lease that is given back without waiting", () => {
	it(
		"saves the value also if the scope is left before the release was answered",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			const advance = async (): Promise<number> => {
				await using lease = await leases.acquire(SESSION);
				return lease.release({ value: ["kept"] });
			};
			expect(await advance()).toBe(0);
			expect(await bench.value()).toEqual(["kept"]);
		}),
	);

	it(
		"saves what was written before, in the order of the calls, also if nobody waited for it",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			const lease = await leases.acquire(SESSION);
			const written = [lease.write([1]), lease.write([2])];
			await lease.release();
			await Promise.all(written);
			expect(await bench.value()).toEqual([2]);
		}),
	);

	it(
		"is still held if there was nothing that could be saved",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			expect(await errorOf(lease.release({ value: 1n }))).toMatchObject({ code: "value_invalid" });
			await lease.release({ value: ["kept"] });
			expect(await bench.value()).toEqual(["kept"]);
		}),
	);
});
