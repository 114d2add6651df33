// A lease in its holder's hand: what it may read, write and give back.
//
// held --write--> held    held --release--> ended    held --abandon--> ended
// held --(deadline, or an answer that shows another head, or no answer)--> lost: the signal aborts
import type { Grant } from "./acquire.ts";
import type { CallLimits } from "./bounded-call.ts";
import { LeaseLostError, SessionLeaseError } from "./errors.ts";
import type { EpochHints } from "./hints.ts";
import type { Batch } from "./holder.ts";
import { Lifetime } from "./lifetime.ts";
import type { ObserveLease } from "./observe.ts";
import type { HoldSettings, LeasePorts } from "./options.ts";
import { encodeOutbox, type OutboxEvent, StandingOutbox } from "./outbox.ts";
import { encodeValue, type StandardSchema } from "./schema.ts";

export interface WriteOptions {
	/** Whether the session is owed a wake if this holder ends here. @default true */
	readonly owed?: boolean;
	/** Events committed with the value, replacing those before. @default those before stay */
	readonly outbox?: readonly OutboxEvent[];
}

export interface ReleaseOptions<T> {
	/** The session's new value. @default the value stays as it is */
	readonly value?: T | undefined;
	/** Whether the session is still owed a wake. @default false: this holder has looked at all there was */
	readonly owed?: boolean;
	/** Every event that was committed is acknowledged. @default false */
	readonly outboxSent?: boolean;
}

export interface LeaseContext<T> {
	readonly ports: LeasePorts;
	readonly hints: EpochHints;
	readonly observe: ObserveLease;
	readonly sessionId: string;
	readonly id: string;
	readonly settings: HoldSettings;
	readonly schema: StandardSchema<T> | undefined;
}

export class Lease<T> implements AsyncDisposable {
	readonly sessionId: string;
	/** The fencing token: 1, 2, 3 … */
	readonly epoch: number;
	/** Random, new for every acquire. */
	readonly id: string;
	/** Whether the session was owed a wake when this lease was granted. */
	readonly owed: boolean;
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
	#endingText: string | undefined;
	#lost: LeaseLostError | undefined;

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
				this.#lost = error;
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

	/**
	 * Saves the value and keeps the lease: one store call.
	 * @throws LeaseLostError (`lease_lost`) with what became of this write.
	 * @throws SessionLeaseError (`value_invalid`): nothing was saved, the lease is still held.
	 * @throws SessionLeaseError (`lease_ended`) after a release or an abandon.
	 */
	async write(value: T, options: WriteOptions = {}): Promise<void> {
		this.#expectHeld();
		const { owed = true, outbox: events } = options;
		const text = await encodeValue(this.sessionId, value, this.#context.schema);
		const outbox = events ? { outbox: await encodeOutbox(this.sessionId, events) } : this.#outbox.carried;
		await this.#inTurn(() => {
			this.#expectHeld();
			return this.#send({ value: text, owed, ...outbox });
		});
		this.#value = value;
		this.#outbox.written(outbox);
	}

	/**
	 * Gives the lease back, with the new value if there is one: one store call that saves, fences and unlocks.
	 * Answers how many were turned away meanwhile: they, or a wake of yours, have to come again. May be called twice.
	 * @throws as `write` does.
	 */
	async release(options: ReleaseOptions<T> = {}): Promise<number> {
		if (this.#ending === undefined) this.#expectHeld();
		const { value, owed = false, outboxSent = false } = options;
		const { sessionId, schema } = this.#context;
		const given = value === undefined ? {} : { value: await encodeValue(sessionId, value, schema) };
		if (this.#ending !== undefined) {
			if (given.value !== undefined && given.value !== this.#endingText) throw this.#ended();
			return this.#ending;
		}
		this.#endingText = given.value;
		return this.#end(() => {
			const outbox = outboxSent
				? this.#outbox.emptied
				: given.value === undefined
					? {}
					: this.#outbox.carried;
			return this.#sendRelease({ ...outbox, ...given, owed });
		});
	}

	/** Releases with "none" as the value, and nothing owed unless it says so. Answers and rejects as `release` does. */
	async forget({ owed = false }: { readonly owed?: boolean } = {}): Promise<number> {
		this.#expectHeld();
		return this.#end(() => this.#sendRelease({ value: "", owed, outbox: "" }));
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
			() => {
				observe({ type: "lost", sessionId, epoch, why: "the store did not hear that it was abandoned" });
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
		if (this.#looksLost()) throw this.#lost;
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

	#end(send: () => Promise<number>): Promise<number> {
		this.#ending = this.#inTurn(async () => {
			if (this.#looksLost()) throw this.#lost;
			this.#lifetime.endRenewals();
			const turnedAway = await send();
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
