// A store whose calls are counted while they are under way, so that somebody can wait until all have been answered.
import type { Activity } from "../engine/activity.ts";
import type { AtomicStore } from "../lease/atomic-store.ts";

export function countCalls(store: AtomicStore, underway: Pick<Activity, "begin">): AtomicStore {
	const counted = async <R>(call: () => Promise<R>): Promise<R> => {
		const end = underway.begin();
		try {
			return await call();
		} finally {
			end();
		}
	};
	return {
		...store,
		update: (key, ops) => counted(() => store.update(key, ops)),
		read: (key) => counted(() => store.read(key)),
	};
}
