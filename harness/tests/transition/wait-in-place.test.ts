// One who is turned away waits where it is, within its slots: for queues whose retries end too early.
import { describe, expect, it } from "vitest";
import { waitInPlace } from "../../src/index.ts";
import { type Bench, errorOf, onBench, SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

/** The longest that somebody who waits lets pass between two looks. */
const POLL_MAX_MS = 1_000;
const OTHER = "other";

/** A process with leases that wait in place. */
function patient(bench: Bench, name: string, slotsMax = 2) {
	const worker = bench.worker(name);
	return { ...worker, leases: waitInPlace(worker.leases, { slotsMax }) };
}

/** Somebody who dies with leases on these sessions. */
async function dieHolding(bench: Bench, ...sessionIds: readonly string[]): Promise<void> {
	const dead = bench.worker("dead");
	for (const sessionId of sessionIds) await dead.leases.acquire(sessionId);
	dead.process.crash();
}

describe("leases that wait in place", () => {
	it(
		"take a dead holder's session over as soon as that may be",
		onBench(async (bench) => {
			await dieHolding(bench, SESSION);
			const lease = await patient(bench, "b").leases.acquire(SESSION);
			expect(lease.epoch).toBe(2);
			const waitedMs = bench.time.clock.monotonicMs();
			expect(waitedMs).toBeGreaterThan(TTL_MS + SKEW_MS);
			expect(waitedMs).toBeLessThanOrEqual(TTL_MS + SKEW_MS + POLL_MAX_MS);
		}),
	);

	it(
		"turn away who met a holder that lives, once the deadline has passed that it met",
		onBench(async (bench) => {
			const held = await bench.worker("a").leases.acquire(SESSION);
			const error = await errorOf(patient(bench, "b").leases.acquire(SESSION));
			expect(error).toMatchObject({ code: "lease_held", epoch: 1 });
			expect(bench.time.clock.monotonicMs()).toBe(TTL_MS + SKEW_MS + 1);
			expect(await held.release()).toBeGreaterThan(0);
		}),
	);

	it(
		"let one wait for a session, and turn the others away at once",
		onBench(async (bench) => {
			await dieHolding(bench, SESSION);
			const { leases } = patient(bench, "b");
			const waits = leases.acquire(SESSION);
			await bench.wait(1_000);
			expect(await errorOf(leases.acquire(SESSION))).toMatchObject({ code: "lease_held" });
			expect(bench.time.clock.monotonicMs()).toBe(1_000);
			await expect(waits).resolves.toMatchObject({ epoch: 2 });
		}),
	);

	it(
		"wait for as many sessions as there are slots, and have the slot back afterwards",
		onBench(async (bench) => {
			await dieHolding(bench, SESSION, OTHER);
			const { leases } = patient(bench, "b", 1);
			const waits = leases.acquire(SESSION);
			await bench.wait(1_000);
			expect(await errorOf(leases.acquire(OTHER))).toMatchObject({ code: "lease_held" });
			expect(bench.time.clock.monotonicMs()).toBe(1_000);
			await (await waits).release();
			await bench.worker("c").leases.acquire(SESSION);
			const startedAtMs = bench.time.clock.monotonicMs();
			expect(await errorOf(leases.acquire(SESSION))).toMatchObject({ code: "lease_held" });
			expect(bench.time.clock.monotonicMs()).toBeGreaterThan(startedAtMs);
		}),
	);

	it(
		"turn everybody away at once without a slot",
		onBench(async (bench) => {
			await dieHolding(bench, SESSION);
			expect(await errorOf(patient(bench, "b", 0).leases.acquire(SESSION))).toMatchObject({
				code: "lease_held",
			});
			expect(bench.time.clock.monotonicMs()).toBe(0);
		}),
	);

	it(
		"wait as long as an acquire says, if it says so",
		onBench(async (bench) => {
			await dieHolding(bench, SESSION);
			const { leases } = patient(bench, "b");
			expect(await errorOf(leases.acquire(SESSION, { waitMs: 0 }))).toMatchObject({ code: "lease_held" });
			expect(bench.time.clock.monotonicMs()).toBe(0);
		}),
	);

	it(
		"give up with the acquire that waits, and have its slot back",
		onBench(async (bench) => {
			await dieHolding(bench, SESSION);
			const { leases } = patient(bench, "b", 1);
			const caller = new AbortController();
			const waits = errorOf(leases.acquire(SESSION, { signal: caller.signal }));
			await bench.wait(3_000);
			caller.abort("enough");
			expect(await waits).toBe("enough");
			expect(bench.time.clock.monotonicMs()).toBe(3_000);
			await expect(leases.acquire(SESSION)).resolves.toMatchObject({ epoch: 2 });
		}),
	);

	it(
		"wait for nothing but a held session",
		onBench(async (bench) => {
			await bench.store.update(SESSION, [{ op: "set", field: "nonce", value: "x" }]);
			const b = patient(bench, "b");
			expect(await errorOf(b.leases.acquire(SESSION))).toMatchObject({ code: "record_invalid" });
			expect(b.calls()).toEqual(["read"]);
		}),
	);
});
