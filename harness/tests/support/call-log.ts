// A store that writes down what it was asked, so that a test can say what something cost.
import type { AtomicStore, FieldOp } from "../../src/index.ts";

/** `read`, or the batch that was sent. */
export type LoggedCall = "read" | readonly FieldOp[];

export interface CallLog extends AtomicStore {
	/** The calls since the last time that this was asked. */
	take(): LoggedCall[];
}

export function logCalls(store: AtomicStore): CallLog {
	let calls: LoggedCall[] = [];
	return {
		...store,
		update(key, ops) {
			calls.push(ops);
			return store.update(key, ops);
		},
		read(key) {
			calls.push("read");
			return store.read(key);
		},
		take() {
			const taken = calls;
			calls = [];
			return taken;
		},
	};
}

/** A call in short: `read`, or its fields without ids and batch numbers, as in `bids:2 holder:2`. */
export function inShort(call: LoggedCall): string {
	if (call === "read") return call;
	return call
		.filter((op) => op.op !== "remove")
		.map((op) => op.field.split(".")[0])
		.join(" ");
}
