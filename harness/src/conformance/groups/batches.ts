// Batches on one record: applied in order, as a whole or not at all, and answered with what was there before.
import { applyOps, type FieldOp, type Fields } from "../../lease/atomic-store.ts";
import { createRandom } from "../../system/random.ts";
import { drawBatch } from "../draw-batch.ts";
import { isTakenForForeign } from "../outcome.ts";
import type { Suite, World } from "../suite.ts";

const KEY = "session";
const set = (field: string, value: string | number | boolean): FieldOp => ({ op: "set", field, value });
const add = (field: string, by: number): FieldOp => ({ op: "increment", field, by });
const once = (field: string, id: string): FieldOp => ({ op: "setOnce", field, value: { id } });
const remove = (field: string): FieldOp => ({ op: "remove", field });

/** Batches, and what each of them and a last read have to be answered. */
const ANSWERS: readonly (readonly [
	title: string,
	ops: readonly (readonly FieldOp[])[],
	answers: readonly Fields[],
])[] = [
	["reads a record that nobody has written as one without fields", [], [{}]],
	[
		"answers the record as it was before the batch",
		[[set("a", "1")], [set("a", "2"), set("b", true)]],
		[{}, { a: "1" }, { a: "2", b: true }],
	],
	[
		"applies the ops of a batch in order",
		[[set("a", "1"), set("a", "2"), remove("b"), set("b", "3"), set("c", "4"), remove("c")]],
		[{}, { a: "2", b: "3" }],
	],
	[
		"counts from 0, adds up within a batch and over batches, and takes steps back",
		[[add("n", 2), add("n", 3)], [add("n", -7)], [set("n", 10), add("n", 1)], [add("n", 1)]],
		[{}, { n: 5 }, { n: -2 }, { n: 11 }, { n: 12 }],
	],
	[
		"counts past 32 bits, both ways and in steps of any size",
		[
			[set("n", 2 ** 31 - 1), set("m", -(2 ** 31))],
			[add("n", 1), add("m", -1)],
			[set("n", 2 ** 32 - 1), set("m", -(2 ** 32))],
			[add("n", 1), add("m", -1)],
			[add("n", 2 ** 32 + 1), add("m", -(2 ** 33))],
		],
		[
			{},
			{ n: 2 ** 31 - 1, m: -(2 ** 31) },
			{ n: 2 ** 31, m: -(2 ** 31) - 1 },
			{ n: 2 ** 32 - 1, m: -(2 ** 32) },
			{ n: 2 ** 32, m: -(2 ** 32) - 1 },
			{ n: 2 ** 33 + 1, m: -(2 ** 32) - 1 - 2 ** 33 },
		],
	],
	[
		"counts from 0 again what was removed in the same batch",
		[[add("n", 2)], [remove("n"), add("n", 1)], [add("n", 1), remove("n")]],
		[{}, { n: 2 }, { n: 1 }, {}],
	],
	[
		"keeps the first value of setOnce, over batches and within one",
		[[once("holder", "a"), once("holder", "b")], [once("holder", "c")]],
		[{}, { holder: { id: "a" } }, { holder: { id: "a" } }],
	],
	[
		"takes another first value when the field was removed",
		[
			[once("holder", "a")],
			[remove("holder"), once("holder", "b")],
			[remove("holder")],
			[once("holder", "c")],
		],
		[{}, { holder: { id: "a" } }, { holder: { id: "b" } }, {}, { holder: { id: "c" } }],
	],
	[
		"keeps the fields that a batch does not name, and is content to remove what is not there",
		[[set("a", "1"), add("n", 1)], [remove("b")], [set("b", "2")]],
		[{}, { a: "1", n: 1 }, { a: "1", n: 1 }, { a: "1", n: 1, b: "2" }],
	],
	["takes a batch without ops as a look", [[], [set("a", "1")], []], [{}, {}, { a: "1" }, { a: "1" }]],
];

export function batches(suite: Suite): void {
	const { expect } = suite;
	for (const [title, batches, answers] of ANSWERS) {
		suite.promises(title, async ({ connect }) => {
			const store = await connect();
			const got: Fields[] = [];
			for (const batch of batches) got.push(await store.update(KEY, batch));
			expect([...got, await store.read(KEY)]).toEqual(answers);
		});
	}

	const refused = async ({ connect }: World) => {
		const store = await connect();
		await store.update(KEY, [set("text", "no number"), set("a", "1")]);
		const batch = [set("a", "2"), add("n", 1), add("text", 1)];
		expect(await isTakenForForeign(() => store.update(KEY, batch))).toEqual(true);
		return store.read(KEY);
	};
	suite.ifIt("refusesAsWhole", "applies no part of a batch that it cannot apply as a whole", {
		can: async (world) => void expect(await refused(world)).toEqual({ text: "no number", a: "1" }),
		cannot: async (world) => void expect(await refused(world)).toEqual({ text: "no number", a: "2", n: 1 }),
	});

	suite.promises("does what the model does, batch after drawn batch", async ({ connect }) => {
		const store = await connect();
		const random = createRandom(7);
		let model: Fields = {};
		for (let count = 1; count <= 60 * suite.scale; count++) {
			const ops = drawBatch(random);
			const got = await store.update(KEY, ops);
			expect({ count, ops, got }).toEqual({ count, ops, got: model });
			model = applyOps(model, ops);
		}
		expect(await store.read(KEY)).toEqual(model);
	});
}
