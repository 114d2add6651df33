// What becomes of the ops of an update: each is applied or listed as failed, and the ones after it still count.
import type { OpFailure } from "./update-limits.ts";
import type { UpdateOp } from "./update-op.ts";

/** The value after an op, or why it was not applied. */
export type OpOutcome<Value> = { readonly value: Value } | OpFailure;

/** An op that was not applied, as the answer of `state::update` lists it. */
export interface OpError extends OpFailure {
	readonly op_index: number;
	readonly doc_url: string;
}

/** The value after all ops, and the errors of those that failed. */
export interface Applied<Value> {
	readonly value: Value;
	readonly errors: readonly OpError[];
}

const DOC_URL = "https://iii.dev/docs/workers/iii-state#error-codes";

export function applyInOrder<Value>(
	before: Value,
	ops: readonly UpdateOp[],
	applyOp: (current: Value, op: UpdateOp) => OpOutcome<Value>,
): Applied<Value> {
	let current = before;
	const errors: OpError[] = [];
	for (const [index, op] of ops.entries()) {
		const outcome = applyOp(current, op);
		if ("value" in outcome) current = outcome.value;
		else errors.push({ op_index: index, ...outcome, doc_url: DOC_URL });
	}
	return { value: current, errors };
}
