// Reads a list by calls that somebody bounds, counts or tells apart.

export type StepCall = <T>(step: () => Promise<T>) => Promise<T>;

/** What the list yields, each step of it by way of `call`. It is ended where it is not read to its end. */
export async function* stepThrough<T>(list: () => AsyncIterable<T>, call: StepCall): AsyncGenerator<T> {
	const items = list()[Symbol.asyncIterator]();
	try {
		for (;;) {
			const next = await call(() => items.next());
			if (next.done) return;
			yield next.value;
		}
	} finally {
		// Not awaited: one that hangs would not end.
		items.return?.().catch(() => undefined);
	}
}
