// Whether work ends in time.
import type { Wait } from "../lease/clock.ts";

export interface WithinOptions {
	/** Nobody is kept here by this wait alone. @default false */
	readonly background?: boolean;
}

/** Answers false if the work takes longer: it goes on, unheard. Rejects if the work does before. */
export async function within(
	wait: Wait,
	limitMs: number,
	work: Promise<void>,
	{ background = false }: WithinOptions = {},
): Promise<boolean> {
	const ended = new AbortController();
	const timeUp = wait(limitMs, { signal: ended.signal, background }).then(
		() => false,
		() => true,
	);
	try {
		return await Promise.race([work.then(() => true), timeUp]);
	} finally {
		ended.abort();
	}
}
