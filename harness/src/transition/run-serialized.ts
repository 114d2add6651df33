// A transition under the session's lease: the load is in the bid, the save is in the release, and no wake is lost.
//
// acquire -> send what an earlier holder left in the outbox -> stale? pass the baton
//                                                           -> handle -> commit, events, release -> wake
// Any rejection on the way leaves the scope of the lease and abandons it.
import { isTransientError, SessionLeaseError } from "../lease/errors.ts";
import type { Lease } from "../lease/lease.ts";
import type { AcquireOptions } from "../lease/options.ts";
import { sendWake } from "../lease/wake.ts";
import { STALE, type TransitionAnswer } from "./answer.ts";
import { type Handle, idempotencyKeyOf, PendingEvents, type TransitionContext } from "./context.ts";
import { acquireSession, sendEvents } from "./outbox.ts";
import type { SerializedPorts } from "./ports.ts";

export interface SerializedTransition<R> {
	readonly sessionId: string;
	/** The state that the wake was for. */
	readonly state: string;
	readonly handle: Handle<R>;
	readonly acquire?: AcquireOptions;
}

/**
 * @throws LeaseHeldError (`lease_held`): nothing ran. LeaseLostError (`lease_lost`), OutcomeUnknownError
 * (`outcome_unknown`), TransientError (`acquire_exhausted`, `send_failed`, `wake_failed`, or the handler's own): let
 * the queue deliver again. SessionLeaseError (`record_missing`, `value_invalid`), StoreAnswerError: look at it.
 */
export async function runSerialized<R>(
	ports: SerializedPorts<R>,
	transition: SerializedTransition<R>,
): Promise<TransitionAnswer> {
	const { sessionId, state, handle } = transition;
	await using lease = await acquireSession(ports, sessionId, transition.acquire);
	const record = lease.value ?? (await ports.plain?.load(sessionId));
	if (record === undefined) {
		await lease.release({ owed: lease.owed, outboxSent: true });
		throw new SessionLeaseError("record_missing", `Session "${sessionId}" has no record.`);
	}
	const from = ports.machine.stateOf(record);
	if (from !== state) return passBaton(ports, lease, from);
	const attempt = new Attempt(ports, lease, record);
	try {
		return await attempt.finish(from, await attempt.run(handle));
	} catch (error) {
		if (isTransientError(error)) throw error;
		lease.signal.throwIfAborted();
		return await attempt.finish(from, attempt.failed(error));
	}
}

/** One run of a handler: its context, its commits, and the last record that it has committed. */
class Attempt<R> {
	readonly #ports: SerializedPorts<R>;
	readonly #lease: Lease<R>;
	readonly #events: PendingEvents;
	#committed: R;
	#last: Promise<void> = Promise.resolve();

	constructor(ports: SerializedPorts<R>, lease: Lease<R>, record: R) {
		this.#ports = ports;
		this.#lease = lease;
		this.#committed = record;
		this.#events = new PendingEvents(`${lease.epoch}.${lease.id}`);
	}

	async run(handle: Handle<R>): Promise<R> {
		const next = await handle(structuredClone(this.#committed), this.#context());
		if (next === undefined) throw new TypeError("The handler answered no record.");
		return next;
	}

	/** The record after an error that nobody will retry; what was not committed is dropped, its events too. */
	failed(error: unknown): R {
		this.#events.drop(this.#events.size);
		return this.#ports.machine.fail(structuredClone(this.#committed), error, (event) =>
			this.#events.add(event),
		);
	}

	/** Commits the record and gives the lease back, then wakes whoever is owed it. */
	async finish(from: string, next: R): Promise<TransitionAnswer> {
		const { machine, projects } = this.#ports;
		const to = machine.stateOf(next);
		const terminal = machine.terminal.includes(to);
		const owed = to !== from && !terminal;
		const commitsFirst = this.#events.size > 0 || projects === true;
		if (commitsFirst) await this.#commit(next, owed);
		else await this.#last;
		const value = commitsFirst ? {} : { value: next };
		const turnedAway = await this.#lease.release({ ...value, owed, outboxSent: true });
		if (!terminal && (owed || turnedAway > 0)) await wakeFor(this.#ports, this.#lease, to);
		return { ok: true, from_state: from, to_state: to };
	}

	/** Saves the record with the events so far, then sends them; one commit at a time, so that events keep their order. */
	#commit(record: R, owed: boolean): Promise<void> {
		const turn = this.#last.then(() => this.#commitNow(record, owed));
		// After events that were not sent, or a lost lease, nothing more is committed by this attempt.
		this.#last = turn.catch((error) => {
			if (isTransientError(error)) throw error;
		});
		this.#last.catch(() => undefined);
		return turn;
	}

	async #commitNow(record: R, owed: boolean): Promise<void> {
		const outbox = this.#events.pending();
		await this.#lease.write(record, { owed, outbox });
		this.#events.drop(outbox.length);
		this.#committed = structuredClone(record);
		if (this.#ports.projects) await projectRecord(this.#ports, this.#lease.sessionId, this.#committed);
		await sendEvents(this.#ports, this.#lease, outbox);
	}

	#context(): TransitionContext<R> {
		const lease = this.#lease;
		return {
			sessionId: lease.sessionId,
			epoch: lease.epoch,
			get signal() {
				return lease.signal;
			},
			emit: (event) => this.#events.add(event),
			checkpoint: (record) => this.#commit(record, true),
			idempotencyKey: (name) => idempotencyKeyOf(lease.sessionId, name),
		};
	}
}

/**
 * A wake for another state changes nothing, but whoever was turned away, or a wake that was never sent, is not lost:
 * the session is woken in the state that it is in. A terminal state settles it.
 */
async function passBaton<R>(
	ports: SerializedPorts<R>,
	lease: Lease<R>,
	state: string,
): Promise<TransitionAnswer> {
	const terminal = ports.machine.terminal.includes(state);
	const owed = lease.owed && !terminal;
	const turnedAway = await lease.release({ owed, outboxSent: true });
	if (!terminal && (owed || turnedAway > 0)) await wakeFor(ports, lease, state);
	return STALE;
}

function wakeFor<R>(ports: SerializedPorts<R>, lease: Lease<R>, state: string): Promise<void> {
	return sendWake((sessionId) => ports.wake(sessionId, state), lease.sessionId);
}

/** A reader's copy: if it cannot be saved it lags until the next commit, and the session goes on. */
async function projectRecord<R>(ports: SerializedPorts<R>, sessionId: string, record: R): Promise<void> {
	await ports.plain?.save(sessionId, record).catch(() => undefined);
}
