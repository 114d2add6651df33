// One store call with an end: the same request is sent again until it is answered, or its outcome stays unknown.
import type { Fields } from "./atomic-store.ts";
import type { Clock, Wait } from "./clock.ts";
import { hasCode, OutcomeUnknownError } from "./errors.ts";

export interface CallLimits {
	/** Monotonic milliseconds after which nothing is sent or awaited any more. */
	readonly giveUpAtMs: number;
	/** How long one copy of the request is awaited before the next one is sent. */
	readonly callTimeoutMs: number;
	/** Nobody waits for the outcome. @default false */
	readonly background?: boolean;
	/** Gives up: no other copy is sent. The copy that is under way may still be applied. */
	readonly signal?: AbortSignal;
}

export interface Answer {
	readonly fields: Fields;
	/** Copies sent so far: more than one may land twice, and in any order. */
	readonly sends: number;
}

type Settled = { readonly fields: Fields } | { readonly error: unknown };

const PAUSE_MS = 25;
/** The store has answered, or would not take the request: another copy would get the same. */
const SAME_AGAIN = ["store_answer_invalid", "record_invalid", "option_invalid"] as const;
/** Given, since without a reason each abort makes an error with a stack. */
const ANSWERED = "answered";

/**
 * Sends the request until one copy is answered.
 * @throws OutcomeUnknownError (`outcome_unknown`) when the limit is reached.
 * @throws TransientError (`store_unavailable`) instead, if every copy was rejected with that: none was applied.
 * @throws StoreAnswerError and `option_invalid` as the store threw them.
 */
export async function callUntilAnswered(
	ports: { readonly clock: Clock; readonly wait: Wait },
	request: () => Promise<Fields>,
	limits: CallLimits,
): Promise<Answer> {
	const { clock } = ports;
	const background = limits.background ?? false;
	const copies = new Set<Promise<Settled>>();
	let lastError: unknown;
	let uncertain = false;
	for (let sends = 1; clock.monotonicMs() < limits.giveUpAtMs; sends++) {
		limits.signal?.throwIfAborted();
		const copy: Promise<Settled> = request().then(
			(fields) => ({ fields }),
			(error: unknown) => {
				copies.delete(copy);
				return { error };
			},
		);
		copies.add(copy);
		const leftMs = limits.giveUpAtMs - clock.monotonicMs();
		const settled = await within(ports.wait, copies, Math.min(limits.callTimeoutMs, leftMs), background);
		if (!settled) continue;
		if ("fields" in settled) return { fields: settled.fields, sends };
		lastError = settled.error;
		if (SAME_AGAIN.some((code) => hasCode(lastError, code))) throw lastError;
		uncertain ||= !hasCode(lastError, "store_unavailable");
		const pauseMs = Math.min(PAUSE_MS * 2 ** (sends - 1), limits.callTimeoutMs);
		await ports.wait(Math.min(pauseMs, limits.giveUpAtMs - clock.monotonicMs()), { background });
	}
	if (hasCode(lastError, "store_unavailable") && !uncertain && copies.size === 0) throw lastError;
	throw new OutcomeUnknownError(
		"The store gave no answer in time: the request may or may not have been applied.",
		{
			cause: lastError,
		},
	);
}

/** The first of the promises to settle, or `undefined` after `limitMs`. */
async function within<T>(
	wait: Wait,
	promises: Iterable<Promise<T>>,
	limitMs: number,
	background: boolean,
): Promise<T | undefined> {
	const answered = new AbortController();
	const timeUp = wait(limitMs, { signal: answered.signal, background }).catch(() => undefined);
	try {
		return (await Promise.race([...promises, timeUp])) as T | undefined;
	} finally {
		answered.abort(ANSWERED);
	}
}
