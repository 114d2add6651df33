// Fields that were removed, and whether anybody is shown them all the same.
import type { AtomicStore } from "../lease/atomic-store.ts";

const SOME = "some of it removed";
const ALL = "all of it removed";

/** Writes two records, which every watcher looks at, and removes of the one two fields, of the other all. */
export async function removeFields(store: AtomicStore, watchers: readonly AtomicStore[]): Promise<void> {
	for (const key of [SOME, ALL]) {
		await store.update(key, [
			{ op: "set", field: "text", value: "removed" },
			{ op: "increment", field: "count", by: 1 },
		]);
	}
	await store.update(SOME, [{ op: "setOnce", field: "holder", value: { id: "stays" } }]);
	for (const watcher of watchers) for (const key of [SOME, ALL]) await watcher.read(key);
	for (const key of [SOME, ALL]) {
		await store.update(key, [
			{ op: "remove", field: "text" },
			{ op: "remove", field: "count" },
		]);
	}
}

/** What is wrong with what a client is shown of them, in sentences. */
export async function shownOfRemoved(store: AtomicStore, when: string): Promise<string[]> {
	const found = [await store.read(SOME), await store.update(SOME, []), await store.read(ALL)];
	const fields = new Set(found.flatMap((record) => Object.keys(record)));
	const sentences = fields.has("holder") ? [] : ["a field went that was not removed"];
	for (const field of fields) {
		if (field !== "holder") sentences.push(`field "${field}" was removed, and ${when} it is shown`);
	}
	return sentences;
}
