// What a takeover inherits, and how it makes it its own before anything else.
import { describe, expect, it } from "vitest";
import type { Fields } from "../../src/index.ts";
import { type Bench, onBench, SESSION, SKEW_MS, TTL_MS, type Worker } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

async function dieAndPass(bench: Bench, worker: Worker): Promise<void> {
	worker.process.crash();
	await bench.wait(TTL_MS + SKEW_MS + 1);
}

function stated(record: Fields, epoch: number, id: string): Record<string, unknown> {
	const suffix = new RegExp(`^(value|owed|outbox|done|until):${epoch}\\.${id}`);
	const entries = Object.entries(record).flatMap(([field, value]) => {
		const kind = suffix.exec(field)?.[1];
		return kind === undefined ? [] : [[kind, value]];
	});
	return Object.fromEntries(entries);
}

describe("the seal of a takeover", () => {
	it(
		"writes the inherited value under the new epoch before the lease is granted, owed a wake",
		onBench(async (bench) => {
			const a = bench.worker("a");
			await (await a.leases.acquire(SESSION)).write(["a"], { owed: false });
			await dieAndPass(bench, a);
			const lease = await bench.worker("b").leases.acquire(SESSION);
			expect(lease).toMatchObject({ epoch: 2, value: ["a"], owed: true });
			expect(stated(await bench.record(), 2, "b-1")).toEqual({ value: '["a"]', owed: true });
			expect(stated(await bench.record(), 1, "a-1")).toEqual({});
		}),
	);

	it(
		"writes empty text when there is no value, so that no late first value can surface",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ["run", "run", { fate: "delayed", laterMs: 60_000 }] });
			const late = await a.leases.acquire(SESSION);
			void a.process.run(() => late.write(["late"]));
			await bench.wait(1);
			await dieAndPass(bench, a);
			const lease = await bench.worker("b").leases.acquire(SESSION);
			expect(stated(await bench.record(), 2, "b-1")).toEqual({ value: "", owed: true });
			await lease.release();
			await bench.wait(60_000);
			expect(Object.values(await bench.record())).toContain('["late"]');
			expect(await bench.worker("c").leases.acquire(SESSION)).toMatchObject({ epoch: 3, value: undefined });
		}),
	);

	it(
		"takes over the outbox of the value that stands",
		onBench(async (bench) => {
			const a = bench.worker("a");
			const outbox = [{ id: "1", event: { said: "hello" } }];
			await (await a.leases.acquire(SESSION)).write(["a"], { outbox });
			await dieAndPass(bench, a);
			const lease = await bench.worker("b").leases.acquire(SESSION);
			expect(lease.inherited).toEqual(outbox);
			expect(stated(await bench.record(), 2, "b-1")).toEqual({
				value: '["a"]',
				owed: true,
				outbox: JSON.stringify(outbox),
			});
			await lease.release({ outboxSent: true });
			expect((await bench.worker("c").leases.acquire(SESSION)).inherited).toEqual([]);
		}),
	);

	it(
		"says nothing of an outbox that is empty",
		onBench(async (bench) => {
			const a = bench.worker("a");
			const lease = await a.leases.acquire(SESSION);
			await lease.write(["a"], { outbox: [{ id: "1", event: 1 }] });
			await lease.write(["b"], { outbox: [] });
			await dieAndPass(bench, a);
			await bench.worker("b").leases.acquire(SESSION);
			expect(Object.keys(stated(await bench.record(), 2, "b-1"))).not.toContain("outbox");
		}),
	);

	it(
		"is made after an abandoned lease, too: its holder may still be writing",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			await lease.write(["a"]);
			await lease.abandon();
			const b = bench.worker("b");
			await b.leases.acquire(SESSION);
			expect(b.calls()).toEqual(["read", "bids:2 holder:2", "value:2 owed:2"]);
		}),
	);

	it(
		"is made again when the one who took over died before its own seal",
		onBench(async (bench) => {
			const a = bench.worker("a");
			await (await a.leases.acquire(SESSION)).write(["a"]);
			await dieAndPass(bench, a);
			const b = bench.worker("b", { faults: ["run", "crash after apply"] });
			await b.process.run(() => b.leases.acquire(SESSION));
			await dieAndPass(bench, b);
			const c = bench.worker("c");
			expect(await c.leases.acquire(SESSION)).toMatchObject({ epoch: 3, value: ["a"] });
			expect(c.calls()).toEqual(["read", "bids:3 holder:3", "value:3 owed:3"]);
		}),
	);

	it(
		"is not made after a release: a released holder has written its last",
		onBench(async (bench) => {
			await (await bench.worker("a").leases.acquire(SESSION)).release({ value: ["a"] });
			const b = bench.worker("b");
			await b.leases.acquire(SESSION);
			expect(b.calls()).toEqual(["read", "bids:2 holder:2"]);
		}),
	);
});

describe("an outbox", () => {
	const outbox = [{ id: "7", event: "news" }];

	it(
		"is inherited by whoever comes after an unsent one, release or not, until it is sent",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			const lease = await leases.acquire(SESSION);
			await lease.write(["a"], { outbox });
			await lease.release();
			const second = await leases.acquire(SESSION);
			expect(second.inherited).toEqual(outbox);
			await second.release();
			const third = await leases.acquire(SESSION);
			expect(third.inherited).toEqual(outbox);
			await third.release({ outboxSent: true });
			expect(await leases.acquire(SESSION)).toMatchObject({ inherited: [], value: ["a"] });
		}),
	);

	it(
		"goes along with a new value that is written before it was sent",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			await (await leases.acquire(SESSION)).write(["a"], { outbox });
			await (await takeover(bench, "b")).write(["b"]);
			await (await takeover(bench, "c")).release({ value: ["c"] });
			expect(await leases.acquire(SESSION)).toMatchObject({ inherited: outbox, value: ["c"] });
		}),
	);

	it(
		"is emptied under a number of its own, so that a late copy of the commit does not bring it back",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ["run", "run", { fate: "twice", laterMs: 1_000 }] });
			const lease = await a.leases.acquire(SESSION);
			await lease.write(["a"], { outbox });
			await lease.release({ outboxSent: true });
			await bench.wait(1_001);
			expect(await bench.worker("b").leases.acquire(SESSION)).toMatchObject({ inherited: [], value: ["a"] });
		}),
	);
});

async function takeover(bench: Bench, name: string) {
	const { leases } = bench.worker(name);
	await leases.break(SESSION, "the test goes on");
	return leases.acquire(SESSION);
}
