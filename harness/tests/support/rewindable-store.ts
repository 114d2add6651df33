// A store that forgets: it goes back to what it was when it was flushed last, as one on disk does when it is killed.
import { type AtomicStore, applyOps, type Fields, type StoredRecord } from "../../src/index.ts";

export interface RewindableStore extends AtomicStore {
	flush(): void;
	/** What was acknowledged since the last flush is gone. */
	rewind(): void;
	/** The record as it is now. */
	peek(key: string): Fields;
	list(): AsyncIterable<StoredRecord>;
}

export function rewindableStore(): RewindableStore {
	let flushed = new Map<string, Fields>();
	let records = new Map<string, Fields>();
	return {
		async update(key, ops) {
			const before = records.get(key) ?? {};
			records.set(key, applyOps(before, ops));
			return before;
		},
		async read(key) {
			return records.get(key) ?? {};
		},
		async *list() {
			for (const [key, fields] of [...records]) yield { key, fields };
		},
		flush() {
			flushed = new Map(records);
		},
		rewind() {
			records = new Map(flushed);
		},
		peek: (key) => records.get(key) ?? {},
	};
}
