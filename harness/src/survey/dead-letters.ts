// The dead letters of a queue, read page by page, and no more than so many at once.
import type { IIIClient } from "../stores/iii-client.ts";

/** One page of dead letters, in any order that stays while they are read. */
export type ReadLetters = (page: { readonly offset: number; readonly limit: number }) => Promise<unknown>;

export interface LettersRead {
	readonly letters: readonly unknown[];
	/** Where there may be more; `undefined`: those were the last. */
	readonly nextOffset: number | undefined;
}

/** So many at most are read at once. */
export const LETTERS_MAX = 1_000;
const PAGE = 50;
const READ_MS_MAX = 5_000;

/** As the engine tells them: iii's own queue the newest first. */
export function lettersOf(iii: Pick<IIIClient, "trigger">, queue: string): ReadLetters {
	return ({ offset, limit }) =>
		iii.trigger({
			function_id: "engine::queue::dlq_messages",
			payload: { queue, offset, limit },
			timeoutMs: READ_MS_MAX,
		});
}

/** Reads all pages from there on, bounded. Rejects as `read` does, and if it answers no list. */
export async function readLetters(read: ReadLetters, offset: number = 0): Promise<LettersRead> {
	const letters: unknown[] = [];
	while (letters.length < LETTERS_MAX) {
		const page = await read({ offset: offset + letters.length, limit: PAGE });
		if (!Array.isArray(page)) {
			throw new TypeError(`Expected a list of dead letters, got ${JSON.stringify(page)}.`);
		}
		letters.push(...page);
		// Whoever answers more than was asked for has answered all there are.
		if (page.length !== PAGE) return { letters, nextOffset: undefined };
	}
	return { letters, nextOffset: offset + letters.length };
}
