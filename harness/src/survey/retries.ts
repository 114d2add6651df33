// Whether a queue's retries outlast the lease of a dead holder, and what follows if they do not.
import type { QueueSettings } from "../engine/queue-config.ts";

/** iii's own, which the proposed settings have. */
export const BACKOFF_MS = 1_000;

/** The sum of its backoffs: how long after a message's first delivery the last one is. */
export function retriesEndAfterMs({ backoffMs, deliveriesMax }: Omit<QueueSettings, "groupField">): number {
	return backoffMs * (2 ** (deliveriesMax - 1) - 1);
}

/** How many deliveries it takes for the last one to come after so long. */
export function deliveriesToOutlast(outlastsMs: number, backoffMs: number): number {
	return Math.floor(Math.log2(outlastsMs / backoffMs + 1)) + 2;
}

/** How many losers wait at once if nobody knows how many messages the queue handles at once: half of iii's default. */
const SLOTS_IF_UNKNOWN = 5;

export interface WaitingOptions {
	/** As far as it is known. */
	readonly settings: QueueSettings | undefined;
	/** How long a dead holder blocks its session: TTL and skew. */
	readonly blockedMs: number;
	/** How many may wait, if somebody has said so. */
	readonly slots: number | undefined;
}

/**
 * How many losers wait in place: none where the queue comes again by itself after a dead holder's deadline. A waiting
 * loser keeps one of the messages that the queue handles at once, so half of them are left to others.
 */
export function waitingSlots({ settings, blockedMs, slots }: WaitingOptions): number {
	if (settings && retriesEndAfterMs(settings) > blockedMs) return 0;
	return slots ?? (settings ? Math.max(1, Math.floor(settings.concurrency / 2)) : SLOTS_IF_UNKNOWN);
}
