// The machine's own clocks and timers, as the core's ports.
import type { Clock, Wait } from "../lease/clock.ts";

export const realClock: Clock = {
	wallMs: () => Date.now(),
	monotonicMs: () => Math.floor(performance.now()),
};

export const realWait: Wait = (delayMs, options = {}) => {
	const { signal, background = false } = options;
	return new Promise((resolve, reject) => {
		if (signal?.aborted) return reject(signal.reason);
		const onAbort = () => {
			clearTimeout(timer);
			reject(signal?.reason);
		};
		const timer = setTimeout(
			() => {
				signal?.removeEventListener("abort", onAbort);
				resolve();
			},
			Math.max(0, delayMs),
		);
		if (background) timer.unref();
		signal?.addEventListener("abort", onAbort, { once: true });
	});
};
