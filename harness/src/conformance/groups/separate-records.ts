// Records are kept apart by their keys, whatever these are, and listed under the very same ones.
import type { StoredRecord } from "../../lease/atomic-store.ts";
import type { Suite } from "../suite.ts";

const KEYS = [
	"a",
	"A",
	"a ",
	" a",
	"aa",
	"a/b",
	"a.b",
	"a:b",
	"a*",
	"*",
	">",
	"a>b",
	"a?b",
	"a%b",
	"a%2Fb",
	"a+b",
	"a_b",
	"a-b",
	"a=b",
	"a==",
	"a\\b",
	"{a}b",
	"a{b}",
	"[a-z]",
	"..",
	".",
	"/",
	"'; drop table session_lease; --",
	'"',
	"line\nbreak",
	"tab\t",
	"\u00e9",
	"e\u0301",
	"\u{1f600}",
	"日本",
	"__proto__",
	"constructor",
	"k".repeat(512),
	`${"k".repeat(511)}l`,
	"字".repeat(512),
];

export function separateRecords(suite: Suite): void {
	const { expect } = suite;
	suite.promises("keeps records apart whose keys differ in anything", async ({ connect }) => {
		const store = await connect();
		const before = [];
		for (const [index, key] of KEYS.entries()) {
			before.push(await store.update(key, [{ op: "set", field: "index", value: index }]));
		}
		expect(before).toEqual(KEYS.map(() => ({})));
		const found = [];
		for (const key of KEYS) found.push([key, await store.read(key)]);
		expect(found).toEqual(KEYS.map((key, index) => [key, { index }]));
	});

	suite.promises("keeps records apart that are written at once", async ({ connect }) => {
		const store = await connect();
		const keys = Array.from({ length: 20 }, (_, index) => `s${index}`);
		for (let round = 0; round < 3; round++) {
			await Promise.all(keys.map((key, by) => store.update(key, [{ op: "increment", field: "n", by }])));
		}
		const found = await Promise.all(keys.map((key) => store.read(key)));
		expect(found).toEqual(keys.map((_, by) => ({ n: 3 * by })));
	});

	suite.ifIt("lists", "lists every record once, by its own key and as it is", {
		async can({ connect }) {
			const store = await connect();
			for (const [index, key] of KEYS.entries()) {
				await store.update(key, [{ op: "set", field: "index", value: index }]);
			}
			const listed: StoredRecord[] = [];
			for await (const record of store.list?.() ?? []) listed.push(record);
			const byIndex = (record: StoredRecord) => Number(record.fields.index);
			listed.sort((a, b) => byIndex(a) - byIndex(b));
			expect(listed).toEqual(KEYS.map((key, index) => ({ key, fields: { index } })));
		},
		async cannot({ connect }) {
			expect(typeof (await connect()).list).toEqual("undefined");
		},
	});

	suite.ifIt("keeps", "keeps its records when all its clients have gone", {
		async can({ opened }) {
			const first = await opened.connect();
			await first.update("kept", [{ op: "set", field: "a", value: "1" }]);
			await first.close?.();
			const second = await opened.connect();
			const found = await second.read("kept");
			await second.close?.();
			expect(found).toEqual({ a: "1" });
		},
		async cannot({ opened }) {
			const first = await opened.connect();
			await first.update("gone", [{ op: "set", field: "a", value: "1" }]);
			await first.close?.();
			expect(await (await opened.connect()).read("gone")).toEqual({});
		},
	});
}
