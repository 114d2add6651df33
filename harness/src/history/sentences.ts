// How operations and values are called in the sentences of a report.
import type { Operation } from "./history.ts";

const VALUE_CHARACTERS_MAX = 60;

/** `operation 7 of a`, with the file where there are several. */
export function named({ source, invoke }: Operation): string {
	const { op, process } = invoke.line;
	return `operation ${op} of ${process}${source === undefined ? "" : ` in ${source}`}`;
}

/** A value as text that is short enough to be read. */
export function shown(value: string | undefined): string {
	if (value === undefined) return "no value";
	return value === "" ? '""' : cut(value);
}

/** Two values that differ, each from where they begin to if one is long. */
export function shownApart(a: string | undefined, b: string | undefined): [string, string] {
	if (a === undefined || b === undefined) return [shown(a), shown(b)];
	const isLong = Math.max(a.length, b.length) > VALUE_CHARACTERS_MAX;
	let from = 0;
	while (isLong && from < a.length && a[from] === b[from]) from++;
	from -= BEFORE_DIFFERENCE_CHARACTERS;
	return from <= 0 ? [shown(a), shown(b)] : [cut(`…${a.slice(from)}`), cut(`…${b.slice(from)}`)];
}

const BEFORE_DIFFERENCE_CHARACTERS = 20;

function cut(text: string): string {
	return text.length <= VALUE_CHARACTERS_MAX ? text : `${text.slice(0, VALUE_CHARACTERS_MAX - 1)}…`;
}

/** `a, b and c` */
export function listed(texts: readonly string[]): string {
	return texts.length < 2 ? texts.join() : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;
}
