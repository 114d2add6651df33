// Every error of this library: a closed set of codes, by which errors are recognised.

/** Codes are documented in the README and never reused. */
export type ErrorCode =
	| "transient"
	| "lease_held"
	| "lease_lost"
	| "lease_ended"
	| "acquire_exhausted"
	| "outcome_unknown"
	| "wake_failed"
	| "send_failed"
	| "record_invalid"
	| "record_missing"
	| "record_exists"
	| "status_final"
	| "value_invalid"
	| "option_invalid"
	| "store_answer_invalid"
	| "store_unavailable"
	| "store_cannot_list";

interface ErrorDetails {
	readonly cause?: unknown;
}

export class SessionLeaseError extends Error {
	override readonly name: string = "SessionLeaseError";
	readonly code: ErrorCode;

	constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
		super(message, details);
		this.code = code;
	}
}

/** Try again later: a durable queue that gets this (or any) error delivers the message again. */
export class TransientError extends SessionLeaseError {
	override readonly name: string = "TransientError";
	readonly transient = true;

	constructor(message: string, details: ErrorDetails & { readonly code?: ErrorCode } = {}) {
		super(details.code ?? "transient", message, details);
	}
}

/** Turned away: another worker holds the session. None of the caller's code ran. Code `lease_held`. */
export class LeaseHeldError extends TransientError {
	override readonly name: string = "LeaseHeldError";
	readonly sessionId: string;
	/** The epoch that is held. */
	readonly epoch: number;
	/** Readable name of the process that holds it. */
	readonly holder: string;
	/** Milliseconds after which the holder, if it died, can be replaced. */
	readonly retryAfterMs: number;

	constructor(held: { sessionId: string; epoch: number; holder: string; retryAfterMs: number }) {
		super(
			`Session "${held.sessionId}" is held by ${held.holder} (epoch ${held.epoch}). ` +
				`Nothing ran; try again, in ${held.retryAfterMs} ms at the latest.`,
			{ code: "lease_held" },
		);
		this.sessionId = held.sessionId;
		this.epoch = held.epoch;
		this.holder = held.holder;
		this.retryAfterMs = held.retryAfterMs;
	}
}

/**
 * What became of the last write of a lost lease. `none`: nothing is in doubt, what was acknowledged stands and nothing
 * else was sent. `void`: it will never show. `unknown`: it may count, or have counted.
 */
export type LastWrite = "none" | "void" | "unknown";

const LAST_WRITE = {
	none: "nothing that it wrote is in doubt",
	void: "its last write is void",
	unknown: "whether its last write counts is unknown",
} as const satisfies Record<LastWrite, string>;

/** The lease was lost after work had started. What was acknowledged stands. Code `lease_lost`. */
export class LeaseLostError extends TransientError {
	override readonly name: string = "LeaseLostError";
	readonly sessionId: string;
	readonly epoch: number;
	readonly lastWrite: LastWrite;

	constructor(
		lost: { sessionId: string; epoch: number; lastWrite: LastWrite; why: string },
		details: ErrorDetails = {},
	) {
		super(
			`The lease on session "${lost.sessionId}" (epoch ${lost.epoch}) is lost: ${lost.why}. ` +
				`Work had started; ${LAST_WRITE[lost.lastWrite]}. Stop, and let the queue deliver again.`,
			{ ...details, code: "lease_lost" },
		);
		this.sessionId = lost.sessionId;
		this.epoch = lost.epoch;
		this.lastWrite = lost.lastWrite;
	}
}

/** The store gave no answer in time, so the request may or may not have been applied. Code `outcome_unknown`. */
export class OutcomeUnknownError extends TransientError {
	override readonly name: string = "OutcomeUnknownError";

	constructor(message: string, details: ErrorDetails = {}) {
		super(message, { ...details, code: "outcome_unknown" });
	}
}

/** The store's answer, or the record in it, is not of the expected form; nothing is assumed. */
export class StoreAnswerError extends SessionLeaseError {
	override readonly name: string = "StoreAnswerError";

	constructor(message: string, details: ErrorDetails & { readonly code?: "record_invalid" } = {}) {
		super(details.code ?? "store_answer_invalid", message, details);
	}
}

/**
 * Recognised by its mark, its name or the name of a class it is of, so that two copies of this package, or a user's own
 * class, agree: `class TransientError extends Error {}` leaves `name` at "Error".
 */
export function isTransientError(error: unknown): boolean {
	if (typeof error !== "object" || error === null) return false;
	const { transient, name } = error as { transient?: unknown; name?: unknown };
	return transient === true || name === TRANSIENT_NAME || isOfClass(error, TRANSIENT_NAME);
}

const TRANSIENT_NAME = "TransientError";

function isOfClass(error: object, className: string): boolean {
	for (let of = Object.getPrototypeOf(error); of !== null; of = Object.getPrototypeOf(of)) {
		if (of.constructor?.name === className) return true;
	}
	return false;
}

/** Whether the error carries this code, whichever copy of the package made it. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
	return typeof error === "object" && error !== null && (error as { code?: unknown }).code === code;
}
