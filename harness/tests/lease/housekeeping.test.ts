// How small a record stays, and that nothing is swept out of it that is still needed.
import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/system/random.ts";
import { type Bench, errorOf, onBench, SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

const FIELDS_MAX = 12;

async function fieldsOf(bench: Bench): Promise<string[]> {
	return Object.keys(await bench.record()).sort();
}

describe("a record at rest", () => {
	it(
		"keeps a dozen fields at most through 1,000 wakes of every kind",
		{ timeout: 30_000 },
		onBench(async (bench) => {
			const random = createRandom(7);
			const workers = [bench.worker("a"), bench.worker("b"), bench.worker("c")];
			// Beside what rests: the epoch under way, and two fields of each rival whose hint was stale.
			const underWayMax = FIELDS_MAX + 3 + 2 * (workers.length - 1);
			let deaths = 0;
			for (let wake = 0; wake < 1_000; wake++) {
				let { leases, process } = random.pick(workers);
				if (random.once(20)) ({ leases, process } = bench.worker(`dead-${++deaths}`));
				const lease = await leases.acquire(SESSION);
				if (random.once(3)) await errorOf(random.pick(workers).leases.acquire(SESSION));
				if (random.once(4))
					await lease.write([wake], random.once(2) ? { outbox: [{ id: `${wake}`, event: wake }] } : {});
				if (process.name.startsWith("dead")) {
					process.crash();
					await bench.wait(TTL_MS + SKEW_MS + 1);
				} else if (random.once(5)) await lease.abandon();
				else
					await lease.release({ ...(random.once(2) ? { value: [wake] } : {}), outboxSent: random.once(2) });
				expect((await fieldsOf(bench)).length).toBeLessThanOrEqual(underWayMax);
			}
			await (await bench.worker("last").leases.acquire(SESSION)).release();
			expect((await fieldsOf(bench)).length).toBeLessThanOrEqual(FIELDS_MAX);
			expect(deaths).toBeGreaterThan(10);
		}),
	);

	it(
		"is five fields after a release with a value: one epoch and nothing else",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			for (let wake = 0; wake < 5; wake++) await (await leases.acquire(SESSION)).release({ value: [wake] });
			const id = "5.a-5";
			expect(await fieldsOf(bench)).toEqual([
				"bids:5",
				`done:${id}`,
				"holder:5",
				`owed:${id}.1`,
				`value:${id}.1`,
			]);
		}),
	);

	it(
		"keeps the epoch whose value stands beside the last one, however many change nothing",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			await (await leases.acquire(SESSION)).release({ value: ["stands"] });
			for (let wake = 0; wake < 50; wake++) await (await leases.acquire(SESSION)).release();
			expect((await fieldsOf(bench)).map((field) => field.split(".")[0])).toEqual([
				"bids:1",
				"bids:51",
				"done:1",
				"done:51",
				"holder:1",
				"holder:51",
				"owed:1",
				"owed:51",
				"value:1",
			]);
			expect((await leases.acquire(SESSION)).value).toEqual(["stands"]);
		}),
	);

	it(
		"drops the epoch whose value stood when a later holder writes its first",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			await (await leases.acquire(SESSION)).release({ value: ["old"] });
			await (await leases.acquire(SESSION)).release();
			const lease = await leases.acquire(SESSION);
			await lease.write(["new"]);
			expect((await fieldsOf(bench)).every((field) => /^\w+:3\b/.test(field))).toBe(true);
			await lease.release();
		}),
	);

	it(
		"keeps one field of each kind of a holder that writes and renews again and again",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			for (let write = 0; write < 20; write++) {
				await lease.write([write], { outbox: [{ id: `${write}`, event: write }] });
				await bench.wait(3_000);
			}
			expect((await fieldsOf(bench)).map((field) => field.split(":")[0])).toEqual([
				"bids",
				"holder",
				"outbox",
				"owed",
				"until",
				"value",
			]);
		}),
	);

	it(
		"sweeps out what late batches left behind",
		onBench(async (bench) => {
			const faults = ["run", "run", { fate: "twice", laterMs: 10 }] as const;
			const a = bench.worker("a", { faults });
			await (await a.leases.acquire(SESSION)).write(["a"]);
			await bench.worker("b").leases.break(SESSION, "test");
			await bench.wait(11);
			expect((await fieldsOf(bench)).some((field) => field.startsWith("value:1"))).toBe(true);
			await (await bench.worker("c").leases.acquire(SESSION)).release({ value: ["c"] });
			expect((await fieldsOf(bench)).every((field) => /^\w+:3\b/.test(field))).toBe(true);
		}),
	);
});
