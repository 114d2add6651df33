// What a store does not take it refuses with a clear code, before anything is changed; and what it did not write, it knows.
import type { FieldOp } from "../../lease/atomic-store.ts";
import { listedOf } from "../listed.ts";
import { isTakenForForeign, refusalOf } from "../outcome.ts";
import type { OpenedPort } from "../port.ts";
import type { Suite } from "../suite.ts";

const KEY = "session";

const BAD_KEYS: readonly unknown[] = ["", "k".repeat(513), "zero\0byte", "half \ud83d", undefined, 7];

const BAD_VALUES: readonly unknown[] = [
	1.5,
	Number.NaN,
	1e14,
	-0,
	null,
	undefined,
	[],
	{},
	"half \ud83d",
	1n,
];

const BAD_OPS: readonly unknown[] = [
	...BAD_VALUES.map((value) => ({ op: "set", field: "a", value })),
	...["1", 0.5, 1e14, Number.POSITIVE_INFINITY, undefined].map((by) => ({ op: "increment", field: "a", by })),
	...["a", null, [], { a: {} }, { a: 1.5 }, { a: null }, { a: 1n }, { toJSON: () => undefined }].map(
		(value) => ({
			op: "setOnce",
			field: "a",
			value,
		}),
	),
	...["", "a b", "$a", "1a", "__proto__", "constructor", "prototype", "key", "f".repeat(257)].map(
		(field) => ({ op: "remove", field }),
	),
	{ op: "merge", field: "a" },
	null,
];

export function refusals(suite: Suite): void {
	const { expect } = suite;
	suite.promises("refuses keys that some store would change", async ({ connect }) => {
		const store = await connect();
		const refused = [];
		for (const key of BAD_KEYS as readonly string[]) {
			refused.push(await refusalOf(() => store.update(key, [{ op: "set", field: "a", value: 1 }])));
			refused.push(await refusalOf(() => store.read(key)));
		}
		expect(refused).toEqual(BAD_KEYS.flatMap(() => ["option_invalid", "option_invalid"]));
	});

	suite.promises("refuses names and values that some store would change", async ({ connect }) => {
		const store = await connect();
		const refused = [];
		for (const op of BAD_OPS as readonly FieldOp[]) {
			const first: FieldOp = { op: "set", field: "first", value: 1 };
			refused.push(await refusalOf(() => store.update(KEY, [first, op])));
		}
		expect(refused).toEqual(BAD_OPS.map(() => "option_invalid"));
		expect(await store.read(KEY)).toEqual({});
	});

	suite.ifIt("knowsForeign", "assumes nothing of a record that somebody else has written", {
		async can({ connect, opened }) {
			const store = await connect();
			const spoil = spoilOf(opened);
			const other = await connect();
			await other.update("other", [{ op: "set", field: "a", value: "1" }]);
			await spoil(KEY);
			const reads = [await refusalOf(() => store.read(KEY))];
			const count: FieldOp = { op: "increment", field: "n", by: 1 };
			expect(await isTakenForForeign(() => store.update(KEY, [count]))).toEqual(true);
			// Whether the batch was applied is not said, but it has not made a lease's record of somebody else's.
			for (const reader of [store, other]) reads.push(await refusalOf(() => reader.read(KEY)));
			expect(reads).toEqual(["record_invalid", "record_invalid", "record_invalid"]);
			expect(await other.read("other")).toEqual({ a: "1" });
		},
		async cannot({ opened }) {
			expect(typeof opened.spoil).toEqual("undefined");
		},
	});

	if (!suite.capabilities.knowsForeign) return;
	suite.ifIt("lists", "lists all others where somebody else has written a record", {
		async can({ connect, opened }) {
			const store = await connect();
			const spoil = spoilOf(opened);
			const keys = ["r1", "r2", "r3"];
			for (const key of keys) await store.update(key, [{ op: "set", field: "a", value: key }]);
			await spoil(KEY);
			const listed = [...(await listedOf(store))].sort((a, b) => (a.key < b.key ? -1 : 1));
			const own = listed.filter(({ key }) => key !== KEY);
			expect(own).toEqual(keys.map((key) => ({ key, fields: { a: key } })));
			// It may be left out, where the store sees that it is none of its own.
			for (const record of listed.filter(({ key }) => key === KEY)) {
				const shown = async () => {
					if ("error" in record) throw record.error;
					return record.fields;
				};
				expect(await refusalOf(shown)).toEqual("record_invalid");
			}
		},
		async cannot({ connectBare }) {
			expect(typeof (await connectBare()).list).toEqual("undefined");
		},
	});
}

function spoilOf({ spoil }: OpenedPort): (key: string) => Promise<void> {
	if (spoil) return spoil;
	throw new Error("`open` answers no `spoil`, with which somebody else writes a record.");
}
