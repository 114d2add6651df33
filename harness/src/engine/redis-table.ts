// Values as a script in Redis holds them: an empty array is an empty object there, and a number has 14 digits.
import type { Json, JsonObject } from "./json.ts";

export type TableValue = null | boolean | number | string | Table;

/** A table of Lua: elements, named fields, or both. Without any it is written as `{}`. */
export interface Table {
	readonly elements: TableValue[];
	readonly fields: Map<string, TableValue>;
}

export function isTable(value: TableValue | undefined): value is Table {
	return typeof value === "object" && value !== null;
}

/** What the script takes for an object: also an empty array. */
export function isObjectLike(value: TableValue | undefined): value is Table {
	return isTable(value) && value.elements.length === 0;
}

/** What the script takes for an array: also an empty object. */
export function isArrayLike(value: TableValue | undefined): value is Table {
	return isTable(value) && value.fields.size === 0;
}

export function emptyTable(): Table {
	return { elements: [], fields: new Map() };
}

export function tableOf(value: Json): TableValue {
	if (typeof value !== "object" || value === null) return value;
	if (Array.isArray(value)) return { elements: value.map(tableOf), fields: new Map() };
	return {
		elements: [],
		fields: new Map(Object.entries(value).map(([name, field]) => [name, tableOf(field)])),
	};
}

/** What is stored: the elements of a table that has fields too become fields, counted from 1. */
export function jsonOf(value: TableValue): Json {
	if (typeof value === "number") return rounded(value);
	if (!isTable(value)) return value;
	if (value.elements.length > 0 && value.fields.size === 0) return value.elements.map(jsonOf);
	const numbered = value.elements.map((element, index): [string, Json] => [
		String(index + 1),
		jsonOf(element),
	]);
	const named = [...value.fields].map(([name, field]): [string, Json] => [name, jsonOf(field)]);
	return Object.fromEntries([...numbered, ...named]) satisfies JsonObject;
}

/** The name that the script's messages give to a value's type. */
export function tableTypeName(value: TableValue): string {
	if (value === null) return "null";
	if (!isTable(value)) return typeof value;
	return value.elements.length > 0 ? "array" : "object";
}

const DIGITS = 14;
/** More than it takes to tell a number that ends in a half after its last digit. */
const DIGITS_EXACT = 40;

/** As C's `%.14g`: a half is rounded to the even digit, where `toPrecision` rounds it up. */
function rounded(number: number): number {
	const up = number.toPrecision(DIGITS);
	if (Number(up) === number) return number;
	const exact = number.toExponential(DIGITS_EXACT);
	const [mantissa = "", exponent] = exact.split("e");
	const digits = mantissa.replace(/[-.]/g, "");
	const isHalf = /^50*$/.test(digits.slice(DIGITS));
	if (!isHalf || Number(digits[DIGITS - 1]) % 2 === 1) return Number(up);
	return Number(`${mantissa.slice(0, mantissa.indexOf(".") + DIGITS)}e${exponent}`);
}
