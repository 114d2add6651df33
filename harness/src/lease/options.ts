// The options of leases: their defaults, and the one place where they are checked, relations included.
import type { AtomicStore } from "./atomic-store.ts";
import type { Clock, Retry, Wait } from "./clock.ts";
import { SessionLeaseError } from "./errors.ts";
import { marginMs } from "./lifetime.ts";
import type { ObserveLease } from "./observe.ts";
import type { StandardSchema } from "./schema.ts";

/** What the core cannot do by itself. */
export interface LeasePorts {
	readonly clock: Clock;
	readonly wait: Wait;
	readonly retry: Retry;
	/** A new random id of letters, digits, `_` and `-`, unique over all processes. */
	readonly newId: () => string;
}

/** What one acquire may have of its own. */
export interface HoldOptions {
	/** How long a dead holder blocks the session, in milliseconds; 100 at least. @default 15_000 */
	readonly ttlMs?: number;
	/** Readable name of this process, shown to those who are turned away. @default host name and process id */
	readonly owner?: string;
}

export interface LeasesOptions<T> extends HoldOptions {
	readonly store: AtomicStore;
	/** Checks the value when it is loaded, and that what is saved will load again. */
	readonly schema?: StandardSchema<T>;
	/** What the wall clocks of the processes may differ by, in milliseconds. @default 1_000 */
	readonly skewMs?: number;
	/** Ends a holder that never finishes, in milliseconds. @default 1_800_000 */
	readonly maxHoldMs?: number;
	/** How long one copy of a request is awaited before it is sent again, in milliseconds. @default a tenth of the TTL */
	readonly callTimeoutMs?: number;
	/** How many sessions' released epochs are remembered. @default 10_000 */
	readonly hintsMax?: number;
	/** How often an acquire judges and bids before it gives up. @default 16 */
	readonly attemptsMax?: number;
	/** Told of what happens to leases; it must not throw. */
	readonly observe?: ObserveLease;
}

export interface AcquireOptions extends HoldOptions {
	/** Gives up: the acquire rejects with `signal.reason`, and a lease that is won after that is abandoned. */
	readonly signal?: AbortSignal;
	/** How long to wait for a held session before being turned away, in milliseconds. @default 0 */
	readonly waitMs?: number;
}

/** The options of one acquire, complete and checked. */
export interface HoldSettings {
	readonly ttlMs: number;
	readonly skewMs: number;
	readonly maxHoldMs: number;
	readonly callTimeoutMs: number;
	readonly attemptsMax: number;
	readonly owner: string;
}

export const DEFAULTS = {
	ttlMs: 15_000,
	skewMs: 1_000,
	maxHoldMs: 1_800_000,
	hintsMax: 10_000,
	attemptsMax: 16,
	owner: "unnamed",
} as const;

/** Below this there is no room for a renewal, a repeated one, and a margin. */
const TTL_MIN_MS = 100;
const DURATION_MAX_MS = 2_147_483_647;
export const SESSION_ID_MAX_CHARACTERS = 512;

/** Anything else is cut, refused or made equal to other text by some store. */
export const isWellFormed = (text: string): boolean => !/[\0\p{Surrogate}]/u.test(text);

/** @throws SessionLeaseError (`option_invalid`) that names the option, what was expected and what it got. */
export function checkOptions(options: LeasesOptions<never>): HoldSettings {
	const { store, schema } = options ?? {};
	if (typeof store?.update !== "function" || typeof store.read !== "function") {
		throw invalid("store", "a store with `update` and `read`", typeof store);
	}
	if (schema !== undefined && typeof schema["~standard"]?.validate !== "function") {
		throw invalid("schema", "a Standard Schema", typeof schema);
	}
	expectInteger("hintsMax", options.hintsMax ?? DEFAULTS.hintsMax, 0);
	const settings = {
		skewMs: expectInteger("skewMs", options.skewMs ?? DEFAULTS.skewMs, 0),
		maxHoldMs: expectInteger("maxHoldMs", options.maxHoldMs ?? DEFAULTS.maxHoldMs, 1),
		attemptsMax: expectInteger("attemptsMax", options.attemptsMax ?? DEFAULTS.attemptsMax, 2),
	};
	return { ...settings, ...checkHold(options, { ...DEFAULTS, callTimeoutMs: options.callTimeoutMs }) };
}

/** The settings of one acquire: its own options over those of the leases. */
export function holdSettings(
	given: HoldSettings,
	explicitCallTimeoutMs: number | undefined,
	own: HoldOptions,
): HoldSettings {
	return { ...given, ...checkHold(own, { ...given, callTimeoutMs: explicitCallTimeoutMs }) };
}

function checkHold(
	options: HoldOptions,
	defaults: { readonly ttlMs: number; readonly owner: string; readonly callTimeoutMs: number | undefined },
): { ttlMs: number; owner: string; callTimeoutMs: number } {
	const ttlMs = expectInteger("ttlMs", options.ttlMs ?? defaults.ttlMs, 1);
	if (ttlMs < TTL_MIN_MS) {
		throw invalid("ttlMs", `at least ${TTL_MIN_MS}, so that a renewal fits in it twice`, ttlMs);
	}
	const callTimeoutMs = expectInteger("callTimeoutMs", defaults.callTimeoutMs ?? marginMs(ttlMs), 1);
	if (callTimeoutMs > ttlMs / 3) {
		throw invalid(
			"callTimeoutMs",
			`at most a third of \`ttlMs\` (${ttlMs}), so that a renewal fits twice`,
			callTimeoutMs,
		);
	}
	const owner = options.owner ?? defaults.owner;
	if (typeof owner !== "string" || owner === "") throw invalid("owner", "a name", owner);
	return { ttlMs, owner, callTimeoutMs };
}

export function checkWaitMs(waitMs: number | undefined): number {
	return expectInteger("waitMs", waitMs ?? 0, 0);
}

/** @throws SessionLeaseError (`option_invalid`) */
export function checkSessionId(sessionId: string): void {
	if (typeof sessionId !== "string" || sessionId === "")
		throw invalid("sessionId", "a text that is not empty", sessionId);
	if (sessionId.length > SESSION_ID_MAX_CHARACTERS) {
		const got = `${sessionId.length} characters`;
		throw new SessionLeaseError(
			"option_invalid",
			`Expected \`sessionId\` to have at most ${SESSION_ID_MAX_CHARACTERS} characters, got ${got}.`,
		);
	}
	if (!isWellFormed(sessionId)) {
		throw invalid("sessionId", "well-formed Unicode without NUL", JSON.stringify(sessionId));
	}
}

function expectInteger(name: string, value: number, min: number): number {
	if (value > DURATION_MAX_MS) throw invalid(name, `at most ${DURATION_MAX_MS}`, value);
	if (!Number.isSafeInteger(value) || value < min) {
		throw invalid(name, min === 0 ? "an integer, 0 or more" : "a positive integer", value);
	}
	return value;
}

function invalid(name: string, expected: string, got: unknown): SessionLeaseError {
	const shown = typeof got === "string" ? JSON.stringify(got) : String(got);
	return new SessionLeaseError("option_invalid", `Expected \`${name}\` to be ${expected}, got \`${shown}\`.`);
}
