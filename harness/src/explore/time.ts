// The world's time: it stands still while anything else can go on, and waits that are due become steps.
import type { Clock, Wait } from "../lease/clock.ts";

/** A wait of a process, until a moment of the world's time. */
export interface PendingWait {
	readonly dueMs: number;
	/** Nobody waits for it: time does not pass for its sake. */
	readonly background: boolean;
	readonly order: number;
	readonly fire: () => void;
}

/** As far from 1970 as real clocks are. */
const WALL_START_MS = 1_700_000_000_000;

export class WorldTime {
	nowMs = 0;
	#order = 0;

	nextOrder(): number {
		return ++this.#order;
	}

	/** The clock of a process whose wall clock is ahead by so much. `read` hears of each look. */
	clock(aheadMs: () => number, read: (nowMs: number) => void): Clock {
		const look = () => {
			read(this.nowMs);
			return this.nowMs;
		};
		return { wallMs: () => WALL_START_MS + look() + aheadMs(), monotonicMs: look };
	}

	/** Waits that are kept in `waits` until they fire or are aborted. */
	wait(waits: Set<PendingWait>): Wait {
		return (delayMs, { signal, background = false } = {}) =>
			new Promise((resolve, reject) => {
				if (signal?.aborted) return reject(signal.reason);
				const onAbort = () => {
					waits.delete(entry);
					reject(signal?.reason);
				};
				const entry: PendingWait = {
					dueMs: this.nowMs + Math.max(0, Math.ceil(delayMs)),
					background,
					order: this.nextOrder(),
					fire() {
						waits.delete(entry);
						signal?.removeEventListener("abort", onAbort);
						resolve();
					},
				};
				waits.add(entry);
				signal?.addEventListener("abort", onAbort, { once: true });
			});
	}
}

/** The wait that is due first; with `foreground`, of those that somebody waits for. */
export function earliest(waits: Iterable<PendingWait>, foreground = false): PendingWait | undefined {
	let first: PendingWait | undefined;
	for (const wait of waits) {
		if (foreground && wait.background) continue;
		if (!first || wait.dueMs < first.dueMs || (wait.dueMs === first.dueMs && wait.order < first.order)) {
			first = wait;
		}
	}
	return first;
}
