// When one who waits for a held session tries again.
import { LeaseHeldError } from "./errors.ts";

const POLL_MIN_MS = 5;
const POLL_MS = 20;
const POLL_MAX_MS = 1_000;

/** Those who wait are spread out: in step, one of them would win in each round, and all others wait twice as long. */
export function delayBeforeNext(
	error: unknown,
	leftMs: number,
	{ attempt, id }: { readonly attempt: number; readonly id: string },
): number | undefined {
	if (!(error instanceof LeaseHeldError) || leftMs <= 0) return undefined;
	const spreadMs = Math.ceil(Math.min(POLL_MAX_MS, POLL_MS * 2 ** (attempt - 1)) * fractionOf(id, attempt));
	return Math.min(leftMs, error.retryAfterMs, Math.max(POLL_MIN_MS, spreadMs));
}

/** From 0 to 1, as random as the id is: FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/. */
function fractionOf(id: string, attempt: number): number {
	let hash = 2_166_136_261;
	for (const character of `${id}.${attempt}`) {
		hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619);
	}
	return (hash >>> 0) / 2 ** 32;
}
