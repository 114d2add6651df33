// What an error of DynamoDB says about the request that it ended: refused before it ran, refused for good, or unknown.
import { StoreAnswerError, TransientError } from "../lease/errors.ts";
import { recordInvalid } from "./record-text.ts";

/**
 * Refused before anything was executed, each as the API reference words it: throttled, not allowed or not known who asks,
 * no such table (or not yet), or an open transaction has the item. Not among them: `InternalServerError` and whatever
 * else is a 5xx, after which a write may have been applied.
 */
const REFUSED_FOR_NOW: readonly string[] = [
	"ProvisionedThroughputExceededException",
	"ThrottlingException",
	"RequestLimitExceeded",
	"TransactionConflictException",
	"ResourceNotFoundException",
	"AccessDeniedException",
	"UnrecognizedClientException",
	"IncompleteSignatureException",
	"InvalidSignatureException",
	"MissingAuthenticationTokenException",
	"ExpiredTokenException",
];

/** Of Node: there was no connection, so nothing was sent. A connection that broke is another matter. */
const NOT_CONNECTED: readonly string[] = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"];

/** Of the SDK, before it sends: it has no credentials. */
const NOT_SIGNED = "CredentialsProviderError";

/** Not accepted, and never will be: the item would be too large, the table has another key, and the like. */
const REFUSED_FOR_GOOD: readonly string[] = [
	"ValidationException",
	"ItemCollectionSizeLimitExceededException",
	"RequestEntityTooLargeException",
];

/** What a call on the record of this key rejects with; an unknown outcome stays as it was thrown. */
export function failureOf(key: string, { table, error }: { table: string; error: unknown }): unknown {
	const { name = "", message = "" } = (error ?? {}) as SdkError;
	if (name === "ConditionalCheckFailedException") {
		return recordInvalid(
			key,
			"it is of another kind, or a field that is to be incremented is no number",
			error,
		);
	}
	if (REFUSED_FOR_GOOD.includes(name)) {
		return new StoreAnswerError(`DynamoDB refused a request for "${key}", and nothing was done: ${message}`, {
			cause: error,
		});
	}
	if (!wasNeverApplied(error)) return error;
	const isMissing = name === "ResourceNotFoundException";
	const why = isMissing ? missingTable(table) : `${name}: ${message}`;
	return new TransientError(`DynamoDB did nothing for "${key}": ${why}`, {
		code: "store_unavailable",
		cause: isMissing ? new Error(why, { cause: error }) : error,
	});
}

/** Why a table cannot be used yet, and what makes it so. */
const missingTable = (table: string): string =>
	`there is no table "${table}" that is ready. Open it with \`?create=true\`, or create it:\n` +
	`aws dynamodb create-table --table-name ${table} --billing-mode PAY_PER_REQUEST ` +
	"--attribute-definitions AttributeName=_key,AttributeType=S --key-schema AttributeName=_key,KeyType=HASH";

interface SdkError {
	readonly name?: string;
	readonly message?: string;
	readonly code?: string;
	readonly $metadata?: { readonly attempts?: number };
}

/** The last attempt was refused, and it was the only one: an earlier one of the SDK's may have been applied. */
function wasNeverApplied(error: unknown): boolean {
	const { name = "", code = "", $metadata } = (error ?? {}) as SdkError;
	const attempts = $metadata?.attempts;
	if (name === NOT_SIGNED) return attempts === undefined || attempts === 1;
	return attempts === 1 && (REFUSED_FOR_NOW.includes(name) || NOT_CONNECTED.includes(code));
}
