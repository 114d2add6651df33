// Records that are large in one way or another: a long text, many fields, many ops in one batch.
import type { Fields } from "../../lease/atomic-store.ts";
import { refusalOf } from "../outcome.ts";
import type { Suite } from "../suite.ts";

const KEY = "session";
/** Of a value: more than what agents' turns come to, and more than the sizes at which servers begin to cut. */
const LARGE_CHARACTERS = 2_000_000;
/** A batch of as many ops is larger than any of a lease's; one of more is refused by some server. */
const BATCH_OPS = 100;
const BATCHES = 3;

export function largeRecords(suite: Suite): void {
	const { expect } = suite;
	const { recordBytesMax } = suite.capabilities;
	const keepsText = (title: string, characters: number) => {
		suite.promises(`keeps ${title}`, async ({ connect }) => {
			const value = "0123456789".repeat(characters / 10);
			const [writer, reader] = [await connect(), await connect()];
			await writer.update(KEY, [{ op: "set", field: "large", value }]);
			const found = [(await reader.read(KEY)).large, (await reader.update(KEY, [])).large];
			expect(found.map((text) => differenceOf(text, value))).toEqual(["none", "none"]);
		});
	};
	if (recordBytesMax === undefined) keepsText("a large value", LARGE_CHARACTERS);
	else {
		keepsText(
			"a value of nine tenths of what it is declared to take",
			Math.floor(recordBytesMax * 0.09) * 10,
		);
		suite.promises("refuses a record that is larger than it is declared to take", async ({ connect }) => {
			const store = await connect();
			await store.update(KEY, [{ op: "set", field: "a", value: 1 }]);
			const value = "x".repeat(recordBytesMax * 1.1);
			const refused = await refusalOf(() => store.update(KEY, [{ op: "set", field: "large", value }]));
			expect([refused, await store.read(KEY)]).toEqual(["store_answer_invalid", { a: 1 }]);
		});
	}

	suite.promises(
		"applies every op of a large batch, and keeps every field of a large record",
		async (world) => {
			const [writer, reader] = [await world.connect(), await world.connect()];
			let all: Fields = {};
			for (let batch = 0; batch < BATCHES; batch++) {
				const fields = Array.from(
					{ length: BATCH_OPS },
					(_, index) => [`f${batch}_${index}`, index] as const,
				);
				await writer.update(
					KEY,
					fields.map(([field, value]) => ({ op: "set", field, value })),
				);
				all = { ...all, ...Object.fromEntries(fields) };
				expect(missingOf(await reader.read(KEY), all)).toEqual("nothing is missing");
			}
			expect(await reader.update(KEY, [])).toEqual(all);
		},
	);
}

/** Short, whatever the length of the texts. */
function differenceOf(found: unknown, text: string): string {
	if (found === text) return "none";
	if (typeof found !== "string") return `instead of a text it is ${typeof found}`;
	if (found.length === text.length) return "other characters";
	return `${found.length} characters instead of ${text.length}`;
}

function missingOf(found: Fields, expected: Fields): string {
	const names = Object.keys(expected);
	const missing = names.filter((name) => found[name] !== expected[name]);
	if (missing.length === 0) return "nothing is missing";
	return `of ${names.length} fields, written ${BATCH_OPS} a batch, ${missing.length} are missing or wrong: ${missing[0]} is the first`;
}
