// The life of something that waits: when it ends, its waits are cancelled, and nothing that awaited one goes on.
import { setMaxListeners } from "node:events";
import type { Wait } from "../lease/clock.ts";

export interface Life {
	/** Aborts when the life ends. */
	readonly signal: AbortSignal;
	/** Waits as long as the life lasts; afterwards no wait resolves or rejects, and no timer is left. */
	readonly wait: Wait;
	end(): void;
}

export function createLife(wait: Wait): Life {
	const control = new AbortController();
	// Every life outlasts many waits, and has a listener for each.
	setMaxListeners(0, control.signal);
	return {
		signal: control.signal,
		wait(delayMs, options = {}) {
			return new Promise((resolve, reject) => {
				if (control.signal.aborted) return;
				const { signal = control.signal, background = false } = options;
				wait(delayMs, { signal, background }).then(
					() => control.signal.aborted || resolve(),
					(reason: unknown) => control.signal.aborted || reject(reason),
				);
			});
		},
		end() {
			control.abort(new Error("The worker has died."));
		},
	};
}
