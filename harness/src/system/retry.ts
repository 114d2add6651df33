// The core's retry port on p-retry, which counts the attempts while the given `wait` does the waiting.
import pRetry from "p-retry";
import type { Retry, Wait } from "../lease/clock.ts";

/** Carries any thrown value through p-retry, which retries neither a `TypeError` nor what is not an `Error`. */
class AttemptFailure extends Error {
	override readonly cause: unknown;

	constructor(cause: unknown) {
		super("An attempt failed.");
		this.cause = cause;
	}
}

/** A retry whose waiting is done by `wait`: real or virtual. */
export function createRetry(wait: Wait): Retry {
	return async (attempt, plan) => {
		try {
			return await pRetry(
				async (count) => {
					try {
						return await attempt(count);
					} catch (error) {
						throw new AttemptFailure(error);
					}
				},
				{
					retries: Number.POSITIVE_INFINITY,
					minTimeout: 0,
					async onFailedAttempt({ error, attemptNumber }) {
						const delayMs = plan.delayMs(error.cause, attemptNumber);
						if (delayMs === undefined) throw error;
						await wait(delayMs, plan.signal ? { signal: plan.signal } : {});
					},
				},
			);
		} catch (error) {
			throw error instanceof AttemptFailure ? error.cause : error;
		}
	};
}
