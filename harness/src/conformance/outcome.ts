// What became of a call, as data: an answer, a refusal by its code, or nothing that can be told.
import type { AtomicStore, FieldOp, Fields } from "../lease/atomic-store.ts";
import { hasCode } from "../lease/errors.ts";
import { realWait } from "../system/real-time.ts";

export type Outcome<T> =
	| { readonly answer: T }
	/** Certainly not applied. */
	| { readonly certainlyNot: string }
	| { readonly unknown: string };

/**
 * Codes with which a store says that nothing was applied. Those of a StoreAnswerError are none of them: they speak of what
 * is there or was answered, and a server may have applied a batch before its answer turned out to be none.
 */
const CERTAIN = ["store_unavailable", "option_invalid"] as const;
const REFUSALS = [...CERTAIN, "record_invalid", "store_answer_invalid"] as const;

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
	try {
		return `answered ${JSON.stringify(await call())}`;
	} catch (error) {
		return REFUSALS.find((code) => hasCode(error, code)) ?? `rejected: ${String(error)}`;
	}
}

/** Refusals that say: the record, or the answer, is of no form that anything may be assumed of. */
export async function isTakenForForeign(call: () => Promise<unknown>): Promise<boolean | string> {
	const refused = await refusalOf(call);
	return refused === "record_invalid" || refused === "store_answer_invalid" || refused;
}

const ATTEMPTS_MAX = 200;
const PAUSE_MS = 25;

/** An update that is sent until it is answered, as often as the store says that it was certainly not applied. */
export function updateInTheEnd(store: AtomicStore, key: string, ops: readonly FieldOp[]): Promise<Fields> {
	return untilTaken(() => store.update(key, ops));
}

/** A read that is sent until it is answered: looking changes nothing. */
export function readInTheEnd(store: AtomicStore, key: string): Promise<Fields> {
	return inTheEnd(
		() => store.read(key),
		() => true,
	);
}

/** What is asked for again, as often as the store says that it has certainly done nothing. */
export function untilTaken<T>(call: () => Promise<T>): Promise<T> {
	return inTheEnd(call, (error) => hasCode(error, "store_unavailable"));
}

async function inTheEnd<T>(call: () => Promise<T>, isRepeated: (error: unknown) => boolean): Promise<T> {
	for (let attempt = 1; ; attempt++) {
		try {
			return await call();
		} catch (error) {
			if (!isRepeated(error) || attempt === ATTEMPTS_MAX) throw error;
		}
		await realWait(PAUSE_MS);
	}
}
