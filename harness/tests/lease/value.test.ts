// The session's value: what may be one, the schema that it has to fit, and records that somebody else has written.
import { describe, expect, it } from "vitest";
import type { Fields, StandardSchema } from "../../src/index.ts";
import { type Bench, errorOf, onBench, SESSION } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

interface Counter {
	readonly count: number;
}

/** A schema as zod or valibot makes one: it converts, it may be asynchronous, and it names the path of an issue. */
const counterSchema: StandardSchema<Counter> = {
	"~standard": {
		version: 1,
		vendor: "test",
		async validate(value) {
			const { count = 0 } = value as { count?: number };
			if (typeof count === "number") return { value: { count } };
			return {
				issues: [{ message: "is not a number", path: [{ key: "count" }] }, { message: "is no counter" }],
			};
		},
	},
};

describe("a value", () => {
	it.each([
		[null],
		[false],
		[0],
		[""],
		[[]],
		[{}],
		[{ deep: [{ list: [] }] }],
		["text"],
		[1.5e300],
		["\u0000\ud83d\ude00"],
	])("comes back as it was saved: %j", (value) =>
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			await (await leases.acquire(SESSION)).release({ value });
			const lease = await leases.acquire(SESSION);
			expect(lease.value).toEqual(value);
			await lease.write(value);
			expect(lease.value).toEqual(value);
			await lease.abandon();
			expect((await leases.acquire(SESSION)).value).toEqual(value);
		})(),
	);

	const cyclic: Record<string, unknown> = {};
	cyclic.self = cyclic;
	it.each<[string, unknown]>([
		["a BigInt", 1n],
		["undefined", undefined],
		["a function", () => 1],
		["a symbol", Symbol("x")],
		["a cycle", cyclic],
		["a BigInt inside", { count: [1n] }],
	])("that is %s is refused: nothing is saved, and the lease is still held", (_name, value) =>
		onBench(async (bench) => {
			const a = bench.worker("a");
			const lease = await a.leases.acquire(SESSION);
			await lease.write(["kept"]);
			a.calls();
			const error = await errorOf(lease.write(value));
			expect(error).toMatchObject({ code: "value_invalid" });
			expect((error as Error).message).toMatch(/"s".*Nothing was saved/);
			if (value !== undefined)
				expect(await errorOf(lease.release({ value }))).toMatchObject({ code: "value_invalid" });
			expect(a.calls()).toEqual([]);
			expect(lease).toMatchObject({ value: ["kept"], signal: { aborted: false } });
			expect(await lease.release()).toBe(0);
		})(),
	);

	it(
		"with an event that is no JSON is refused as a whole",
		onBench(async (bench) => {
			const a = bench.worker("a");
			const lease = await a.leases.acquire(SESSION);
			a.calls();
			const error = await errorOf(lease.write(["x"], { outbox: [{ id: "1", event: 1n }] }));
			expect(error).toMatchObject({ code: "value_invalid" });
			expect(a.calls()).toEqual([]);
			await lease.release();
		}),
	);
});

describe("a schema", () => {
	const text = (bench: Bench) => bench.inspect().then((report) => report.valueText);

	it(
		"gives the value the form that it has for the caller",
		onBench(async (bench) => {
			await (await bench.worker("old").leases.acquire(SESSION)).release({ value: {} });
			const { leases } = bench.worker("a", { schema: counterSchema });
			const lease = await leases.acquire(SESSION);
			expect(lease.value).toEqual({ count: 0 });
			await lease.release({ value: { count: 1 } });
			expect((await leases.acquire(SESSION)).value).toEqual({ count: 1 });
		}),
	);

	it(
		"is not asked about a value that is not there",
		onBench(async (bench) => {
			const { leases } = bench.worker("a", { schema: counterSchema });
			expect((await leases.acquire(SESSION)).value).toBeUndefined();
		}),
	);

	it(
		"that a loaded value does not fit gives the lease up at once and leaves the value as it was",
		onBench(async (bench) => {
			await (await bench.worker("old").leases.acquire(SESSION)).release({ value: { count: "many" } });
			const a = bench.worker("a", { schema: counterSchema });
			const error = await errorOf(a.leases.acquire(SESSION));
			expect(error).toMatchObject({ code: "value_invalid" });
			expect((error as Error).message).toContain("count: is not a number; is no counter");
			expect(a.calls()).toEqual(["read", "bids:2 holder:2", "until:2"]);
			expect(await text(bench)).toBe('{"count":"many"}');
			expect(await bench.worker("b").leases.acquire(SESSION)).toMatchObject({
				epoch: 3,
				value: { count: "many" },
			});
		}),
	);

	it(
		"that a new value does not fit lets nothing be saved, and the lease is still held",
		onBench(async (bench) => {
			const a = bench.worker("a", { schema: counterSchema });
			const lease = await a.leases.acquire(SESSION);
			await lease.write({ count: 1 });
			a.calls();
			expect(await errorOf(lease.write({ count: "many" }))).toMatchObject({ code: "value_invalid" });
			expect(await errorOf(lease.release({ value: { count: "many" } }))).toMatchObject({
				code: "value_invalid",
			});
			expect(a.calls()).toEqual([]);
			expect(await lease.release({ value: { count: 2 } })).toBe(0);
			expect(await text(bench)).toBe('{"count":2}');
		}),
	);

	it(
		"is not in the way of forgetting a value that does not fit",
		onBench(async (bench) => {
			await (await bench.worker("old").leases.acquire(SESSION)).release({ value: { count: "many" } });
			const { leases } = bench.worker("a", { schema: counterSchema });
			await leases.forget(SESSION);
			expect((await leases.acquire(SESSION)).value).toBeUndefined();
		}),
	);
});

describe("a record that somebody else has written", () => {
	const holder = { id: "a", owner: "a", until: 1 };
	const table: readonly [string, Fields][] = [
		["other fields", { nonce: "x", ts: 1 }],
		["one field too many", { "bids:1": 1, "holder:1": holder, nonce: "x" }],
		["text for bids", { "bids:1": "1" }],
		["half a bid", { "bids:1": 0.5 }],
		["a holder without an id", { "holder:1": { owner: "a", until: 1 } }],
		["a holder without a name", { "holder:1": { id: "a", until: 1 } }],
		["a holder without a deadline", { "holder:1": { id: "a", owner: "a" } }],
		["a holder whose deadline is text", { "holder:1": { ...holder, until: "1" } }],
		["a holder that is text", { "holder:1": "a" }],
		["an epoch 0", { "bids:0": 1 }],
		["an epoch with zeros in front", { "bids:01": 1 }],
		["a value that is no text", { "value:1.a.1": 1 }],
		["a value without a batch number", { "value:1.a": "1" }],
		["a batch number 0", { "value:1.a.0": "1" }],
		["a deadline that is text", { "until:1.a.1": "0" }],
		["an owed that is text", { "owed:1.a.1": "true" }],
		["a done that is false", { "done:1.a": false }],
		["a done with a batch number", { "done:1.a.1": true }],
		["bids under an id", { "bids:1.a": 1 }],
		["an outbox that is an object", { "outbox:1.a.1": {} }],
	];
	it.each(table)("is left as it is, and nothing is assumed: %s", (_name, fields) =>
		onBench(async (bench) => {
			const ops = Object.entries(fields).map(([field, value]) =>
				typeof value === "object"
					? ({ op: "setOnce", field, value } as const)
					: ({ op: "set", field, value } as const),
			);
			await bench.store.update(SESSION, ops);
			const { leases } = bench.worker("a");
			for (const look of [
				leases.acquire(SESSION),
				leases.inspect(SESSION),
				leases.break(SESSION, "x"),
				leases.forget(SESSION),
			]) {
				const error = await errorOf(look);
				expect(error).toMatchObject({ name: "StoreAnswerError", code: "record_invalid" });
				expect((error as Error).message).toContain(Object.keys(fields).at(-1));
			}
			expect(await bench.record()).toEqual(fields);
		})(),
	);

	it(
		"stops a holder that finds it in an answer: it is in doubt",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			await bench.store.update(SESSION, [{ op: "set", field: "nonce", value: "x" }]);
			expect(await errorOf(lease.write(["x"]))).toMatchObject({
				transient: true,
				code: "lease_lost",
				lastWrite: "unknown",
			});
			expect(lease.signal.aborted).toBe(true);
		}),
	);

	it(
		"is found by the bid of one who had a hint",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			await (await leases.acquire(SESSION)).release();
			await bench.store.update(SESSION, [{ op: "set", field: "nonce", value: "x" }]);
			expect(await errorOf(leases.acquire(SESSION))).toMatchObject({ code: "record_invalid" });
		}),
	);

	it(
		"whose value is no JSON gives the lease up, and the record is kept",
		onBench(async (bench) => {
			await bench.store.update(SESSION, [
				{ op: "setOnce", field: "holder:1", value: holder },
				{ op: "set", field: "value:1.a.1", value: "{" },
				{ op: "set", field: "done:1.a", value: true },
			]);
			const { leases } = bench.worker("a");
			expect(await errorOf(leases.acquire(SESSION))).toMatchObject({ code: "value_invalid" });
			expect(await leases.inspect(SESSION)).toMatchObject({ valueText: "{", state: "expired" });
		}),
	);
});
