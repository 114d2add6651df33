// A short decision about a session, under its lease: load, decide, save, and send what follows from it.
//
// acquire -> send what an earlier decider left in the outbox -> step -> nothing to send: save in the release
//                                                                    -> save with the events, send them, release
// What is to happen because of a decision belongs in its events, never after the answer: whoever decided may die before
// it hears that it has. Whoever takes its lease over then sends them, under the same ids.
import { hasCode, TransientError } from "../lease/errors.ts";
import type { Lease } from "../lease/lease.ts";
import type { Leases } from "../lease/leases.ts";
import type { AcquireOptions } from "../lease/options.ts";
import type { OutboxEvent } from "../lease/outbox.ts";
import { acquireSession, sendEvents } from "../transition/acquire-session.ts";
import { expectText } from "./expect.ts";

export interface DecidePorts<T> {
	readonly leases: Leases<T>;
	/** Sends one event of a session; the same one may be sent again: receivers count by session and `id`. */
	readonly send: (sessionId: string, event: OutboxEvent) => Promise<void>;
}

/** What a step decides. */
export interface Decision<T, A> {
	readonly answer: A;
	/** @default it stays as it is */
	readonly value?: T;
	/** What follows from the new value. An `id` is unique in the session, and the same for the same consequence. */
	readonly events?: readonly OutboxEvent[];
}

/** Gets the value, `undefined` if there is none yet; does nothing else, since it may be run again. */
export type Step<T, A> = (value: T | undefined) => Decision<T, A>;

export interface DecideOptions {
	/** How long to wait while somebody else decides, in milliseconds. @default 2_000 */
	readonly waitMs?: number;
	/** Ends the waiting: what has begun by then goes on. */
	readonly signal?: AbortSignal;
}

const WAIT_MS = 2_000;

/**
 * Runs the step on the session's value while nobody else can, and answers what it answered. If it throws, nothing is
 * saved. A step may have counted although its caller heard nothing: repeated on the value that it left, it changes
 * nothing more. Not for sessions that transitions run on: nobody is woken.
 * @throws TransientError (`transient`: somebody else is deciding; `send_failed`: decided, and not all of it sent yet;
 * `outcome_unknown`, `lease_lost`, `acquire_exhausted`): try again, all of it. Otherwise as `leases.acquire` does.
 */
export async function decide<T, A>(
	ports: DecidePorts<T>,
	sessionId: string,
	step: Step<T, A>,
	options: DecideOptions = {},
): Promise<A> {
	await using lease = await takeTurn(() => acquireSession(ports, sessionId, acquireOptions(options)));
	const decision = step(lease.value);
	await save(ports, lease, decision, eventsOf(decision));
	return decision.answer;
}

/** As they will be read again. @throws TypeError, before anything is saved. */
function eventsOf<T>(decision: Decision<T, unknown>): readonly OutboxEvent[] {
	const { value, events = [] } = decision;
	if (decision instanceof Promise) {
		decision.catch(() => undefined);
		throw new TypeError("Expected a step to answer its decision at once, got a promise.");
	}
	if (value === undefined && events.length > 0) {
		throw new TypeError("Expected a decision with events to have a value: they are committed with it.");
	}
	const ids = new Set(events.map(({ id }) => expectText("id", id)));
	if (ids.size < events.length) throw new TypeError("Expected each event of a decision to have its own id.");
	return JSON.parse(JSON.stringify(events));
}

/** Sends what a dead decider has left in the session's outbox, if anything. Fits as the `wake` of `leases.sweep`. */
export function sendLeftEvents<T>(ports: DecidePorts<T>, sessionId: string): Promise<void> {
	return decide(ports, sessionId, () => ({ answer: undefined }));
}

/**
 * Who is turned away from a decision has to come again by itself: nobody wakes the session for it, so that a queue
 * must not take it for one of those that it may drop.
 */
export async function takeTurn<L>(acquire: () => Promise<L>): Promise<L> {
	try {
		return await acquire();
	} catch (error) {
		throw comesAgain(error);
	}
}

/** The error, if it does not look like one that a queue may drop; otherwise a transient one. */
export function comesAgain(error: unknown): unknown {
	if (!hasCode(error, "lease_held")) return error;
	const { message } = error as Error;
	return new TransientError(`Not done, since somebody else is at it. ${message}`, { cause: error });
}

export function acquireOptions({ waitMs = WAIT_MS, signal }: DecideOptions): AcquireOptions {
	return { waitMs, ...(signal ? { signal } : {}) };
}

async function save<T>(
	ports: DecidePorts<T>,
	lease: Lease<T>,
	{ value }: Decision<T, unknown>,
	events: readonly OutboxEvent[],
): Promise<void> {
	if (value === undefined || events.length === 0) {
		await lease.release({ outboxSent: true, ...(value === undefined ? {} : { value }) });
		return;
	}
	await lease.write(value, { outbox: events });
	await sendEvents(ports, lease, events);
	await lease.release({ outboxSent: true });
}
