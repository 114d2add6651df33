// Waiting for a promise no longer than a signal allows.

/** Answers as the promise does, or rejects with `signal.reason`; `late` gets a value that came after that. */
export function untilAborted<T>(
	promise: Promise<T>,
	signal: AbortSignal,
	late: (value: T) => void = () => undefined,
): Promise<T> {
	return new Promise((resolve, reject) => {
		const onAbort = () => reject(signal.reason);
		signal.addEventListener("abort", onAbort, { once: true });
		if (signal.aborted) onAbort();
		promise.then(
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
