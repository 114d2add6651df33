// What became of a call, as data: an answer, a refusal by its code, or nothing that can be told.
import type { AtomicStore, FieldOp, Fields } from "../lease/atomic-store.ts";
import { hasCode } from "../lease/errors.ts";
import { realWait } from "../system/real-time.ts";

export type Outcome<T> =
	| { readonly answer: T }
	/** Certainly not applied. */
	| { readonly certainlyNot: string }
	| { readonly unknown: string };

/** Codes with which a store says that nothing was applied. */
const CERTAIN = ["store_unavailable", "record_invalid", "store_answer_invalid", "option_invalid"] as const;

export async function outcomeOf<T>(call: Promise<T>): Promise<Outcome<T>> {
	try {
		return { answer: await call };
	} catch (error) {
		const code = CERTAIN.find((certain) => hasCode(error, certain));
		return code === undefined ? { unknown: String(error) } : { certainlyNot: code };
	}
}

/** The code with which a call is refused; what else it did, as a text that is none. */
export async function refusalOf(call: () => Promise<unknown>): Promise<string> {
	const outcome = await outcomeOf((async () => call())());
	if ("certainlyNot" in outcome) return outcome.certainlyNot;
	return "answer" in outcome ? `answered ${JSON.stringify(outcome.answer)}` : `rejected: ${outcome.unknown}`;
}

/** Refusals that say: the record, or the answer, is of no form that anything may be assumed of. */
export async function isTakenForForeign(call: () => Promise<unknown>): Promise<boolean | string> {
	const refused = await refusalOf(call);
	return refused === "record_invalid" || refused === "store_answer_invalid" || refused;
}

const ATTEMPTS_MAX = 200;
const PAUSE_MS = 25;

/** An update that is sent until it is answered, as often as the store says that it was certainly not applied. */
export async function updateInTheEnd(
	store: AtomicStore,
	key: string,
	ops: readonly FieldOp[],
): Promise<Fields> {
	for (let attempt = 1; ; attempt++) {
		try {
			return await store.update(key, ops);
		} catch (error) {
			if (!hasCode(error, "store_unavailable") || attempt === ATTEMPTS_MAX) throw error;
		}
		await realWait(PAUSE_MS);
	}
}

/** A read that is sent until it is answered: looking changes nothing. */
export async function readInTheEnd(store: AtomicStore, key: string): Promise<Fields> {
	for (let attempt = 1; ; attempt++) {
		try {
			return await store.read(key);
		} catch (error) {
			if (attempt === ATTEMPTS_MAX) throw error;
		}
		await realWait(PAUSE_MS);
	}
}
