// BullMQ: a job that met a held session is moved to the delayed ones, with its attempts as they were.
//
// A killed worker's job comes back by the stalled check: at most `lockDuration` and twice `stalledInterval` later (30 s
// each by default; a few seconds suit leases of 15 s). That costs no attempt, but one of `maxStalledCount`, which is 1 by
// default: the second worker that dies with the same job buries it, so set 10 or more. Leave `maxStartedAttempts` unset,
// since a delayed job counts as started each time. Give jobs `attempts` of 3 and more, with a backoff: 1, the default,
// buries a wake at the first error that is no contention, such as a store that does not answer.
import type { Clock } from "../lease/clock.ts";
import { realClock } from "../system/real-time.ts";
import { type ContentionOptions, contentionDelayMs } from "./contention.ts";

/** The part of a BullMQ job that is used. */
export interface BullMQJob {
	/** Keeps `attemptsMade` as it is. */
	moveToDelayed(timestamp: number, token?: string): Promise<void>;
}

/** As BullMQ calls it; it hands over a signal to processors that take three parameters. */
export type BullMQProcessor<J, R> = (job: J, token?: string, signal?: AbortSignal) => Promise<R>;

export interface BullMQOptions extends ContentionOptions {
	/** @default the machine's own */
	readonly clock?: Pick<Clock, "wallMs">;
}

/**
 * What a BullMQ worker knows a job by that was delayed while it ran: by this name, so that no class of BullMQ's own is
 * needed (Worker#handleFailed, bullmq 6.7.0).
 */
class DelayedError extends Error {
	override readonly name = "DelayedError";
}

/**
 * A processor for `new Worker(queue, bullmqProcessor(handle))`: on contention it delays the job until the session may be
 * taken, and no attempt is spent. Every other error is BullMQ's to retry. If the job cannot be delayed, as when its lock is
 * lost, that error is thrown, and BullMQ treats the job as it treats any failure.
 */
export function bullmqProcessor<J extends BullMQJob, R>(
	handle: BullMQProcessor<J, R>,
	options: BullMQOptions = {},
): BullMQProcessor<J, R> {
	const { clock = realClock } = options;
	// Three parameters, none of them with a default: BullMQ counts them.
	return async (job, token, signal) => {
		try {
			return await handle(job, token, signal);
		} catch (error) {
			const delayMs = contentionDelayMs(error, options);
			if (delayMs === undefined) throw error;
			await job.moveToDelayed(clock.wallMs() + delayMs, token);
			throw new DelayedError(`Delayed by ${delayMs} ms, since the session is held.`, { cause: error });
		}
	};
}
