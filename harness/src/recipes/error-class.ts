// Whether what failed may be tried again: errors classed by code and by name, never by `instanceof`.
//
// A class that is loaded twice (two copies of a package, a bundle and its external) is two classes: an error of the one is
// no instance of the other, and what nobody should retry is retried for ever.
import { isTransientError } from "../lease/errors.ts";
import { classNames, errorLevels, readField } from "./error-levels.ts";
import { httpStatus, isHttpRetryable } from "./retry-after.ts";

export type ErrorClass = "terminal" | "retryable";

/** Texts are an error's `code`, its `name`, the name of a class that it is of, or its HTTP status ("409"). */
export interface ErrorClasses {
	/** Trying again cannot help. "Error" is the name of a class of nearly all of them. */
	readonly terminal?: readonly string[];
	readonly retryable?: readonly string[];
	/**
	 * The class of an error that says nothing. An attempt too many is bounded by the queue's own limit; a message that was
	 * dropped for an error that would have passed is gone.
	 * @default "retryable"
	 */
	readonly otherwise?: ErrorClass;
}

/**
 * Names under which AWS throttles or times out with a status that is terminal elsewhere: DynamoDB throttles with a 400.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
const AWS_RETRYABLE = [
	"ProvisionedThroughputExceededException",
	"RequestLimitExceeded",
	"RequestThrottled",
	"RequestThrottledException",
	"RequestTimeout",
	"RequestTimeoutException",
	"ThrottledException",
	"Throttling",
	"ThrottlingException",
	"TransactionInProgressException",
];

/** This library's own: the same call will fail the same way. */
const OWN_TERMINAL = [
	"lease_ended",
	"option_invalid",
	"record_exists",
	"record_invalid",
	"record_missing",
	"status_final",
	"store_cannot_list",
	"value_invalid",
];

/**
 * Classes an error. The outermost of it and its causes that says something decides. At one level: `terminal`, then
 * `retryable`, then what is transient by its own account (a `TransientError`; a throttled call of AWS), then this
 * library's own codes, then its HTTP status: 408, 425, 429 and 5xx are retryable, a 403 if it names a limit, other 4xx terminal. Never throws.
 */
export function classifyError(error: unknown, classes: ErrorClasses = {}): ErrorClass {
	for (const level of errorLevels(error)) {
		const said = classOfLevel(level, classes);
		if (said) return said;
	}
	return classes.otherwise ?? "retryable";
}

function classOfLevel(
	level: object,
	{ terminal = [], retryable = [] }: ErrorClasses,
): ErrorClass | undefined {
	const texts = textsOf(level);
	const isListedIn = (list: readonly string[]): boolean => texts.some((text) => list.includes(text));
	if (isListedIn(terminal)) return "terminal";
	if (isListedIn(retryable) || isTransient(level) || isListedIn(AWS_RETRYABLE)) return "retryable";
	if (isListedIn(OWN_TERMINAL)) return "terminal";
	const isRetryable = isHttpRetryable(level);
	if (isRetryable === undefined) return undefined;
	return isRetryable ? "retryable" : "terminal";
}

function textsOf(level: object): readonly string[] {
	const said = [readField(level, "code"), readField(level, "name"), httpStatus(level)];
	const texts = said.filter((value) => typeof value === "string" || typeof value === "number");
	return [...texts.map(String), ...classNames(level)];
}

/** `$retryable` is how the AWS SDK marks what its service calls retryable. */
function isTransient(level: object): boolean {
	try {
		return isTransientError(level) || readField(level, "$retryable") !== undefined;
	} catch {
		// An error that cannot be read does not say so.
		return false;
	}
}
