// The store port: a batch of unconditional field operations on one record, applied atomically.
import { StoreAnswerError } from "./errors.ts";

export type Scalar = string | number | boolean;

/** An object of scalars, without nesting. */
export type FlatObject = Readonly<Record<string, Scalar>>;

/** A record: its fields by name. `{}` is a record that does not exist. */
export type Fields = Readonly<Record<string, Scalar | FlatObject>>;

export type FieldOp =
	/** Adds a small integer; a missing field counts as 0. */
	| { readonly op: "increment"; readonly field: string; readonly by: number }
	/** Last writer wins. Numbers are integers below 1e14. */
	| { readonly op: "set"; readonly field: string; readonly value: Scalar }
	/** First writer wins. No other op but `remove` touches such a field. */
	| { readonly op: "setOnce"; readonly field: string; readonly value: FlatObject }
	/** Drops the field, if it is there. */
	| { readonly op: "remove"; readonly field: string };

/** A record of those that are listed, or what is wrong with it: one that is none of a lease's hides no other. */
export type StoredRecord =
	| { readonly key: string; readonly fields: Fields }
	| { readonly key: string; readonly error: unknown };

/**
 * What the lease needs of a store, and all it needs.
 *
 * Not promised, and not needed: a condition on writes, a clock, a lock, durability (see the README for what a store
 * that forgets costs), an order between concurrent batches, or that a batch whose reply was lost was not applied.
 */
export interface AtomicStore {
	/**
	 * Applies the ops in order, atomically, and answers the record as it was before them (`{}`: there was none).
	 * @throws StoreAnswerError (`record_invalid`) if the record is none of a lease's, (`store_answer_invalid`) if the
	 * answer is of no expected form or the request was refused for good: nothing may be assumed then, not even whether
	 * the batch was applied. @throws TransientError (`store_unavailable`) only if the batch was certainly not
	 * applied. Any other rejection means that the outcome is unknown.
	 */
	update(key: string, ops: readonly FieldOp[]): Promise<Fields>;
	/** Answers the record, `{}` if there is none. Rejects as `update` does. */
	read(key: string): Promise<Fields>;
	/** Every record of this store, in any order. A store that cannot list has no such method, and no sweep. */
	list?(): AsyncIterable<StoredRecord>;
}

/**
 * The record after the ops, worked out in the client: what the store holds if nobody wrote in between.
 * @throws StoreAnswerError (`record_invalid`) if a field that is to be incremented holds no number.
 */
export function applyOps(before: Fields, ops: readonly FieldOp[]): Fields {
	const after: Record<string, Scalar | FlatObject> = { ...before };
	for (const op of ops) {
		switch (op.op) {
			case "increment": {
				const count = Object.hasOwn(after, op.field) ? after[op.field] : 0;
				if (typeof count !== "number") throw notNumber(op.field);
				after[op.field] = count + op.by;
				break;
			}
			case "set":
				after[op.field] = op.value;
				break;
			case "setOnce":
				if (!Object.hasOwn(after, op.field)) after[op.field] = op.value;
				break;
			case "remove":
				delete after[op.field];
				break;
		}
	}
	return after;
}

function notNumber(field: string): StoreAnswerError {
	const message = `Expected field "${field}" to be a number, since it is to be incremented.`;
	return new StoreAnswerError(message, { code: "record_invalid" });
}
