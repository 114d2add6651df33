// What a store takes: keys, field names and values that every server keeps as they are. Checked before anything is sent.
import type { FieldOp, FlatObject, Scalar } from "../lease/atomic-store.ts";
import { SessionLeaseError } from "../lease/errors.ts";
import { isWellFormed, SESSION_ID_MAX_CHARACTERS } from "../lease/options.ts";

const FIELD = /^[A-Za-z][\w:.-]{0,255}$/;
/** Some store keeps them for itself, or refuses them. */
const RESERVED: readonly string[] = ["key", "constructor", "prototype"];
/** Stores that keep numbers as floating point keep integers below it. */
const INTEGER_MAX = 1e14;

/**
 * A key is 1 to 512 characters of well-formed Unicode without NUL: other text is cut, refused, or made equal to other
 * keys somewhere.
 * @throws SessionLeaseError (`option_invalid`)
 */
export function checkKey(key: string): void {
	if (typeof key !== "string" || key === "") throw invalid("key", "a text that is not empty", key);
	if (key.length > SESSION_ID_MAX_CHARACTERS) {
		throw invalid("key", `at most ${SESSION_ID_MAX_CHARACTERS} characters`, `${key.length} characters`);
	}
	if (!isWellFormed(key)) throw invalid("key", "well-formed Unicode without NUL", JSON.stringify(key));
}

/** @throws SessionLeaseError (`option_invalid`) that names the op, what was expected and what it got. */
export function checkBatch(key: string, ops: readonly FieldOp[]): void {
	checkKey(key);
	for (const op of ops) checkOp(op);
}

function checkOp(op: FieldOp): void {
	if (typeof op !== "object" || op === null) throw invalid("op", "an object", op);
	if (typeof op.field !== "string" || !FIELD.test(op.field) || RESERVED.includes(op.field)) {
		throw invalid("field", "a letter and up to 255 letters, digits, `_`, `:`, `.` or `-`", op.field);
	}
	switch (op.op) {
		case "increment":
			if (!isInteger(op.by)) throw invalid(`by of \`${op.field}\``, "an integer below 1e14", op.by);
			return;
		case "set":
			if (!isScalar(op.value)) throw invalid(`value of \`${op.field}\``, SCALAR, op.value);
			return;
		case "setOnce":
			if (!isFlatObject(op.value))
				throw invalid(`value of \`${op.field}\``, "an object of scalars", op.value);
			return;
		case "remove":
			return;
		default:
			throw invalid("op", "`increment`, `set`, `setOnce` or `remove`", (op as { op?: unknown }).op);
	}
}

const SCALAR = "a text of well-formed Unicode, a boolean or an integer below 1e14";
const SURROGATE = /\p{Surrogate}/u;

const isInteger = (value: unknown): boolean =>
	isKeptInteger(value) && Math.abs(value as number) < INTEGER_MAX && !Object.is(value, -0);

function isScalar(value: unknown): value is Scalar {
	if (typeof value === "string") return !SURROGATE.test(value);
	return typeof value === "boolean" || isInteger(value);
}

const isFlatObject = (value: unknown): boolean => isObjectOf(isScalar, value);

/** Counts grow: what is kept may be larger than what is taken. */
const isKeptInteger = (value: unknown): boolean => Number.isSafeInteger(value);

export const isKeptScalar = (value: unknown): value is Scalar => isScalar(value) || isKeptInteger(value);

export const isKeptFlatObject = (value: unknown): value is FlatObject => isObjectOf(isKeptScalar, value);

function isObjectOf(isPart: (part: unknown) => boolean, value: unknown): value is FlatObject {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
	return Object.entries(value).every(([name, part]) => FIELD.test(name) && isPart(part));
}

function invalid(name: string, expected: string, got: unknown): SessionLeaseError {
	const shown = typeof got === "object" ? shownObject(got) : String(got);
	return new SessionLeaseError(
		"option_invalid",
		`Expected the ${name} of a batch to be ${expected}, got \`${shown.slice(0, 100)}\`. Nothing was sent.`,
	);
}

/** Whatever is in it: a bigint, a circle, a `toJSON` of its own. */
function shownObject(got: object | null): string {
	try {
		return String(JSON.stringify(got));
	} catch {
		return "an object that is no JSON";
	}
}
