// What the lease costs in store calls: the protocol's table, row by row.
import { describe, expect, it } from "vitest";
import type { Lease } from "../../src/index.ts";
import { type Bench, errorOf, onBench, SKEW_MS, TTL_MS, type Worker } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

/** A worker that has released epoch 1, and so has a hint. */
async function workerWithHint(bench: Bench, name: string): Promise<Worker> {
	const worker = bench.worker(name);
	await (await worker.leases.acquire("s")).release({ value: ["first"] });
	worker.calls();
	return worker;
}

describe("the cost of a lease", () => {
	it(
		"is three calls without a hint: read, bid with load, release with save",
		onBench(async (bench) => {
			const worker = bench.worker("a");
			const lease = await worker.leases.acquire("s");
			expect(worker.calls()).toEqual(["read", "bids:1 holder:1"]);
			await lease.release({ value: ["x"] });
			expect(worker.calls()).toEqual(["value:1 owed:1 done:1"]);
		}),
	);

	it(
		"is two calls with the hint of an epoch that this process released",
		onBench(async (bench) => {
			const worker = await workerWithHint(bench, "a");
			const lease = await worker.leases.acquire("s");
			expect(lease.value).toEqual(["first"]);
			await lease.release();
			expect(worker.calls()).toEqual(["bids:2 holder:2", "owed:2 done:2"]);
		}),
	);

	it(
		"is one call more for a takeover: the seal",
		onBench(async (bench) => {
			const dead = bench.worker("dead");
			await dead.leases.acquire("s");
			dead.process.crash();
			await bench.wait(TTL_MS + SKEW_MS + 1);
			const worker = bench.worker("a");
			const lease = await worker.leases.acquire("s");
			await lease.release();
			expect(worker.calls()).toEqual(["read", "bids:2 holder:2", "value:2 owed:2", "owed:2 done:2"]);
		}),
	);

	it(
		"is one call more for each checkpoint",
		onBench(async (bench) => {
			const worker = await workerWithHint(bench, "a");
			const lease = await worker.leases.acquire("s");
			await lease.write(["checkpoint"]);
			await lease.release();
			expect(worker.calls()).toEqual(["bids:2 holder:2", "value:2 owed:2", "owed:2 done:2"]);
		}),
	);

	it(
		"is one call for a loser with a hint, and two for one without",
		onBench(async (bench) => {
			const hinted = await workerWithHint(bench, "hinted");
			const cold = bench.worker("cold");
			const holder = await bench.worker("holder").leases.acquire("s");
			expect(await errorOf(hinted.leases.acquire("s"))).toMatchObject({ code: "lease_held", epoch: 2 });
			expect(hinted.calls()).toEqual(["bids:2 holder:2"]);
			expect(await errorOf(cold.leases.acquire("s"))).toMatchObject({ code: "lease_held", epoch: 2 });
			expect(cold.calls()).toEqual(["read", "bids:2"]);
			expect(await holder.release()).toBe(2);
		}),
	);
});

describe("a hint", () => {
	it(
		"is gone after a lost bid, and so is looked up again",
		onBench(async (bench) => {
			const worker = await workerWithHint(bench, "a");
			const holder = await bench.worker("b").leases.acquire("s");
			await errorOf(worker.leases.acquire("s"));
			await holder.release();
			worker.calls();
			await (await worker.leases.acquire("s")).abandon();
			expect(worker.calls()[0]).toBe("read");
		}),
	);

	it(
		"is gone after an answer that shows a lower head",
		onBench(async (bench) => {
			const worker = await workerWithHint(bench, "a");
			for (let wake = 0; wake < 3; wake++) await (await worker.leases.acquire("s")).release();
			const fields = Object.keys(await bench.record());
			await bench.store.update(
				"s",
				fields.map((field) => ({ op: "remove", field })),
			);
			worker.calls();
			const lease = await worker.leases.acquire("s");
			expect(lease.epoch).toBe(5);
			await lease.abandon();
			worker.calls();
			await (await worker.leases.acquire("s")).abandon();
			expect(worker.calls()[0]).toBe("read");
		}),
	);

	it(
		"that is far behind costs calls and nothing else",
		onBench(async (bench) => {
			const worker = await workerWithHint(bench, "a");
			const other = bench.worker("b");
			for (let wake = 0; wake < 5; wake++) await (await other.leases.acquire("s")).release({ value: [wake] });
			const lease = await worker.leases.acquire("s");
			expect(lease).toMatchObject({ epoch: 7, value: [4], owed: false });
			expect(worker.calls()).toEqual(["bids:2 holder:2", "bids:7 holder:7"]);
			await lease.release();
		}),
	);

	it(
		"never takes a live lease, however far behind it is",
		onBench(async (bench) => {
			const worker = await workerWithHint(bench, "a");
			const other = bench.worker("b");
			let held: Lease<unknown> | undefined;
			for (let wake = 0; wake < 3; wake++) {
				await held?.release();
				held = await other.leases.acquire("s");
			}
			expect(await errorOf(worker.leases.acquire("s"))).toMatchObject({ code: "lease_held", epoch: 4 });
			await held?.write(["mine"]);
			expect(await held?.release()).toBe(1);
		}),
	);

	it(
		"is kept for as many sessions as `hintsMax` says, those used last",
		onBench(async (bench) => {
			const worker = bench.worker("a", { hintsMax: 2 });
			for (const session of ["x", "y", "z", "y"]) await (await worker.leases.acquire(session)).release();
			worker.calls();
			for (const session of ["z", "y", "x"]) await (await worker.leases.acquire(session)).abandon();
			expect(worker.calls().filter((call) => call === "read")).toHaveLength(1);
		}),
	);

	it(
		"is never kept with `hintsMax` 0",
		onBench(async (bench) => {
			const worker = bench.worker("a", { hintsMax: 0 });
			for (let wake = 0; wake < 2; wake++) await (await worker.leases.acquire("s")).release();
			expect(worker.calls().filter((call) => call === "read")).toHaveLength(2);
		}),
	);
});
