// What `state::update` makes of a value, on the kv adapter: every op in order on one copy, those that fail passed over.
import { exactSum } from "./integer.ts";
import { isObject, type Json, type JsonObject, typeName } from "./json.ts";
import { type Applied, applyInOrder, type OpOutcome } from "./op-outcome.ts";
import { checkMergeValue, checkPath, type OpFailure } from "./update-limits.ts";
import { segmentsOf, type UpdateOp } from "./update-op.ts";

/**
 * The value after the ops, and the errors of those that failed. `before` is never changed, so that it can be answered
 * as the old value; what `ops` carry becomes part of the new one.
 * `undefined` is a missing key: its root is whatever the first op that works makes of it, and `{}` if none does.
 */
export function applyUpdateOps(before: Json | undefined, ops: readonly UpdateOp[]): Applied<Json> {
	const { value, errors } = applyInOrder(before, ops, applyOp);
	return { value: value === undefined ? {} : value, errors };
}

type Outcome = OpOutcome<Json | undefined>;

function applyOp(current: Json | undefined, op: UpdateOp): Outcome {
	const segments = segmentsOf(op.path);
	const failure = checkPath(op.type, segments);
	if (failure) return failure;
	switch (op.type) {
		case "set":
			return applyToField(current, op, () => ({ value: op.value }));
		case "remove":
			return applyToField(current, op, () => ({ value: undefined }));
		case "increment":
			return applyToField(current, op, (old) => add(old, op.by, op));
		case "decrement":
			return applyToField(current, op, (old) => add(old, -op.by, op));
		case "merge":
			return merge(current, segments, op.value);
		case "append":
			return append(current, segments, op.value);
	}
}

interface FieldOp {
	readonly type: string;
	readonly path: string;
}

/** Ops with one literal field, or the root. A removed root is null, not missing. */
function applyToField(
	current: Json | undefined,
	{ type, path }: FieldOp,
	change: (old: Json | undefined) => Outcome,
): Outcome {
	if (path === "") {
		const outcome = change(current);
		return "value" in outcome ? { value: outcome.value ?? null } : outcome;
	}
	const target = current === undefined ? {} : current;
	if (!isObject(target)) return targetNotObject(type, path, target);
	const outcome = change(Object.hasOwn(target, path) ? target[path] : undefined);
	if (!("value" in outcome)) return outcome;
	const after = { ...target };
	if (outcome.value === undefined) delete after[path];
	else after[path] = outcome.value;
	return { value: after };
}

function targetNotObject(type: string, path: string, target: Json): OpFailure {
	const message = `Cannot ${type} at path '${path}': target is ${typeName(target)}, expected object.`;
	return { code: `${type}.target_not_object`, message };
}

function add(old: Json | undefined, by: number, { type, path }: FieldOp): Outcome {
	if (old === undefined) return { value: by };
	const sum = typeof old === "number" ? exactSum(old, by) : undefined;
	if (sum !== undefined) return { value: sum };
	const message = `Expected number at path '${path || "root"}', got ${typeName(old)}.`;
	return { code: `${type}.not_number`, message };
}

function merge(current: Json | undefined, segments: readonly string[], value: Json): Outcome {
	const failure = checkMergeValue(value);
	if (failure) return failure;
	const merged = value as JsonObject;
	if (segments.length === 0) {
		// iii says nothing of a root merge into something else than an object, and does nothing.
		if (current !== undefined && !isObject(current)) return { value: current };
		return { value: { ...current, ...merged } };
	}
	return replaceAt(current, segments, (old) => ({ value: { ...(isObject(old) ? old : {}), ...merged } }));
}

function append(current: Json | undefined, segments: readonly string[], value: Json): Outcome {
	if (segments.length === 0) return appendTo(current, value, { label: "root", nested: false });
	if (current !== undefined && !isObject(current)) {
		return targetNotObject("append", `[${segments.join(", ")}]`, current);
	}
	const place = { label: segments.at(-1) ?? "root", nested: segments.length > 1 };
	return replaceAt(current, segments, (old) => appendTo(old, value, place));
}

/** Only below the first level does a string that is appended to nothing become an array. */
function appendTo(
	old: Json | undefined,
	value: Json,
	place: { readonly label: string; readonly nested: boolean },
): Outcome {
	if (old === undefined && place.nested) return { value: [value] };
	if (old === undefined || old === null) return { value: typeof value === "string" ? value : [value] };
	if (Array.isArray(old)) return { value: [...old, value] };
	const code = "append.type_mismatch";
	if (typeof old === "string") {
		if (typeof value === "string") return { value: old + value };
		const message = `Expected string append value at path '${place.label}', got ${typeName(value)}.`;
		return { code, message };
	}
	const message = `Cannot append at path '${place.label}': target is ${typeName(old)}, expected array, string, null, or missing field.`;
	return { code, message };
}

/** Changes what is at the end of the segments, making an object of everything on the way that is none. */
function replaceAt(
	current: Json | undefined,
	segments: readonly string[],
	change: (old: Json | undefined) => Outcome,
): Outcome {
	const [segment, ...rest] = segments;
	if (segment === undefined) return change(current);
	const parent = isObject(current) ? current : {};
	const outcome = replaceAt(Object.hasOwn(parent, segment) ? parent[segment] : undefined, rest, change);
	return "value" in outcome ? { value: { ...parent, [segment]: outcome.value as Json } } : outcome;
}
