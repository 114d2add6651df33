// iii: its queue delivers again after a fixed backoff, so contention is outlasted, or waited for in place.
//
// A handler has no say over when its message comes again, and a delivery that met a held session is spent. So either the
// deliveries outlast a dead holder's lease, or one loser per session waits where it is, on a delivery that it has.
import type { Leases } from "../lease/leases.ts";
import { waitInPlace } from "../transition/wait-in-place.ts";

/** A queue's settings, as they are read from iii's. */
export interface IIIQueueSettings {
	/** iii's `max_retries`: the first delivery is one of them. */
	readonly deliveriesMax: number;
	/** iii's `backoff_ms`: before the second delivery; each further one waits twice as long. */
	readonly backoffMs: number;
	/** How many messages are handled at once. */
	readonly concurrency: number;
}

/** iii's own, which the proposed settings have. */
export const BACKOFF_MS = 1_000;

/** The sum of its backoffs: how long after a message's first delivery the last one is. */
export function retriesEndAfterMs({
	backoffMs,
	deliveriesMax,
}: Pick<IIIQueueSettings, "backoffMs" | "deliveriesMax">): number {
	return backoffMs * (2 ** (deliveriesMax - 1) - 1);
}

/** How many deliveries (`max_retries`) it takes for the last one to come after so long. */
export function deliveriesToOutlast(outlastsMs: number, backoffMs: number): number {
	return Math.floor(Math.log2(outlastsMs / backoffMs + 1)) + 2;
}

/** How many losers wait at once if nobody knows how many messages the queue handles at once: half of iii's default. */
const SLOTS_IF_UNKNOWN = 5;

export interface WaitingOptions {
	/** As far as it is known. */
	readonly settings: IIIQueueSettings | undefined;
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

export interface IIILeasesOptions {
	/** How long a dead holder blocks its session, in milliseconds: TTL and skew of the leases. */
	readonly blockedMs: number;
	/** The queue's. @default not known: losers wait */
	readonly settings?: IIIQueueSettings;
	/** How many losers of this process may wait at once. @default half of the queue's concurrency */
	readonly slots?: number;
}

/**
 * Leases for functions that an iii queue calls: those of which the deliveries outlast a dead holder are as they were, and of
 * all others one loser per session waits in place, within the slots. `session-lease worker` does this by itself.
 */
export function iiiLeases<T>(leases: Leases<T>, options: IIILeasesOptions): Leases<T> {
	const { blockedMs, settings, slots } = options;
	const slotsMax = waitingSlots({ settings, blockedMs, slots });
	return slotsMax > 0 ? waitInPlace(leases, { slotsMax }) : leases;
}
