// Stores whose requests and answers go astray on the way: what a lease has to bear on any network.
import type { AtomicStore, FieldOp, Fields } from "../lease/atomic-store.ts";

/** Every third request is lost before it arrives, and every third answer on its way back. */
export function losing(store: AtomicStore): AtomicStore {
	let count = 0;
	const call = async (request: () => Promise<Fields>): Promise<Fields> => {
		count++;
		if (count % 3 === 1) throw new Error("The request was lost.");
		const answer = await request();
		if (count % 3 === 2) throw new Error("The answer was lost.");
		return answer;
	};
	return {
		update: (key, ops) => call(() => store.update(key, ops)),
		read: (key) => call(() => store.read(key)),
	};
}

export interface Repeating extends AtomicStore {
	/** Applies every batch since the last time once more, the newest first. */
	repeat(): Promise<void>;
}

/** Every batch may arrive a second time, late and in any order. */
export function repeating(store: AtomicStore): Repeating {
	let sent: (readonly [string, readonly FieldOp[]])[] = [];
	return {
		read: (key) => store.read(key),
		update(key, ops) {
			sent.push([key, ops]);
			return store.update(key, ops);
		},
		async repeat() {
			const late = sent.reverse();
			sent = [];
			for (const [key, ops] of late) await store.update(key, ops);
		},
	};
}

export interface Stalling extends AtomicStore {
	/** From now on nothing that is sent arrives … */
	stall(): void;
	/** … until now: it all does. */
	goOn(): void;
}

/** A process that is stopped in the middle, as its requests show it. */
export function stalling(store: AtomicStore): Stalling {
	let gate = Promise.resolve();
	let open = (): void => undefined;
	return {
		update: (key, ops) => gate.then(() => store.update(key, ops)),
		read: (key) => gate.then(() => store.read(key)),
		stall() {
			gate = new Promise((resolve) => {
				open = resolve;
			});
		},
		goOn: () => open(),
	};
}
