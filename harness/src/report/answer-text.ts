// What a call was answered, made short: of a record only what its caller had not been told before.

/** Where the world's wall clocks start: a moment after it is shown as the time since then. */
const WALL_START_MS = 1_700_000_000_000;
const WALL_SPAN_MS = 1_000_000_000;
const TEXT_MAX = 48;

/** A record's fields as JSON, by name. */
export type AnswerFields = ReadonlyMap<string, string>;

/** The fields of a record as an answer tells them, `name:json` joined by `;`. `undefined`: it is no record. */
export function answerFields(answer: string): AnswerFields | undefined {
	const fields = new Map<string, string>();
	for (const part of parts(answer)) {
		const field = nameAndValue(part);
		if (!field) return undefined;
		fields.set(...field);
	}
	return fields;
}

/** Cuts at `;`, but not inside of a JSON string. */
const parts = (answer: string): readonly string[] => answer.match(/(?:"(?:[^"\\]|\\.)*"|[^;"])+/g) ?? [];

/** Names have colons too: the value is the longest end that is JSON. */
function nameAndValue(part: string): [string, string] | undefined {
	for (let colon = part.indexOf(":"); colon >= 0; colon = part.indexOf(":", colon + 1)) {
		const value = part.slice(colon + 1);
		if (parsed(value) !== undefined) return [part.slice(0, colon), value];
	}
	return undefined;
}

function parsed(json: string): unknown {
	try {
		return JSON.parse(json);
	} catch {
		return undefined;
	}
}

/** The caller had been told all of it. */
export const NO_NEWS = "as before";

/** What is new since an earlier answer; all of it if there was none. */
export function newsText(fields: AnswerFields, before: AnswerFields | undefined): string {
	if (fields.size === 0) return before && before.size > 0 ? "no record any more" : "no record";
	const set = [...fields].filter(([name, value]) => before?.get(name) !== value);
	const gone = [...(before?.keys() ?? [])].filter((name) => !fields.has(name));
	const news = [
		...set.map(([name, value]) => `${name}=${valueText(value)}`),
		...gone.map((name) => `-${name}`),
	];
	return news.length === 0 ? NO_NEWS : news.join(", ");
}

/** A JSON value, as short as it can be read, long texts in it cut; a text that is no JSON, as it is. */
export function valueText(json: string, textMax: number = TEXT_MAX): string {
	const value = parsed(json);
	return value === undefined ? json : shortValue(value, textMax);
}

function shortValue(value: unknown, textMax: number): string {
	if (typeof value === "number") return numberText(value);
	if (typeof value === "string") return shortText(value, textMax);
	if (typeof value !== "object" || value === null) return String(value);
	if (Array.isArray(value)) {
		return cutMiddle(`[${value.map((inner) => shortValue(inner, textMax)).join(",")}]`, textMax);
	}
	return `{${Object.entries(value)
		.map(([name, inner]) => `${name} ${shortValue(inner, textMax)}`)
		.join(", ")}}`;
}

function numberText(value: number): string {
	const sinceStartMs = value - WALL_START_MS;
	return Math.abs(sinceStartMs) < WALL_SPAN_MS ? `${sinceStartMs} ms` : String(value);
}

function shortText(text: string, textMax: number): string {
	const isPlain = /^[\w.[\]{}-][\w.,:/"[\]{}-]*$/.test(text);
	return cutMiddle(isPlain ? text : JSON.stringify(text), textMax);
}

/** The end of a value tells as much as its start: values grow there. `endShare`: how much of what is left is its end. */
export function cutMiddle(text: string, widthMax: number = TEXT_MAX, endShare: number = 1 / 2): string {
	if (text.length <= widthMax) return text;
	const end = Math.floor((widthMax - 1) * endShare);
	return `${text.slice(0, widthMax - 1 - end)}…${text.slice(text.length - end)}`;
}
