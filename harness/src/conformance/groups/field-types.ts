// What fields hold comes back as it was: no text that became a number, no number that was rounded, no byte that is gone.
import type { Fields, FlatObject, Scalar } from "../../lease/atomic-store.ts";
import type { Suite } from "../suite.ts";

const KEY = "session";

const SCALARS: Readonly<Record<string, readonly Scalar[]>> = {
	"texts that look like something else": [
		"",
		"12",
		"-0",
		"1e3",
		"true",
		"null",
		"{}",
		"[]",
		'"',
		"undefined",
	],
	"texts of any character": [
		"line\nbreak\r\ttab",
		"zero\0byte",
		'quo"te back\\slash',
		"e\u0301 and \u00e9",
		"\u{1f600}\u{10ffff}\ufeff\u2028\u007f",
		"%s $1 {0} ?",
	],
	integers: [0, 1, -1, 2 ** 31, 2 ** 32 + 1, 99_999_999_999_999, -99_999_999_999_999],
	booleans: [true, false],
};

const OBJECTS: readonly FlatObject[] = [
	{ id: "Id_-9", owner: "", until: 1_800_000_000_000 },
	{ id: "zero\0byte", owner: 'quo"te', is: true, isNot: false, n: -1 },
	{},
];

const NAMES = ["a", "Z9_:.-", "value:1.Id_-9.1", "valueOf", "toString", "length", `f${"x".repeat(255)}`];

export function fieldTypes(suite: Suite): void {
	const { expect } = suite;
	const keeps = (title: string, fields: Fields) => {
		suite.promises(`keeps ${title}`, async ({ connect }) => {
			const [writer, reader] = [await connect(), await connect()];
			await writer.update(
				KEY,
				Object.entries(fields).map(([field, value]) =>
					typeof value === "object"
						? ({ op: "setOnce", field, value } as const)
						: ({ op: "set", field, value } as const),
				),
			);
			expect([await reader.read(KEY), await reader.update(KEY, [])]).toEqual([fields, fields]);
		});
	};
	for (const [title, values] of Object.entries(SCALARS)) {
		keeps(title, Object.fromEntries(values.map((value, index) => [`f${index}`, value])));
	}
	keeps("flat objects", Object.fromEntries(OBJECTS.map((value, index) => [`f${index}`, value])));
	keeps("fields of any name", Object.fromEntries(NAMES.map((name, index) => [name, index])));
}
