// The operations of `state::update` as a payload carries them, read before any of them is applied.
import type { Input } from "./input.ts";
import { INTEGER_MAX, INTEGER_MIN, integerOf } from "./integer.ts";
import { isObject, type Json, typeName } from "./json.ts";

/** One literal first-level field; "" is the root. Dots do not separate. */
export type FieldPath = string;
/** Literal segments; absent, "" and [] are the root. */
export type DeepPath = string | readonly string[] | undefined;

export type UpdateOp =
	| { readonly type: "set"; readonly path: FieldPath; readonly value: Json }
	| { readonly type: "remove"; readonly path: FieldPath }
	| { readonly type: "increment" | "decrement"; readonly path: FieldPath; readonly by: number }
	| { readonly type: "merge" | "append"; readonly path: DeepPath; readonly value: Json };

export function segmentsOf(path: DeepPath): readonly string[] {
	if (path === undefined || path === "") return [];
	return typeof path === "string" ? [path] : path;
}

/**
 * Reads the `ops` of an update.
 * @throws EngineError (`deserialization_error`) if any op is malformed: then none is applied.
 */
export function readOps(input: Input): UpdateOp[] {
	const ops = input.value("ops");
	if (!Array.isArray(ops)) throw input.refuse(`invalid type: ${typeName(ops)}, expected a sequence`);
	return ops.map((op) => readOp(op, input));
}

function readOp(op: Json, input: Input): UpdateOp {
	if (!isObject(op)) throw input.refuse(`invalid type: ${typeName(op)}, expected an op`);
	const { type } = op;
	switch (type) {
		case "set":
			return { type, path: fieldPath(op.path, input), value: op.value ?? null };
		case "remove":
			return { type, path: fieldPath(op.path, input) };
		case "increment":
		case "decrement":
			return { type, path: fieldPath(op.path, input), by: integer(op.by, input) };
		case "merge":
		case "append":
			if (op.value === undefined) throw input.refuse("missing field `value`");
			return { type, path: deepPath(op.path, input), value: op.value };
		case undefined:
			throw input.refuse("missing field `type`");
		default:
			throw input.refuse(`unknown variant \`${JSON.stringify(type)}\``);
	}
}

function fieldPath(path: Json | undefined, input: Input): FieldPath {
	if (path === undefined) throw input.refuse("missing field `path`");
	if (typeof path !== "string") throw input.refuse(`invalid type: ${typeName(path)}, expected a string`);
	return path;
}

function deepPath(path: Json | undefined, input: Input): DeepPath {
	if (path === undefined || path === null) return undefined;
	if (typeof path === "string") return path;
	if (Array.isArray(path) && path.every((segment) => typeof segment === "string")) return path;
	throw input.refuse("`path` is neither a string nor an array of strings");
}

function integer(by: Json | undefined, input: Input): number {
	if (by === undefined) throw input.refuse("missing field `by`");
	const read = typeof by === "number" ? integerOf(by) : undefined;
	if (read === undefined || read < INTEGER_MIN || read > INTEGER_MAX) {
		throw input.refuse(`invalid value: ${JSON.stringify(by)}, expected i64`);
	}
	return by as number;
}
