// A store in this process's memory: for tests and development, gone with the process.
import { type AtomicStore, applyOps, type Fields, type StoredRecord } from "../lease/atomic-store.ts";
import { checkBatch, checkKey } from "./check-batch.ts";

/** Atomic because it is synchronous inside; answers come one promise later, as from any store. */
export function memoryStore(): AtomicStore & { list(): AsyncIterable<StoredRecord> } {
	const records = new Map<string, Fields>();
	return {
		async update(key, ops) {
			checkBatch(key, ops);
			const before = records.get(key) ?? {};
			records.set(key, applyOps(before, ops));
			return before;
		},
		async read(key) {
			checkKey(key);
			return records.get(key) ?? {};
		},
		async *list() {
			for (const [key, fields] of [...records]) yield { key, fields };
		},
	};
}
