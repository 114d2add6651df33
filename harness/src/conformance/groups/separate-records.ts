// Records are kept apart by their keys, whatever these are, and listed under the very same ones.
import type { AtomicStore } from "../../lease/atomic-store.ts";
import { keysOf, listedOf } from "../listed.ts";
import { patient } from "../patient-client.ts";
import type { Suite, World } from "../suite.ts";

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
	const listsNothing = async ({ connectBare }: World) =>
		void expect(typeof (await connectBare()).list).toEqual("undefined");
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
			const index = new Map(KEYS.map((key, at) => [key, at]));
			const listed = [...(await listedOf(store))];
			listed.sort((a, b) => (index.get(a.key) ?? KEYS.length) - (index.get(b.key) ?? KEYS.length));
			expect(listed).toEqual(KEYS.map((key, index) => ({ key, fields: { index } })));
		},
		cannot: listsNothing,
	});

	suite.ifIt("lists", "lists as many records as there are", {
		async can({ connect }) {
			const store = await connect();
			const keys = Array.from({ length: suite.scale > 1 ? 1_100 : 130 }, (_, index) => `r${index}`);
			await writeAll(store, keys);
			const listed = await keysOf(store);
			const found = new Set(listed);
			const missing = keys.filter((key) => !found.has(key));
			const said = `listed ${listed.length}, of which ${listed.length - found.size} twice, missing ${missing.length}`;
			expect(said).toEqual(`listed ${keys.length}, of which 0 twice, missing 0`);
		},
		cannot: listsNothing,
	});

	suite.ifIt("keeps", "keeps its records when all its clients have gone", {
		async can({ opened }) {
			const first = patient(await opened.connect());
			await first.update("kept", [{ op: "set", field: "a", value: "1" }]);
			await first.close?.();
			const second = patient(await opened.connect());
			const found = await second.read("kept");
			await second.close?.();
			expect(found).toEqual({ a: "1" });
		},
		async cannot({ opened }) {
			const first = patient(await opened.connect());
			await first.update("gone", [{ op: "set", field: "a", value: "1" }]);
			await first.close?.();
			expect(await patient(await opened.connect()).read("gone")).toEqual({});
		},
	});
}

const AT_ONCE = 10;

async function writeAll(store: AtomicStore, keys: readonly string[]): Promise<void> {
	for (let at = 0; at < keys.length; at += AT_ONCE) {
		const some = keys.slice(at, at + AT_ONCE);
		await Promise.all(some.map((key) => store.update(key, [{ op: "increment", field: "n", by: 1 }])));
	}
}
