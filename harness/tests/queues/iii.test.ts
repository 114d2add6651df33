// Leases for an iii queue: as they were where its deliveries outlast a dead holder, patient where they do not.
import { expect, it } from "vitest";
import { deliveriesToOutlast, iiiLeases } from "../../src/queues/index.ts";
import { type Bench, errorOf, onBench, SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";

const blockedMs = TTL_MS + SKEW_MS;
const settingsOf = (deliveriesMax: number) => ({ deliveriesMax, backoffMs: 1_000, concurrency: 10 });

async function dieHolding(bench: Bench): Promise<void> {
	const dead = bench.worker("dead");
	await dead.leases.acquire(SESSION);
	dead.process.crash();
}

it(
	"turn away at once where the deliveries come again after a dead holder's deadline",
	onBench(async (bench) => {
		const { leases } = bench.worker("b");
		const settings = settingsOf(deliveriesToOutlast(blockedMs, 1_000));
		expect(iiiLeases(leases, { blockedMs, settings })).toBe(leases);
	}),
);

it(
	"wait in place where they do not",
	onBench(async (bench) => {
		await dieHolding(bench);
		const settings = settingsOf(deliveriesToOutlast(blockedMs, 1_000) - 1);
		const lease = await iiiLeases(bench.worker("b").leases, { blockedMs, settings }).acquire(SESSION);
		expect(lease.epoch).toBe(2);
		expect(bench.time.clock.monotonicMs()).toBeGreaterThan(blockedMs);
	}),
);

it(
	"wait in place where nobody knows the queue",
	onBench(async (bench) => {
		await dieHolding(bench);
		const lease = await iiiLeases(bench.worker("b").leases, { blockedMs }).acquire(SESSION);
		expect(lease.epoch).toBe(2);
	}),
);

it(
	"wait for as many sessions as they are given slots",
	onBench(async (bench) => {
		await dieHolding(bench);
		const { leases } = bench.worker("b");
		const error = await errorOf(iiiLeases(leases, { blockedMs, slots: 0 }).acquire(SESSION));
		expect(error).toMatchObject({ code: "lease_held" });
		expect(bench.time.clock.monotonicMs()).toBe(0);
	}),
);
