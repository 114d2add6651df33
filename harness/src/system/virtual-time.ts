// Time that moves only when nothing else can: for simulation and tests, never for production.
import { setImmediate } from "node:timers/promises";
import type { Clock, Wait } from "../lease/clock.ts";

export interface VirtualTime {
	readonly clock: Clock;
	readonly wait: Wait;
	/** Moves both clocks ahead at once, as a slept laptop does: every wait that has become due fires late. */
	jump(byMs: number): void;
	/**
	 * Runs until `task` settles and answers as it does: whenever every promise has settled, the earliest wait fires.
	 * @throws Error if the task still waits and no wait is left, or `limitMs` of virtual time have passed.
	 */
	run<T>(task: Promise<T>, options?: { readonly limitMs?: number }): Promise<T>;
}

interface PendingWait {
	readonly dueMs: number;
	readonly order: number;
	fire(): void;
}

const WALL_START_MS = 1_700_000_000_000;
const LIMIT_MS = 24 * 3_600_000;

export function createVirtualTime(): VirtualTime {
	let nowMs = 0;
	let order = 0;
	const pending = new Set<PendingWait>();

	const wait: Wait = (delayMs, { signal } = {}) =>
		new Promise((resolve, reject) => {
			if (signal?.aborted) return reject(signal.reason);
			const onAbort = () => {
				pending.delete(entry);
				reject(signal?.reason);
			};
			const entry: PendingWait = {
				dueMs: nowMs + Math.max(0, Math.ceil(delayMs)),
				order: order++,
				fire() {
					pending.delete(entry);
					signal?.removeEventListener("abort", onAbort);
					resolve();
				},
			};
			pending.add(entry);
			signal?.addEventListener("abort", onAbort, { once: true });
		});

	const earliest = (): PendingWait | undefined => {
		let first: PendingWait | undefined;
		for (const entry of pending) {
			if (!first || entry.dueMs < first.dueMs || (entry.dueMs === first.dueMs && entry.order < first.order)) {
				first = entry;
			}
		}
		return first;
	};

	return {
		clock: { wallMs: () => WALL_START_MS + nowMs, monotonicMs: () => nowMs },
		wait,
		jump(byMs) {
			nowMs += byMs;
		},
		async run(task, { limitMs = LIMIT_MS } = {}) {
			const endMs = nowMs + limitMs;
			let settled = false;
			const mark = () => {
				settled = true;
			};
			task.then(mark, mark);
			for (;;) {
				await setImmediate();
				if (settled) return task;
				const next = earliest();
				if (!next) throw new Error("Virtual time stands still: the task waits on something that is no wait.");
				if (next.dueMs > endMs)
					throw new Error(`The task did not settle within ${limitMs} ms of virtual time.`);
				nowMs = Math.max(nowMs, next.dueMs);
				next.fire();
			}
		},
	};
}
