// A transition under the session's lease: the load is in the bid, the save is in the release, and no wake is lost.
//
// acquire -> send what an earlier holder left in the outbox -> stale? pass the baton
//                                                           -> handle -> commit, events, release -> wake
// Who was turned away meanwhile had news for a state that still is the same: then this worker looks again by itself.
// A message would do as well, but where every message comes twice, its twin would be turned away in its turn, for ever.
// Any rejection on the way leaves the scope of the lease and abandons it.
import { hasCode, isTransientError, SessionLeaseError, TransientError } from "../lease/errors.ts";
import type { Lease } from "../lease/lease.ts";
import type { AcquireOptions } from "../lease/options.ts";
import type { OutboxEvent } from "../lease/outbox.ts";
import { encodeValue } from "../lease/schema.ts";
import { untilAborted } from "../lease/until-aborted.ts";
import { acquireSession, loadRecord, sendEvents } from "./acquire-session.ts";
import { STALE, type TransitionAnswer } from "./answer.ts";
import { passBaton, wakeFor } from "./baton.ts";
import {
	type Handle,
	idempotencyKeyOf,
	nextRecord,
	PendingEvents,
	type TransitionContext,
} from "./context.ts";
import { stateOf } from "./machine.ts";
import type { SerializedPorts } from "./ports.ts";
import { projectRecord } from "./project-record.ts";

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
	let done = await runOnce(ports, transition, { looksAgain: true });
	for (let look = 2; done.again && look <= LOOKS_MAX; look++) {
		const { answer } = done;
		done = await runOnce(ports, transition, { looksAgain: look < LOOKS_MAX }).catch((error: unknown) => {
			// Whoever holds it now was granted it after our release, and looks at what there is.
			if (hasCode(error, "lease_held")) return { answer, again: false };
			throw error;
		});
		if (done.answer === STALE) return answer;
	}
	return done.answer;
}

/** So often at most before the baton is a message after all. */
const LOOKS_MAX = 8;

interface Run {
	readonly answer: TransitionAnswer;
	/** Others were turned away, nobody was woken for them, and the state is still the same. */
	readonly again: boolean;
}

async function runOnce<R>(
	ports: SerializedPorts<R>,
	transition: SerializedTransition<R>,
	{ looksAgain }: { readonly looksAgain: boolean },
): Promise<Run> {
	const { sessionId, state, handle } = transition;
	await using lease = await acquireSession(ports, sessionId, transition.acquire);
	const record = await loadRecord(ports, lease);
	if (record === undefined) {
		await lease.release({ owed: lease.owed, outboxSent: true });
		throw new SessionLeaseError("record_missing", `Session "${sessionId}" has no record.`);
	}
	const from = stateOf(ports.machine, record);
	if (from !== state) {
		await passBaton(ports, lease, from);
		return { answer: STALE, again: false };
	}
	const attempt = new Attempt(ports, lease, record);
	try {
		return await attempt.finish(from, await attempt.run(handle), looksAgain);
	} catch (error) {
		if (isTransientError(error)) throw error;
		lease.signal.throwIfAborted();
		return await attempt.finish(from, await attempt.failed(error), looksAgain);
	}
}

/** One run of a handler: its context, its commits, and the last record that it has committed. */
class Attempt<R> {
	readonly #ports: SerializedPorts<R>;
	readonly #lease: Lease<R>;
	readonly #events: PendingEvents;
	#committed: R;
	#last: Promise<void> = Promise.resolve();
	/** Why events that are committed were not sent. They stay in the outbox, and the attempt ends as transient. */
	#unsent: unknown;
	#finished = false;

	constructor(ports: SerializedPorts<R>, lease: Lease<R>, record: R) {
		this.#ports = ports;
		this.#lease = lease;
		this.#committed = record;
		this.#events = new PendingEvents(`${lease.epoch}.${lease.id}`);
	}

	/** Rejects as soon as the lease is lost, so that the queue gets its message back even if the handler hangs. */
	async run(handle: Handle<R>): Promise<R> {
		try {
			const next = () => nextRecord(handle, this.#committed, this.#context());
			return await untilAborted(next, this.#lease.signal);
		} catch (cause) {
			if (!hasCode(cause, "lease_held")) throw cause;
			// Another session's: of this one something did run, and its message has to come again.
			throw new TransientError("The handler was turned away from another session.", { cause });
		}
	}

	/**
	 * The record after an error that nobody will retry; what was not committed is dropped, its events too.
	 * A checkpoint that is still under way is committed first. Rejects as that does.
	 */
	async failed(error: unknown): Promise<R> {
		await this.#last;
		this.#finished = false;
		this.#events.dropUncommitted();
		return this.#ports.machine.fail(structuredClone(this.#committed), error, (event) =>
			this.#events.add(event),
		);
	}

	/** Commits the record and gives the lease back, then wakes whoever is owed it. */
	async finish(from: string, next: R, looksAgain: boolean): Promise<Run> {
		const { machine, projects } = this.#ports;
		const to = stateOf(machine, next);
		const terminal = machine.terminal.includes(to);
		const owed = to !== from && !terminal;
		const commitsFirst = this.#events.size > 0 || projects === true;
		if (commitsFirst) await this.#commit(next, owed);
		else await this.#last;
		this.#finished = true;
		if (this.#unsent) throw this.#unsent;
		const value = commitsFirst ? {} : { value: next };
		const turnedAway = await this.#lease.release({ ...value, owed, outboxSent: true });
		const again = looksAgain && to === from && turnedAway > 0;
		if (!terminal && !again && (owed || turnedAway > 0)) await wakeFor(this.#ports, this.#lease, to);
		return { answer: { ok: true, from_state: from, to_state: to }, again };
	}

	/** Saves the record with the events so far, then sends them; one commit at a time, so that events keep their order. */
	#commit(record: R, owed: boolean): Promise<void> {
		if (this.#finished)
			return Promise.reject(new SessionLeaseError("lease_ended", "The transition has ended."));
		// As it is now: a handler may change its record and note more while an earlier commit is still under way.
		const text = encodeValue(this.#lease.sessionId, record, undefined);
		text.catch(() => undefined);
		const { noted } = this.#events;
		const turn = this.#last.then(async () => this.#commitNow(JSON.parse(await text), { noted, owed }));
		// After a lost lease nothing more is committed by this attempt.
		this.#last = turn.catch((error) => {
			if (isTransientError(error)) throw error;
		});
		this.#last.catch(() => undefined);
		return turn;
	}

	async #commitNow(record: R, { noted, owed }: { noted: number; owed: boolean }): Promise<void> {
		const outbox = this.#events.upTo(noted);
		await this.#lease.write(record, { owed, outbox });
		this.#events.markCommitted(outbox.length);
		this.#committed = record;
		if (this.#ports.projects) await projectRecord(this.#ports, this.#lease, record);
		await this.#sendCommitted(outbox);
	}

	/** What cannot be sent now stays in the outbox of every later commit, in order: a stream that is away ends no call. */
	async #sendCommitted(outbox: readonly OutboxEvent[]): Promise<void> {
		this.#unsent = undefined;
		for (const event of outbox) {
			try {
				await sendEvents(this.#ports, this.#lease, [event]);
			} catch (error) {
				if (!hasCode(error, "send_failed")) throw error;
				this.#unsent = error;
				return;
			}
			this.#events.dropSent();
		}
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
