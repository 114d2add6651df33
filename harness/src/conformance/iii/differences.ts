// Where two values differ: the smallest parts of them that do, each with its place.
import type { Json } from "../../engine/index.ts";

export interface Difference {
	/** For example `answer.new_value.list[0]`. */
	readonly at: string;
	/** Missing: nothing was expected there. */
	readonly expected?: Json;
	/** Missing: there was nothing. */
	readonly got?: Json;
}

/**
 * Of JSON values, where `undefined` is nothing at all. An expected object may be one of `{$contains}`, `{$lacks}` and
 * `{$unordered}`. The names of an object's fields are expected in order, as iii sends them.
 */
export function differencesOf(
	expected: Json | undefined,
	got: Json | undefined,
	at: string,
): readonly Difference[] {
	if (expected === got) return [];
	const differs = [{ at, ...given("expected", expected), ...given("got", got) }];
	if (typeof expected !== "object" || expected === null) return differs;
	const matches = listMatches(expected, got);
	if (matches !== undefined) return matches ? [] : differs;
	if (typeof got !== "object" || got === null || Array.isArray(expected) !== Array.isArray(got))
		return differs;
	if (Array.isArray(expected) && Array.isArray(got)) {
		const longer = expected.length >= got.length ? expected : got;
		return longer.flatMap((_, index) => differencesOf(expected[index], got[index], `${at}[${index}]`));
	}
	return fieldDifferences(expected as Fields, got as Fields, at);
}

type Fields = { readonly [name: string]: Json };

function fieldDifferences(expected: Fields, got: Fields, at: string): readonly Difference[] {
	const names = [...new Set([...Object.keys(expected), ...Object.keys(got)])];
	const inner = names.flatMap((name) =>
		differencesOf(own(expected, name), own(got, name), `${at}${member(name)}`),
	);
	const order = Object.keys(got);
	const inOrder = asOrdered(order);
	if (inner.length > 0 || order.every((name, index) => name === inOrder[index])) return inner;
	return [{ at: `the order of the fields of ${at}`, expected: inOrder, got: order }];
}

/** As an object of this language lists its fields if they came in the order of their names: indexes first. */
function asOrdered(names: readonly string[]): string[] {
	return Object.keys(Object.fromEntries([...names].sort().map((name) => [name, true])));
}

/** `undefined`: the expected value is no pattern for a list. */
function listMatches(expected: object, got: Json | undefined): boolean | undefined {
	const pattern = expected as { $contains?: Json; $lacks?: Json; $unordered?: Json[] };
	if (pattern.$contains !== undefined) return Array.isArray(got) && got.includes(pattern.$contains);
	if (pattern.$lacks !== undefined) return Array.isArray(got) && !got.includes(pattern.$lacks);
	if (pattern.$unordered === undefined) return undefined;
	return Array.isArray(got) && sortedText(got) === sortedText(pattern.$unordered);
}

function sortedText(list: readonly Json[]): string {
	return list
		.map((element) => JSON.stringify(element))
		.sort()
		.join();
}

function own(fields: Fields, name: string): Json | undefined {
	return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function member(name: string): string {
	return /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

function given(name: "expected" | "got", value: Json | undefined): { readonly [side: string]: Json } {
	return value === undefined ? {} : { [name]: value };
}
