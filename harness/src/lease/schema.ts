// The session's value between JSON text and the caller's type, checked by a schema if there is one.
import { SessionLeaseError } from "./errors.ts";

/**
 * The part of Standard Schema that is used here, so that zod, valibot and arktype fit without being imported.
 * Source: the specification at standardschema.dev, version 1.
 */
export interface StandardSchema<T> {
	readonly "~standard": {
		readonly version: 1;
		readonly vendor: string;
		readonly validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>;
		readonly types?: { readonly input: unknown; readonly output: T } | undefined;
	};
}

export type SchemaResult<T> =
	| { readonly value: T; readonly issues?: undefined }
	| { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
	readonly message: string;
	readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Stands for a value that was forgotten, and is no JSON: it rules out whatever else there may be. */
export const FORGOTTEN_TEXT = "forgotten";

/** Whether a text holds no value: none yet, or a forgotten one. */
export const isNoValue = (text: string): boolean => text === "" || text === FORGOTTEN_TEXT;

/**
 * The value that a text holds, `undefined` for none.
 * @throws SessionLeaseError (`value_invalid`) if it is not JSON or does not fit the schema.
 */
export async function decodeValue<T>(
	sessionId: string,
	text: string,
	schema: StandardSchema<T> | undefined,
): Promise<T | undefined> {
	if (isNoValue(text)) return undefined;
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (cause) {
		throw new SessionLeaseError("value_invalid", `The value of session "${sessionId}" is not JSON.`, {
			cause,
		});
	}
	if (!schema) return value as T;
	const result = await schema["~standard"].validate(value);
	if (!result.issues) return result.value;
	const issues = result.issues.map((issue) => `${pathOf(issue)}${issue.message}`).join("; ");
	throw new SessionLeaseError(
		"value_invalid",
		`The value of session "${sessionId}" does not fit its schema: ${issues}. The value was left as it is.`,
	);
}

/**
 * The text of a value.
 * @throws SessionLeaseError (`value_invalid`) if it cannot be written as JSON, or would not load again.
 */
export async function encodeValue<T>(
	sessionId: string,
	value: T,
	schema: StandardSchema<T> | undefined,
): Promise<string> {
	let text: string | undefined;
	try {
		text = JSON.stringify(value);
	} catch (cause) {
		throw notJson(sessionId, cause);
	}
	if (text === undefined) throw notJson(sessionId);
	if (schema) await decodeValue(sessionId, text, schema);
	return text;
}

function notJson(sessionId: string, cause?: unknown): SessionLeaseError {
	const message = `The value given for session "${sessionId}" cannot be written as JSON. Nothing was saved.`;
	return new SessionLeaseError("value_invalid", message, { cause });
}

function pathOf(issue: SchemaIssue): string {
	const keys = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part));
	return keys.length > 0 ? `${keys.join(".")}: ` : "";
}
