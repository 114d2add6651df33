// Records as stores keep them: each value as JSON text, or the whole record as one.
//
// Values are JSON of their own also where a store has types: text that is JSON keeps NUL, lone surrogates and "12" apart
// from 12 in every one of them.
import type { Fields, FlatObject, Scalar } from "../lease/atomic-store.ts";
import { StoreAnswerError } from "../lease/errors.ts";
import { isKeptFlatObject, isKeptScalar } from "./check-batch.ts";

export const valueText = (value: Scalar | FlatObject): string => JSON.stringify(value);

export const recordText = (fields: Fields): string => JSON.stringify(fields);

/** The fields of a record whose values are texts. @throws StoreAnswerError (`record_invalid`) */
export function fieldsOfTexts(key: string, texts: Iterable<readonly [string, unknown]>): Fields {
	const fields: [string, Scalar | FlatObject][] = [];
	for (const [field, text] of texts) {
		if (typeof text !== "string") throw recordInvalid(key, `field "${field}" is no text`);
		fields.push([field, checkedValue(key, field, parse(key, text))]);
	}
	return Object.fromEntries(fields);
}

/** The fields of a record that is one text; none for a record that is not there. @throws as `fieldsOfTexts` does */
export function fieldsOfRecordText(key: string, text: string | null | undefined): Fields {
	if (text === null || text === undefined) return {};
	const record = parse(key, text);
	if (typeof record !== "object" || record === null || Array.isArray(record)) {
		throw recordInvalid(key, "it is not an object");
	}
	for (const [field, value] of Object.entries(record)) checkedValue(key, field, value);
	return record as Fields;
}

/** Somebody else has written it, or it was not this store's to begin with. Nothing is assumed of it. */
export function recordInvalid(key: string, why: string, cause?: unknown): StoreAnswerError {
	const message = `The record "${key}" is none of a lease's: ${why}. Nothing is assumed of it.`;
	return new StoreAnswerError(message, { code: "record_invalid", cause });
}

function parse(key: string, text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (cause) {
		throw recordInvalid(key, "what it holds is not JSON", cause);
	}
}

function checkedValue(key: string, field: string, value: unknown): Scalar | FlatObject {
	if (isKeptScalar(value) || isKeptFlatObject(value)) return value;
	throw recordInvalid(key, `field "${field}" is no value of a field`);
}
