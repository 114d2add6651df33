// Time as the core sees it: two clocks to read and one way to wait, given from outside.

/** Reads time. Both answers are integer milliseconds. */
export interface Clock {
	/** Milliseconds since 1970, as people and other processes count them. May jump. */
	wallMs(): number;
	/** Milliseconds since some fixed moment of this process. Never goes back. */
	monotonicMs(): number;
}

/** One moment on both clocks. */
export interface Moment {
	readonly wallMs: number;
	readonly monotonicMs: number;
}

export const momentOf = (clock: Clock): Moment => ({
	wallMs: clock.wallMs(),
	monotonicMs: clock.monotonicMs(),
});

export interface WaitOptions {
	/** Ends the wait early: it rejects with `signal.reason`. */
	readonly signal?: AbortSignal;
	/**
	 * Nobody waits for this wait: it keeps no process alive.
	 * @default false
	 */
	readonly background?: boolean;
}

/** Resolves after `delayMs` (0 and less: soon), or rejects with `signal.reason`. */
export type Wait = (delayMs: number, options?: WaitOptions) => Promise<void>;

export interface RetryPlan {
	/** How long to wait before the next attempt, in milliseconds; `undefined` gives up and rethrows the error. */
	readonly delayMs: (error: unknown, attempt: number) => number | undefined;
	/** Ends the waiting: the retry rejects with `signal.reason`. */
	readonly signal?: AbortSignal;
}

/** Makes attempts, numbered from 1, until one succeeds or the plan gives up. */
export type Retry = <T>(attempt: (count: number) => Promise<T>, plan: RetryPlan) => Promise<T>;
