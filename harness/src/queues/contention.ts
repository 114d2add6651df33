// Which errors of a message are contention, and when the message should come again: nothing of the session ran, so
// no retry is spent on it.
//
// A queue that takes a held session for a failure spends the message's retries on waiting, and buries a wake that
// nothing is wrong with. Every other error is left to the queue: its retries are for those.
import { hasCode, isTransientError } from "../lease/errors.ts";

/**
 * Up to so much later than the error says, as a share of it: many losers of one lease must not come back in one moment,
 * where one would win and all others would be turned away once more. A share, since losers of a long lease are many.
 */
export const JITTER_SHARE = 0.2;
/** The jitter of a lease that is about to end is drawn from at least so much. */
const JITTER_MIN_MS = 200;
/** Soon: whoever was in the way of an acquire is gone, or holds the session by now and says until when. */
const EXHAUSTED_MS = 250;
/** Causes can go round in a circle. */
const CAUSES_MAX = 8;

export interface ContentionOptions {
	/** From 0 to 1, 1 excluded. @default Math.random */
	readonly random?: () => number;
}

/**
 * After how many milliseconds a message that ended in this error should be delivered again; `undefined` if the error is
 * no contention. Recognised by code: `lease_held` waits for the deadline that it met, `acquire_exhausted` for a moment.
 *
 * Of a transient error its causes count too: a handler that was turned away from a second session ends its transition so,
 * and the retries of its message would run out just as well while that session's dead holder blocks it.
 */
export function contentionDelayMs(error: unknown, options: ContentionOptions = {}): number | undefined {
	const { random = Math.random } = options;
	let level = error;
	for (let causes = 0; causes <= CAUSES_MAX; causes++) {
		const delayMs = ownDelayMs(level);
		if (delayMs !== undefined) {
			return Math.ceil(delayMs + random() * Math.max(JITTER_MIN_MS, JITTER_SHARE * delayMs));
		}
		if (!isTransientError(level)) return undefined;
		level = (level as { readonly cause?: unknown }).cause;
	}
	return undefined;
}

function ownDelayMs(error: unknown): number | undefined {
	if (hasCode(error, "acquire_exhausted")) return EXHAUSTED_MS;
	if (!hasCode(error, "lease_held")) return undefined;
	const { retryAfterMs } = error as { readonly retryAfterMs?: unknown };
	// Another copy of the package made it, or it went through JSON: what it says is checked.
	const isDuration = typeof retryAfterMs === "number" && Number.isFinite(retryAfterMs) && retryAfterMs >= 0;
	return isDuration ? retryAfterMs : EXHAUSTED_MS;
}
