// Waits of this process that can be ended all at once, so that no timer outlives the job.
import type { Wait } from "../lease/clock.ts";

export interface ClosableWait {
	readonly wait: Wait;
	/** Clears every timer; whoever waited is never told. */
	close(): void;
}

export function createClosableWait(wait: Wait): ClosableWait {
	const pending = new Set<AbortController>();
	let closed = false;
	return {
		wait(delayMs, { signal, background = false } = {}) {
			return new Promise((resolve, reject) => {
				if (closed) return;
				if (signal?.aborted) return reject(signal.reason);
				const cancel = new AbortController();
				const onAbort = () => cancel.abort(signal?.reason);
				const settle = (how: () => void) => {
					pending.delete(cancel);
					signal?.removeEventListener("abort", onAbort);
					if (!closed) how();
				};
				pending.add(cancel);
				signal?.addEventListener("abort", onAbort, { once: true });
				wait(delayMs, { signal: cancel.signal, background }).then(
					() => settle(resolve),
					(reason: unknown) => settle(() => reject(reason)),
				);
			});
		},
		close() {
			closed = true;
			for (const cancel of pending) cancel.abort();
		},
	};
}
