// The form of one line, field by field; `schemas/history.schema.json` says the same as a JSON schema.
import { type CallName, HISTORY_HEADER } from "./history.ts";

interface Kind {
	readonly expected: string;
	readonly fits: (value: unknown) => boolean;
}

const integerFrom = (min: number, expected: string): Kind => ({
	expected,
	fits: (value) => Number.isSafeInteger(value) && (value as number) >= min,
});

const NAME: Kind = {
	expected: "a text that is not empty",
	fits: (value) => typeof value === "string" && value !== "",
};
const TEXT: Kind = { expected: "a text", fits: (value) => typeof value === "string" };
const FLAG: Kind = { expected: "true or false", fits: (value) => typeof value === "boolean" };
const INTEGER = integerFrom(Number.MIN_SAFE_INTEGER, "an integer");
const EPOCH = integerFrom(1, "an integer, 1 or more");
const COUNT = integerFrom(0, "an integer, 0 or more");
const OP: Kind = {
	expected: "an integer or a text that is not empty",
	fits: (value) => INTEGER.fits(value) || NAME.fits(value),
};

/** By name; a name that ends in `?` is optional. */
type Form = Readonly<Record<string, Kind>>;

const oneOf = (values: readonly string[]): Kind => ({
	expected: `one of ${values.join(", ")}`,
	fits: (value) => values.includes(value as string),
});

const CALLS: Readonly<Record<CallName, Form>> = {
	acquire: {},
	write: { epoch: EPOCH, value: TEXT },
	release: { epoch: EPOCH, "value?": TEXT },
	abandon: { epoch: EPOCH },
	renew: { epoch: EPOCH },
	forget: { "epoch?": EPOCH },
	read: {},
	put: { value: TEXT, "base?": COUNT },
	effect: { "epoch?": COUNT, "repeatable?": FLAG },
};

const COMPLETIONS = {
	ok: { "epoch?": EPOCH, "value?": TEXT, "version?": COUNT },
	fail: { "code?": NAME, "void?": FLAG },
	unknown: { "code?": NAME },
} as const satisfies Readonly<Record<string, Form>>;

/** What an answer that is ok has to say, and may say, by the call. */
const ANSWERS: Readonly<Partial<Record<CallName, Form>>> = {
	acquire: { epoch: EPOCH, "value?": TEXT },
	read: { version: COUNT, "value?": TEXT },
	put: { version: COUNT },
};

const HEAD: Form = { op: OP, process: NAME, time: INTEGER };
const TYPE = oneOf(["invoke", ...Object.keys(COMPLETIONS)]);
const CALL = oneOf(Object.keys(CALLS));

/** What is wrong with a header, `undefined` for nothing. */
export function headerIssue(value: unknown): string | undefined {
	const { format, version } = HISTORY_HEADER;
	const header = isObject(value) ? value : {};
	if (header.format !== format) {
		return `Expected the header ${JSON.stringify(HISTORY_HEADER)} first.`;
	}
	if (header.version !== version) {
		return `Expected version ${version} of the form, got ${JSON.stringify(header.version)}.`;
	}
	return formIssue(header, { format: NAME, version: EPOCH });
}

/** What is wrong with a line after the header, `undefined` for nothing. */
export function lineIssue(value: unknown): string | undefined {
	if (!isObject(value)) return "Expected an object.";
	const { type, call } = value;
	if (!TYPE.fits(type)) return fieldIssue("type", TYPE, type);
	if (type !== "invoke") {
		return formIssue(value, { type: TYPE, ...HEAD, ...COMPLETIONS[type as keyof typeof COMPLETIONS] });
	}
	if (!CALL.fits(call)) return fieldIssue("call", CALL, call);
	return formIssue(value, { type: TYPE, call: CALL, ...HEAD, key: NAME, ...CALLS[call as CallName] });
}

/** What is wrong with the answer, `ok`, to a call. */
export function answerIssue(call: CallName, answer: object): string | undefined {
	const issue = formIssue(answer, { type: TYPE, ...HEAD, ...ANSWERS[call] });
	return issue && `The answer to the call ${call}: ${issue}`;
}

function formIssue(value: object, form: Form): string | undefined {
	const known = new Set<string>();
	for (const [field, kind] of Object.entries(form)) {
		const name = field.replace("?", "");
		known.add(name);
		if (!Object.hasOwn(value, name)) {
			if (name === field) return `Expected \`${name}\` to be ${kind.expected}, got nothing.`;
			continue;
		}
		const given = (value as Record<string, unknown>)[name];
		if (!kind.fits(given)) return fieldIssue(name, kind, given);
	}
	const foreign = Object.keys(value).find((name) => !known.has(name));
	return foreign === undefined ? undefined : `The field ${JSON.stringify(foreign)} is not known here.`;
}

function fieldIssue(name: string, { expected }: Kind, given: unknown): string {
	const shown = given === undefined ? "nothing" : JSON.stringify(given).slice(0, 60);
	return `Expected \`${name}\` to be ${expected}, got ${shown}.`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
