// The ops of a batch as one change of each field, for servers that take a field once in a request.
import { applyOps, type FieldOp, type FlatObject, type Scalar } from "../lease/atomic-store.ts";

export type FieldChange = {
	readonly field: string;
	/** What must hold of the field before, or nothing of the batch may be applied: an increment in it would fail. */
	readonly expects?: "number" | "number or absent";
} & (
	| { readonly change: "add"; readonly by: number }
	/** Only if the field is absent. */
	| { readonly change: "put once"; readonly value: FlatObject }
	| { readonly change: "put"; readonly value: Scalar | FlatObject }
	| { readonly change: "drop" }
);

/**
 * One change of each field that does what the ops do in their order, whatever was there before them: each batch has one.
 * @throws StoreAnswerError (`record_invalid`) if an op increments what an earlier one set to something else than a number.
 */
export function mergeOps(ops: readonly FieldOp[]): readonly FieldChange[] {
	const changes = new Map<string, FieldChange>();
	for (const op of ops) {
		const before = changes.get(op.field);
		changes.set(op.field, before === undefined ? firstChange(op) : followedBy(before, op));
	}
	return [...changes.values()];
}

function firstChange(op: FieldOp): FieldChange {
	const { field } = op;
	switch (op.op) {
		case "increment":
			return { field, change: "add", by: op.by, expects: "number or absent" };
		case "set":
			return { field, change: "put", value: op.value };
		case "setOnce":
			return { field, change: "put once", value: op.value };
		case "remove":
			return { field, change: "drop" };
	}
}

function followedBy(before: FieldChange, op: FieldOp): FieldChange {
	const { field, expects } = before;
	// What the field is by now does not depend on what it was.
	if (before.change === "put" || before.change === "drop") {
		const known = before.change === "put" ? { [field]: before.value } : {};
		const value = applyOps(known, [op])[field];
		return { field, ...expecting(expects), ...(value === undefined ? DROP : { change: "put", value }) };
	}
	// It is there, after an increment and after a setOnce.
	if (op.op === "setOnce") return before;
	if (op.op === "increment") {
		if (before.change === "add") return { ...before, by: before.by + op.by };
		// An object, had it been absent.
		return { field, change: "add", by: op.by, expects: "number" };
	}
	return { ...firstChange(op), ...expecting(expects) };
}

const DROP = { change: "drop" } as const;

const expecting = (expects: FieldChange["expects"]): Pick<FieldChange, "expects"> =>
	expects === undefined ? {} : { expects };
