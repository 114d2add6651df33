// What a handler is given besides the record.
import type { OutboxEvent } from "../lease/outbox.ts";

export interface TransitionContext<R> {
	readonly sessionId: string;
	/** The lease's epoch, a fencing token for effects elsewhere; 0 without a lease. */
	readonly epoch: number;
	/** Aborts when the lease is lost: stop then, nothing of this attempt counts any more. */
	readonly signal: AbortSignal;
	/** Notes an event, JSON. It is sent when the next checkpoint, or this transition, is committed, and not before. */
	emit(event: unknown): void;
	/**
	 * Commits the record as it is now and sends the events so far; several at once are done one by one. An event that
	 * cannot be sent now goes out with the next commit; if it still does not, the transition ends as transient.
	 * Without a lease it sends the events and saves nothing.
	 * @throws LeaseLostError (`lease_lost`): pass it on. SessionLeaseError (`value_invalid`): nothing was committed.
	 */
	checkpoint(record: R): Promise<void>;
	/** A key for an effect, the same whenever and wherever it is tried again. `name` is unique in the session. */
	idempotencyKey(name: string): string;
}

/**
 * A transition: gets a copy of the record, answers the next one. A `TransientError` has the queue try again; any other
 * error routes the record to failure.
 */
export type Handle<R> = (record: R, context: TransitionContext<R>) => Promise<R>;

/** Has a handler answer the next record: of a copy, so that what it changes counts only if it answers it. */
export async function nextRecord<R>(handle: Handle<R>, record: R, context: TransitionContext<R>): Promise<R> {
	const next = await handle(structuredClone(record), context);
	if (next === undefined || next === null) throw new TypeError("The handler answered no record.");
	return next;
}

/** Events noted and not yet sent, with ids that are unique over all epochs and stay with them. */
export class PendingEvents {
	readonly #prefix: string;
	#events: OutboxEvent[] = [];
	#noted = 0;
	/** So many of the oldest are committed. */
	#committed = 0;

	constructor(prefix: string) {
		this.#prefix = prefix;
	}

	get size(): number {
		return this.#events.length;
	}

	/** How many were ever noted: marks the moment, so that a commit takes those until then. */
	get noted(): number {
		return this.#noted;
	}

	/** @throws TypeError if it cannot be written as JSON. */
	add(event: unknown): void {
		const copy: unknown = JSON.parse(JSON.stringify(event));
		this.#noted++;
		this.#events.push({ id: `${this.#prefix}.${this.#noted}`, event: copy });
	}

	/** Those that were noted until that moment. */
	upTo(noted: number): OutboxEvent[] {
		const later = this.#noted - noted;
		return this.#events.slice(0, Math.max(0, this.#events.length - later));
	}

	/** The oldest `count` are committed: they have to be sent, whatever becomes of the rest. */
	markCommitted(count: number): void {
		this.#committed = count;
	}

	/** The oldest one has been sent. */
	dropSent(): void {
		this.#events.shift();
		this.#committed = Math.max(0, this.#committed - 1);
	}

	/** What was noted since the last commit will never be sent. */
	dropUncommitted(): void {
		this.#events.length = this.#committed;
	}
}

export const idempotencyKeyOf = (sessionId: string, name: string): string => `${sessionId}/${name}`;
