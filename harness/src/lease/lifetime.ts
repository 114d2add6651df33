// How long a holder may work: its deadline, the renewals that move it, and the signal that ends it.
//
// running --(deadline less a margin, or maxHoldMs, passes; a renewal finds the lease lost)--> lost: signal aborts
// running --(abandon())--> ended: the signal aborts    running --(end(): released)--> ended: it stays as it is
import { type Clock, type Moment, momentOf, type Wait } from "./clock.ts";
import { hasCode, type LastWrite, LeaseLostError } from "./errors.ts";

export interface LifetimeOptions {
	readonly clock: Clock;
	readonly wait: Wait;
	readonly sessionId: string;
	readonly epoch: number;
	readonly ttlMs: number;
	readonly maxHoldMs: number;
	/** When the winning bid was first sent. */
	readonly grantedFrom: Moment;
	/** Sends one renewal that says `untilMs` (wall clock); rejects if the lease is lost. */
	readonly renew: (untilMs: number, giveUpAtMs: number) => Promise<void>;
	/** What a loss that is found here has to say of a write that may be under way. */
	readonly lastWrite: () => LastWrite;
	readonly onLost: (error: LeaseLostError) => void;
}

/** Given, since without a reason each abort makes an error with a stack. */
const ENDED = "ended";

/** The tenth of the TTL before the deadline in which a holder has stopped already. */
export const marginMs = (ttlMs: number): number => Math.ceil(ttlMs / 10);
const renewEveryMs = (ttlMs: number): number => Math.floor(ttlMs / 3);

export class Lifetime {
	readonly #options: LifetimeOptions;
	readonly #lost = new AbortController();
	readonly #ended = new AbortController();
	readonly #renewalsEnded = new AbortController();
	/** When what the deadline counts from was first sent: the bid, or the last renewal that was acknowledged. */
	#renewedFrom: Moment;

	constructor(options: LifetimeOptions) {
		this.#options = options;
		this.#renewedFrom = options.grantedFrom;
		void this.#watch();
		void this.#renewals();
	}

	/** Monotonic milliseconds at which the holder stops, unless it is renewed before. */
	get stopsAtMs(): number {
		const { ttlMs, grantedFrom, maxHoldMs } = this.#options;
		const deadlineMs = this.#renewedFrom.monotonicMs + ttlMs;
		return Math.min(deadlineMs - marginMs(ttlMs), grantedFrom.monotonicMs + maxHoldMs);
	}

	/** Aborts, with the `LeaseLostError` as its reason, before any rival could take over. Looks at the clock first. */
	get signal(): AbortSignal {
		this.#look();
		return this.#lost.signal;
	}

	/** The lease is known lost: aborts the signal, once. */
	lose(error: LeaseLostError): void {
		if (this.#lost.signal.aborted || this.#ended.signal.aborted) return;
		this.end();
		this.#lost.abort(error);
		this.#options.onLost(error);
	}

	/** The last batch is about to be sent: no renewal follows it, but the deadline is still watched. */
	endRenewals(): void {
		this.#renewalsEnded.abort(ENDED);
	}

	/** Nothing is renewed or watched any more. */
	end(): void {
		this.endRenewals();
		this.#ended.abort(ENDED);
	}

	/** A rival may come at once: whatever still works under this lease has to stop. */
	abandon(reason: Error): void {
		this.end();
		this.#lost.abort(reason);
	}

	/** A laptop that sleeps may stop its monotonic clock, but not its wall clock: either can end the lease. */
	#look(): void {
		const { clock, ttlMs, sessionId, epoch, maxHoldMs, grantedFrom, lastWrite } = this.#options;
		const now = momentOf(clock);
		const overslept = now.wallMs - this.#renewedFrom.wallMs >= ttlMs - marginMs(ttlMs);
		if (now.monotonicMs < this.stopsAtMs && !overslept) return;
		const tooLong = now.monotonicMs >= grantedFrom.monotonicMs + maxHoldMs;
		const why = tooLong ? "it was held for `maxHoldMs`" : "its deadline is near";
		this.lose(new LeaseLostError({ sessionId, epoch, lastWrite: lastWrite(), why }));
	}

	async #watch(): Promise<void> {
		while (!this.#ended.signal.aborted) {
			await this.#pause(this.stopsAtMs - this.#options.clock.monotonicMs(), this.#ended.signal);
			if (!this.#ended.signal.aborted) this.#look();
		}
	}

	/** One at a time: each starts a third of the TTL after the last one that was acknowledged was sent. */
	async #renewals(): Promise<void> {
		const { clock, ttlMs, renew } = this.#options;
		for (;;) {
			const renewAtMs = this.#renewedFrom.monotonicMs + renewEveryMs(ttlMs);
			await this.#pause(renewAtMs - clock.monotonicMs(), this.#renewalsEnded.signal);
			if (this.#renewalsEnded.signal.aborted) return;
			const sentAt = momentOf(clock);
			try {
				await renew(sentAt.wallMs + ttlMs, this.stopsAtMs);
			} catch (error) {
				this.#renewalFailed(error);
				return;
			}
			this.#renewedFrom = sentAt;
		}
	}

	#renewalFailed(error: unknown): void {
		if (this.#renewalsEnded.signal.aborted) return;
		const { sessionId, epoch, lastWrite } = this.#options;
		const why = "a renewal failed";
		const lost = new LeaseLostError({ sessionId, epoch, lastWrite: lastWrite(), why }, { cause: error });
		this.lose(hasCode(error, "lease_lost") ? (error as LeaseLostError) : lost);
	}

	async #pause(delayMs: number, signal: AbortSignal): Promise<void> {
		await this.#options.wait(delayMs, { signal, background: true }).catch(() => undefined);
	}
}
