// For a queue whose retries end before a dead holder's deadline: one who is turned away waits for it where it is.
//
// Such a queue spends all deliveries of a dead worker's message against the lease of its dead self, and the session has
// nobody left who would take it over. Whoever waits in place spends one delivery on the whole of that time. A holder that
// lives renews: then the deadline passes, the session is still held, and the queue gets its message back after all.
import { hasCode, type LeaseHeldError } from "../lease/errors.ts";
import type { Leases } from "../lease/leases.ts";

export interface WaitInPlaceOptions {
	/** How many sessions are waited for at once: each keeps a message, and what the queue reserves for it. 0: none. */
	readonly slotsMax: number;
}

/**
 * Leases of which one loser per session waits for the deadline that it met, while there are slots; all others are turned
 * away at once. An acquire with a `waitMs` of its own waits as it says.
 */
export function waitInPlace<T>(leases: Leases<T>, { slotsMax }: WaitInPlaceOptions): Leases<T> {
	const waiting = new Set<string>();
	return {
		...leases,
		async acquire(sessionId, options = {}) {
			try {
				return await leases.acquire(sessionId, options);
			} catch (error) {
				if (!hasCode(error, "lease_held") || options.waitMs !== undefined) throw error;
				if (waiting.has(sessionId) || waiting.size >= slotsMax) throw error;
				waiting.add(sessionId);
				try {
					const waitMs = (error as LeaseHeldError).retryAfterMs;
					return await leases.acquire(sessionId, { ...options, waitMs });
				} finally {
					waiting.delete(sessionId);
				}
			}
		},
	};
}
