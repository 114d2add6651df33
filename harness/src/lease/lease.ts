// A lease in its holder's hand: what it may read, write and give back.
//
// held --write--> held    held --release--> ended    held --abandon--> ended
// held --(deadline, or an answer that shows another head, or no answer)--> lost: the signal aborts
import type { Grant } from "./acquire.ts";
import type { CallLimits } from "./bounded-call.ts";
import { LeaseLostError, SessionLeaseError } from "./errors.ts";
import type { Batch } from "./holder.ts";
import type { ForgetOptions, LeaseContext, ReleaseOptions, WriteOptions } from "./lease-options.ts";
import { Lifetime } from "./lifetime.ts";
import { encodeOutbox, type OutboxEvent, StandingOutbox } from "./outbox.ts";
import { encodeValue, FORGOTTEN_TEXT } from "./schema.ts";

export class Lease<T> implements AsyncDisposable {
	readonly sessionId: string;
	/** The fencing token: 1, 2, 3 … */
	readonly epoch: number;
	/** Random, new for every acquire. */
	readonly id: string;
	/** Whether the session was owed a wake when this lease was granted. */
	readonly owed: boolean;
	/** Whether there has been no value yet, so that one from elsewhere may be adopted; not so after it was forgotten. */
	readonly isNew: boolean;
	/** Events that an earlier holder committed and may not have sent: to be sent before anything else. */
	readonly inherited: readonly OutboxEvent[];

	readonly #context: LeaseContext<T>;
	readonly #grant: Grant;
	readonly #lifetime: Lifetime;
	readonly #outbox: StandingOutbox;
	#value: T | undefined;
	#last: Promise<unknown> = Promise.resolve();
	#ending: Promise<number> | undefined;
	/** The value that the ending saves: a second one that names another would pass for saved and be lost. */
	#endingText: Promise<string> | undefined;
	#leavesOwed = false;

	/** @internal Made by `leases.acquire`. */
	constructor(
		context: LeaseContext<T>,
		grant: Grant,
		loaded: { value: T | undefined; outbox: readonly OutboxEvent[] },
	) {
		const { sessionId, settings, ports } = context;
		this.#context = context;
		this.#grant = grant;
		this.sessionId = sessionId;
		this.epoch = grant.epoch;
		this.id = context.id;
		this.owed = grant.owed;
		this.isNew = (grant.standing?.text ?? "") === "";
		this.inherited = loaded.outbox;
		this.#value = loaded.value;
		this.#outbox = new StandingOutbox(grant.standing, grant.sealed);
		this.#lifetime = new Lifetime({
			...ports,
			...settings,
			sessionId,
			epoch: grant.epoch,
			grantedFrom: grant.sentAt,
			renew: async (until, giveUpAtMs) => {
				await grant.batches.send({ until }, { ...this.#limits(), giveUpAtMs, background: true });
			},
			lastWrite: () => grant.batches.lastWrite,
			onLost: (error) => {
				context.observe({ type: "lost", sessionId, epoch: grant.epoch, why: error.message });
			},
		});
	}

	/** The session's value as it was loaded or last written; `undefined`: none yet. */
	get value(): T | undefined {
		return this.#value;
	}

	/** Aborts before any rival could take over, with the `LeaseLostError` as its reason. */
	get signal(): AbortSignal {
		return this.#lifetime.signal;
	}

	/** Whether its release has said that a wake is owed. */
	get leavesOwed(): boolean {
		return this.#leavesOwed;
	}

	/**
	 * Saves the value and keeps the lease: one store call.
	 * @throws LeaseLostError (`lease_lost`) with what became of this write.
	 * @throws SessionLeaseError (`value_invalid`): nothing was saved, the lease is still held.
	 * @throws SessionLeaseError (`lease_ended`) after a release or an abandon.
	 */
	async write(value: T, options: WriteOptions = {}): Promise<void> {
		this.#expectHeld();
		const { owed = true, outbox: events } = options;
		// As they are now, and in turn: what is called next comes next, also if nobody waits for this.
		const text = encodeValue(this.sessionId, value, this.#context.schema);
		const outboxText = events && encodeOutbox(this.sessionId, events);
		unheard(text, outboxText);
		await this.#inTurn(async () => {
			const [encoded, given] = await Promise.all([text, outboxText]);
			this.#expectNotLost();
			const outbox = given === undefined ? this.#outbox.carried : { outbox: given };
			await this.#send({ value: encoded, owed, ...outbox });
			this.#value = value;
			this.#outbox.written(outbox);
		});
	}

	/**
	 * Gives the lease back, with the new value if there is one: one store call that saves, fences and unlocks.
	 * Answers how many were turned away meanwhile: they, or a wake of yours, have to come again. May be called twice.
	 * @throws as `write` does.
	 */
	async release(options: ReleaseOptions<T> = {}): Promise<number> {
		const { sessionId, schema } = this.#context;
		const { value, owed = false, outboxSent = false } = options;
		const text = value === undefined ? undefined : encodeValue(sessionId, value, schema);
		unheard(text);
		if (this.#ending !== undefined) {
			if (text !== undefined && (await text) !== (await this.#endingText)) throw this.#ended();
			return this.#ending;
		}
		this.#expectHeld();
		this.#endingText = text;
		this.#leavesOwed = owed;
		return this.#end(async () => {
			const given = text === undefined ? {} : { value: await text };
			const outbox = outboxSent ? this.#outbox.emptied : text === undefined ? {} : this.#outbox.carried;
			return { ...outbox, ...given, owed };
		});
	}

	/** Releases with no value, for good. Answers and rejects as `release` does. */
	async forget(options: ForgetOptions = {}): Promise<number> {
		this.#expectHeld();
		const { owed = false, adoptable = false } = options;
		return this.#end(async () => ({ value: adoptable ? "" : FORGOTTEN_TEXT, owed, outbox: "" }));
	}

	/**
	 * Gives the lease up without saving: it can be taken over at once, and whoever was turned away stays owed.
	 * Never rejects: if the store does not hear of it, the deadline does the same. May be called twice.
	 */
	async abandon(): Promise<void> {
		if (this.#ending !== undefined || this.#looksLost()) return;
		const { sessionId, observe, settings, ports } = this.#context;
		const message = `The lease on session "${sessionId}" (epoch ${this.epoch}) was abandoned.`;
		this.#lifetime.abandon(new SessionLeaseError("lease_ended", message));
		const told = this.#inTurn(() => {
			const giveUpAtMs = ports.clock.monotonicMs() + settings.callTimeoutMs;
			return this.#grant.batches.send({ until: 0 }, { ...this.#limits(), giveUpAtMs });
		});
		const { epoch } = this;
		this.#ending = told.then(
			(turnedAway) => {
				observe({ type: "abandoned", sessionId, epoch });
				return turnedAway;
			},
			(error: LeaseLostError) => {
				// Only silence has a cause: an answer that shows another head blocks nobody.
				const why = "the store did not hear that it was abandoned";
				const end = error.cause === undefined ? { why: error.message } : { why, unheard: true as const };
				observe({ type: "lost", sessionId, epoch, ...end });
				return 0;
			},
		);
		await this.#ending;
	}

	/** Abandons, unless the lease was released, abandoned or lost before. */
	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#ending !== undefined) await this.#ending.catch(() => undefined);
		else await this.abandon();
	}

	#looksLost(): boolean {
		return this.#lifetime.signal.aborted;
	}

	#expectHeld(): void {
		if (this.#ending !== undefined) throw this.#ended();
		this.#expectNotLost();
	}

	#expectNotLost(): void {
		this.#lifetime.signal.throwIfAborted();
	}

	#ended(): SessionLeaseError {
		const message = `The lease on session "${this.sessionId}" (epoch ${this.epoch}) has been given back already.`;
		return new SessionLeaseError("lease_ended", message);
	}

	async #sendRelease(batch: Batch): Promise<number> {
		const { sessionId, hints, observe } = this.#context;
		const turnedAway = await this.#send({ ...batch, done: true });
		hints.remember(sessionId, this.epoch);
		observe({ type: "released", sessionId, epoch: this.epoch, turnedAway });
		return turnedAway;
	}

	/** From here on the lease counts as given back, unless there turns out to be nothing that can be saved. */
	#end(batch: () => Promise<Batch>): Promise<number> {
		this.#ending = this.#inTurn(async () => {
			const complete = await batch().catch((error: unknown) => {
				this.#ending = undefined;
				throw error;
			});
			this.#expectNotLost();
			this.#lifetime.endRenewals();
			const turnedAway = await this.#sendRelease(complete);
			this.#lifetime.end();
			return turnedAway;
		});
		return this.#ending;
	}

	/** One write at a time; a renewal may be under way beside it. */
	#inTurn<R>(send: () => Promise<R>): Promise<R> {
		const turn = this.#last.then(send);
		this.#last = turn.catch(() => undefined);
		return turn;
	}

	async #send(batch: Batch): Promise<number> {
		try {
			return await this.#grant.batches.send(batch, this.#limits());
		} catch (error) {
			if (error instanceof LeaseLostError) this.#lifetime.lose(error);
			throw error;
		}
	}

	#limits(): CallLimits {
		return { giveUpAtMs: this.#lifetime.stopsAtMs, callTimeoutMs: this.#context.settings.callTimeoutMs };
	}
}

/** Whoever gets to use them hears of their errors; when nobody does, they are no unhandled ones. */
function unheard(...promises: readonly (Promise<unknown> | undefined)[]): void {
	for (const promise of promises) promise?.catch(() => undefined);
}
