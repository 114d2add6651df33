// A store that is not the engine's, as one worker reaches it: its calls travel, are counted and die as those to the engine do.
import type { Link } from "../engine/index.ts";
import { never } from "../engine/link.ts";
import type { AtomicStore, Fields } from "../lease/atomic-store.ts";

export interface LinkedStoreOptions {
	readonly link: Link;
	/** Aborts when the worker dies: nothing it asked is answered, nothing it does from then on is sent. */
	readonly life: AbortSignal;
}

/** Calls travel under the names `store::read` and `store::update`. */
export function linkedStore(store: AtomicStore, { link, life }: LinkedStoreOptions): AtomicStore {
	const call = async (name: string, key: string, apply: () => Promise<Fields>): Promise<Fields> => {
		if (life.aborted) return never();
		const request = { function_id: `store::${name}`, payload: { key } };
		// A worker that dies of this very call hears neither an answer nor an error.
		const answered = link(request, apply) as Promise<Fields>;
		const fields = await answered.catch((error: unknown) => {
			if (life.aborted) return never();
			throw error;
		});
		return life.aborted ? never() : fields;
	};
	return {
		update: (key, ops) => call("update", key, () => store.update(key, ops)),
		read: (key) => call("read", key, () => store.read(key)),
	};
}

/** Calls by name, as a report tells them; only those that arrived. */
export interface CountedStore extends AtomicStore {
	counts(): Readonly<Record<string, number>>;
}

export function countedStore(store: AtomicStore): CountedStore {
	const counts = { "store::read": 0, "store::update": 0 };
	return {
		update(key, ops) {
			counts["store::update"]++;
			return store.update(key, ops);
		},
		read(key) {
			counts["store::read"]++;
			return store.read(key);
		},
		counts: () => ({ ...counts }),
	};
}
