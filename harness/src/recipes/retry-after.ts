// What the HTTP answer in an error says of trying again: whether, and after how long.
//
// Errors of fetch wrappers, axios, gaxios, octokit and the AWS SDK keep status and headers in different places, and the
// answer itself may be what was thrown.
import { errorLevels, readField } from "./error-levels.ts";

/** The longest that is believed, in milliseconds: a day. More is an outage, or a clock that is wrong. */
export const RETRY_AFTER_MAX_MS = 86_400_000;

const STATUS_PATHS = [
	["status"],
	["statusCode"],
	["response", "status"],
	["response", "statusCode"],
	["$metadata", "httpStatusCode"],
];
const HEADERS_PATHS = [["headers"], ["response", "headers"], ["$response", "headers"]];
/** Request Timeout, Too Early, Too Many Requests: the same request may succeed later (RFC 9110, RFC 8470, RFC 6585). */
const RETRYABLE_STATUSES = [408, 425, 429];

/** The status of the HTTP answer in this error, its causes not looked at; `undefined` if there is none. */
export function httpStatus(error: object): number | undefined {
	for (const path of STATUS_PATHS) {
		const status = readPath(error, path);
		if (typeof status === "number" && Number.isInteger(status) && status >= 100 && status <= 599)
			return status;
	}
	return undefined;
}

/**
 * Whether the HTTP answer in this error, its causes not looked at, lets the request be tried again: 408, 425, 429 and 5xx
 * do, a 403 does if it names a limit, other 4xx do not. `undefined` if there is no answer, or none that is an error.
 */
export function isHttpRetryable(error: object): boolean | undefined {
	const status = httpStatus(error);
	if (status === undefined || status < 400) return undefined;
	if (status === 403) return namesLimit(error);
	return status >= 500 || RETRYABLE_STATUSES.includes(status);
}

/**
 * After how many milliseconds to try again, as the outermost error of the causes says that says anything: its own
 * `retryAfterMs` (`LeaseHeldError` has one), Retry-After in seconds or as a date (RFC 9110 section 10.2.3), or
 * `x-ratelimit-reset`, in seconds since 1970. 0 at least, `RETRY_AFTER_MAX_MS` at most, `undefined` if nothing is said.
 * `nowMs` is the wall clock.
 */
export function retryAfterMs(error: unknown, nowMs: number): number | undefined {
	for (const level of errorLevels(error)) {
		const saidMs = ownMs(level) ?? headerMs(level, nowMs) ?? resetMs(level, nowMs);
		if (saidMs !== undefined) return Math.min(Math.max(0, Math.ceil(saidMs)), RETRY_AFTER_MAX_MS);
	}
	return undefined;
}

/**
 * GitHub answers 403, or 429, for its rate limits. A primary one has `x-ratelimit-remaining: 0`; a secondary one may have a
 * Retry-After, or nothing but a message that says so.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
function namesLimit(error: object): boolean {
	if (header(error, "retry-after") !== undefined || header(error, "x-ratelimit-remaining") === "0")
		return true;
	const message = readField(error, "message");
	return typeof message === "string" && /\brate limit/i.test(message);
}

function ownMs(level: object): number | undefined {
	const ms = readField(level, "retryAfterMs");
	return typeof ms === "number" && !Number.isNaN(ms) ? ms : undefined;
}

function headerMs(level: object, nowMs: number): number | undefined {
	const text = header(level, "retry-after");
	if (text === undefined) return undefined;
	const seconds = decimal(text);
	if (seconds !== undefined) return seconds * 1_000;
	if (!HTTP_DATE.test(text)) return undefined;
	const atMs = Date.parse(text.endsWith(" GMT") ? text : `${text} GMT`);
	return Number.isNaN(atMs) ? undefined : atMs - nowMs;
}

/** The three forms of RFC 9110 section 5.6.7, of which the oldest names no time zone: it is GMT too. */
const HTTP_DATE = /^[A-Z][a-z]{2,8},? [\w -]+ \d\d:\d\d:\d\d( GMT| \d{4})$/;

/** Successes and other errors bear the header as well: where something remains, the limit is not why the request failed. */
function resetMs(level: object, nowMs: number): number | undefined {
	if ((header(level, "x-ratelimit-remaining") ?? "0") !== "0") return undefined;
	const atSeconds = decimal(header(level, "x-ratelimit-reset") ?? "");
	return atSeconds === undefined ? undefined : atSeconds * 1_000 - nowMs;
}

/** Whole seconds are the standard; some services send fractions. */
const decimal = (text: string): number | undefined => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined);

function header(error: object, name: string): string | undefined {
	for (const path of HEADERS_PATHS) {
		const value = headerOf(readPath(error, path), name);
		if (typeof value === "string" || typeof value === "number") return String(value).trim();
	}
	return undefined;
}

/** From `Headers`, or from an object with names of any case and values that may be lists. */
function headerOf(headers: unknown, name: string): unknown {
	if (typeof headers !== "object" || headers === null) return undefined;
	try {
		const { get } = headers as { readonly get?: unknown };
		const got: unknown = typeof get === "function" ? get.call(headers, name) : undefined;
		const key = Object.keys(headers).find((own) => own.toLowerCase() === name);
		const value = got ?? (key === undefined ? undefined : readField(headers, key));
		return Array.isArray(value) ? value[0] : value;
	} catch {
		// Headers that cannot be read say nothing.
		return undefined;
	}
}

function readPath(from: object, path: readonly string[]): unknown {
	return path.reduce<unknown>(readField, from);
}
