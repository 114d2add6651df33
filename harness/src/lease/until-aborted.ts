// Waiting for a promise no longer than a signal allows.

/**
 * Starts the work, unless the signal has aborted, and answers as it does, or rejects with `signal.reason`; `late` gets a
 * value that came after that.
 */
export function untilAborted<T>(
	work: () => Promise<T>,
	signal: AbortSignal,
	late: (value: T) => void = () => undefined,
): Promise<T> {
	return new Promise((resolve, reject) => {
		if (signal.aborted) return reject(signal.reason);
		const onAbort = () => reject(signal.reason);
		signal.addEventListener("abort", onAbort, { once: true });
		work().then(
			(value) => {
				signal.removeEventListener("abort", onAbort);
				if (signal.aborted) late(value);
				else resolve(value);
			},
			(error: unknown) => {
				signal.removeEventListener("abort", onAbort);
				reject(error);
			},
		);
	});
}
