// What `state::update` makes of a value on the redis adapter, whose script does it on tables and writes them anew.
import type { Json } from "./json.ts";
import { type Applied, applyInOrder, type OpOutcome } from "./op-outcome.ts";
import {
	emptyTable,
	isArrayLike,
	isObjectLike,
	isTable,
	jsonOf,
	type Table,
	type TableValue,
	tableOf,
	tableTypeName,
} from "./redis-table.ts";
import { checkPath, type OpFailure, REFUSED_KEYS, VALUE_DEPTH_MAX, VALUE_KEYS_MAX } from "./update-limits.ts";
import { segmentsOf, type UpdateOp } from "./update-op.ts";

type Outcome = OpOutcome<TableValue>;

/**
 * The value after the ops, as Redis stores it: also what no op touched is written anew.
 * A missing key is an empty table, not a missing root as on kv. `before` is never changed.
 */
export function applyRedisUpdate(before: Json | undefined, ops: readonly UpdateOp[]): Applied<Json> {
	// The script writes what it has read before it begins: numbers are short already when they are added to.
	const root = before === undefined ? emptyTable() : tableOf(jsonOf(tableOf(before)));
	const { value, errors } = applyInOrder<TableValue>(root, ops, applyOp);
	return { value: jsonOf(value), errors };
}

function applyOp(root: TableValue, op: UpdateOp): Outcome {
	const segments = segmentsOf(op.path);
	const failure = checkPath(op.type, segments);
	if (failure?.code.endsWith(".empty_segment")) {
		return { ...failure, message: "Path contains an empty or non-string segment" };
	}
	if (failure) return failure;
	switch (op.type) {
		case "set":
			return atField(root, op, () => ({ value: tableOf(op.value) }));
		case "remove":
			return atField(root, op, () => ({ value: undefined }));
		case "increment":
			return atField(root, op, (old) => add(old, op.by, op));
		case "decrement":
			return atField(root, op, (old) => add(old, -op.by, op));
		case "merge":
			return merge(root, segments, tableOf(op.value));
		case "append":
			return append(root, segments, tableOf(op.value));
	}
}

interface FieldOp {
	readonly type: string;
	readonly path: string;
}

/** An array takes a field like an object does. */
function atField(
	root: TableValue,
	{ type, path }: FieldOp,
	change: (old: TableValue | undefined) => OpOutcome<TableValue | undefined>,
): Outcome {
	if (path === "") {
		const outcome = change(root);
		return "value" in outcome ? { value: outcome.value ?? null } : outcome;
	}
	if (!isTable(root)) return targetNotObject(type, path, root);
	const outcome = change(root.fields.get(path));
	if (!("value" in outcome)) return outcome;
	if (outcome.value === undefined) root.fields.delete(path);
	else root.fields.set(path, outcome.value);
	return { value: root };
}

function targetNotObject(type: string, path: string, target: TableValue): OpFailure {
	const message = `Cannot ${type} at path '${path}': target is ${tableTypeName(target)}, expected object.`;
	return { code: `${type}.target_not_object`, message };
}

function add(old: TableValue | undefined, by: number, { type, path }: FieldOp): Outcome {
	if (old === undefined) return { value: by };
	if (typeof old === "number") return { value: old + by };
	const message = `Expected number at path '${path || "root"}', got ${tableTypeName(old)}.`;
	return { code: `${type}.not_number`, message };
}

function merge(root: TableValue, segments: readonly string[], merged: TableValue): Outcome {
	const failure = checkMerged(merged);
	if (failure) return failure;
	// Neither says anything: a root that is no table, and an array with elements that is on the way.
	if (segments.length === 0 && !isTable(root)) return { value: root };
	const start = isTable(root) ? root : emptyTable();
	const target = segments.length === 0 ? start : walk(start, segments);
	for (const [name, field] of (merged as Table).fields) target?.fields.set(name, field);
	return { value: start };
}

/** An empty array passes: it is an empty object here. */
function checkMerged(merged: TableValue): OpFailure | undefined {
	if (!isObjectLike(merged)) {
		return { code: "merge.value.not_an_object", message: "Merge value must be a JSON object" };
	}
	const refused = REFUSED_KEYS.find((key) => merged.fields.has(key));
	if (refused !== undefined) {
		const message = `Merge value top-level key "${refused}" is a prototype-pollution sink`;
		return { code: "merge.value.proto_polluted", message };
	}
	if (merged.fields.size > VALUE_KEYS_MAX) {
		const message = `Merge value has more than ${VALUE_KEYS_MAX} top-level keys`;
		return { code: "merge.value.too_many_keys", message };
	}
	if (depthOf(merged) > VALUE_DEPTH_MAX) {
		const message = `Merge value JSON nesting depth exceeds maximum of ${VALUE_DEPTH_MAX}`;
		return { code: "merge.value.too_deep", message };
	}
	return undefined;
}

function depthOf(value: TableValue): number {
	if (!isTable(value)) return 0;
	return 1 + Math.max(0, ...[...value.elements, ...value.fields.values()].map(depthOf));
}

/** The table at the end of the segments, made where it is missing; `undefined` below an array with elements. */
function walk(root: Table, segments: readonly string[]): Table | undefined {
	if (!isObjectLike(root)) return undefined;
	let table: Table = root;
	for (const segment of segments) {
		const next = table.fields.get(segment);
		const inner: Table = isObjectLike(next) ? next : emptyTable();
		table.fields.set(segment, inner);
		table = inner;
	}
	return table;
}

function append(root: TableValue, segments: readonly string[], value: TableValue): Outcome {
	const leaf = segments.at(-1);
	if (leaf === undefined) return appendTo(root, value, { label: "root", nested: false });
	if (!isObjectLike(root)) return targetNotObject("append", `[${segments.join(", ")}]`, root);
	const parent = walk(root, segments.slice(0, -1)) as Table;
	const outcome = appendTo(parent.fields.get(leaf), value, { label: leaf, nested: segments.length > 1 });
	if (!("value" in outcome)) return outcome;
	parent.fields.set(leaf, outcome.value);
	return { value: root };
}

/** Below the first level also null becomes an array, even of a string. */
function appendTo(
	old: TableValue | undefined,
	value: TableValue,
	place: { readonly label: string; readonly nested: boolean },
): Outcome {
	const code = "append.type_mismatch";
	if (old === undefined || old === null) {
		if (typeof value === "string" && !place.nested) return { value };
		return { value: { elements: [value], fields: new Map() } };
	}
	if (typeof old === "string") {
		if (typeof value === "string") return { value: old + value };
		const message = `Expected string append value at path '${place.label}', got ${tableTypeName(value)}.`;
		return { code, message };
	}
	if (isArrayLike(old)) return { value: { elements: [...old.elements, value], fields: new Map() } };
	const message = `Cannot append at path '${place.label}': target is ${tableTypeName(old)}, expected array, string, null, or missing field.`;
	return { code, message };
}
