// JSON values as they cross a connection: always copies, so that no two parties share an object.

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
	[name: string]: Json;
}

/** Deeper than this a value may be a cycle; the way through text tells. */
const PLAIN_DEPTH_MAX = 100;

/**
 * The value as the other side of a socket receives it, its fields in the order of their names as iii sends them;
 * `undefined` stays `undefined`.
 * Plain values are copied as they are, which costs half of the way through text.
 * @throws TypeError if it cannot be written as JSON (a cycle, a `bigint`).
 */
export function copyJson(value: unknown, depth: number = 0): Json | undefined {
	if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
	if (typeof value === "number" && Number.isFinite(value)) return value;
	if (typeof value !== "object" || depth > PLAIN_DEPTH_MAX) return throughText(value);
	if (Array.isArray(value)) return value.map((item) => copyJson(item, depth + 1) ?? null);
	if (Object.getPrototypeOf(value) !== Object.prototype || "toJSON" in value) return throughText(value);
	const copy: JsonObject = {};
	for (const name of Object.keys(value).sort()) {
		const copied = copyJson((value as Record<string, unknown>)[name], depth + 1);
		if (name === "__proto__") return throughText(value);
		if (copied !== undefined) copy[name] = copied;
	}
	return copy;
}

function throughText(value: unknown): Json | undefined {
	const text: string | undefined = JSON.stringify(value);
	return text === undefined
		? undefined
		: JSON.parse(text, (_, inner) => (isObject(inner) ? sorted(inner) : inner));
}

function sorted(fields: JsonObject): JsonObject {
	return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function isObject(value: Json | undefined): value is JsonObject {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The name that iii's messages give to a value's type. */
export function typeName(value: Json): string {
	if (value === null) return "null";
	return Array.isArray(value) ? "array" : typeof value;
}
