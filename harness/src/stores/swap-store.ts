// The store port on a server that can only compare and swap one text: load, apply, swap, and again if somebody was quicker.
import { type AtomicStore, applyOps, type StoredRecord } from "../lease/atomic-store.ts";
import type { Clock, Wait } from "../lease/clock.ts";
import { hasCode, TransientError } from "../lease/errors.ts";
import { realClock, realWait } from "../system/real-time.ts";
import { checkBatch, checkKey } from "./check-batch.ts";
import { isGone, listedRecord } from "./listed-record.ts";
import { fieldsOfRecordText, recordText } from "./record-text.ts";
import { stepThrough } from "./step-through.ts";

/** A record's text and the version that a swap compares. */
export interface Versioned<V> {
	/** `undefined`: there is no such record. */
	readonly text: string | undefined;
	/** Never given to another text of this record, but in another incarnation of the server. */
	readonly version: V;
}

/** What became of a swap that was answered. One that may or may not have been carried out is none: it rejects. */
export type Swapped<V> =
	/** The text is there, under this version. */
	| { readonly version: V }
	/** Certainly nothing was written by this call: the record has another version. Some servers show which. */
	| { readonly conflict: true; readonly current?: Versioned<V> };

export interface SwapServer<V> {
	/** Answers what is there; may lag behind, since the swap decides. */
	load(key: string): Promise<Versioned<V>>;
	/**
	 * Writes the text if the record still has this version.
	 * @throws TransientError (`store_unavailable`) only if nothing was written for certain; StoreAnswerError if it was
	 * refused for good; anything else means that the outcome is unknown.
	 */
	swap(key: string, text: string, version: V): Promise<Swapped<V>>;
	/** Keys of all records, those with an empty one included. */
	keys(): AsyncIterable<string>;
	/**
	 * Another number as soon as versions known so far may come a second time: the server may have lost what it had
	 * acknowledged, and give its versions to other texts. Nothing is swapped that was loaded under another number. Without
	 * it, what is remembered is forgotten only when a swap rejects: right for a server that loses nothing.
	 */
	incarnation?(): number;
}

export interface SwapOptions {
	/**
	 * How often a batch is tried while others are quicker.
	 * @default 100: with twenty clients that wrote one record without a pause, none came to more than 63 in the time
	 */
	readonly attemptsMax?: number;
	/**
	 * For how long a batch is tried while others are quicker, in milliseconds.
	 * @default 1_000: ends, with a certain answer, before a lease would send a second copy into the crowd (1_500)
	 */
	readonly conflictMsMax?: number;
	/** Up to how many characters of records this client remembers; 0: none from call to call. @default 4_000_000 */
	readonly rememberedCharactersMax?: number;
	readonly clock?: Clock;
	readonly wait?: Wait;
	/** From 0 to less than 1. @default Math.random */
	readonly random?: () => number;
}

const BACKOFF_MS = 2;
const BACKOFF_MS_MAX = 64;

/**
 * A batch costs one round trip if this client was the last one to write or read the record and it has not changed
 * since, two otherwise. What it remembers is a guess: the server compares, and only its answer to a swap is believed.
 *
 * What is thrown says what is so. A swap whose answer was lost ends the batch at once, as unknown: were it loaded and
 * applied again in here, the caller would take two copies for one, and a lease would call a write void that has counted.
 */
export function swapStore<V>(
	server: SwapServer<V>,
	options: SwapOptions = {},
): AtomicStore & { list(): AsyncIterable<StoredRecord> } {
	const { attemptsMax = 100, conflictMsMax = 1_000, rememberedCharactersMax = 4_000_000 } = options;
	const { clock = realClock, wait = realWait, random = Math.random } = options;
	const remembered = createMemory<V>(rememberedCharactersMax);
	const incarnation = () => server.incarnation?.() ?? 0;
	const load = async (key: string): Promise<Known<V>> => {
		const since = incarnation();
		const loaded = { ...(await certainlyUnchanged(server.load(key))), incarnation: since };
		remembered.set(key, loaded);
		return loaded;
	};
	const swap = async (key: string, text: string, { version }: Known<V>): Promise<Swapped<V>> => {
		remembered.delete(key);
		try {
			return await server.swap(key, text, version);
		} catch (error) {
			// The server may be another one after that: restarted, or restored, with versions that come a second time.
			remembered.clear();
			throw error;
		}
	};
	return {
		async update(key, ops) {
			checkBatch(key, ops);
			const giveUpAtMs = clock.monotonicMs() + conflictMsMax;
			let known = remembered.get(key);
			let isFresh = false;
			for (let attempt = 1; attempt <= attemptsMax; attempt++) {
				if (known === undefined) {
					known = await load(key);
					isFresh = true;
				}
				const before = fieldsOfRecordText(key, known.text);
				const text = recordText(applyOps(before, ops));
				const since = incarnation();
				// What another incarnation has shown, be it just now, is as good as a conflict.
				const isCurrent = known.incarnation === since;
				const swapped: Swapped<V> = isCurrent ? await swap(key, text, known) : { conflict: true };
				if ("version" in swapped) {
					remembered.set(key, { text, version: swapped.version, incarnation: since });
					return before;
				}
				const leftMs = giveUpAtMs - clock.monotonicMs();
				if (leftMs <= 0) break;
				// An old guess says nothing about others; losing with what was just loaded does.
				if (isFresh) await wait(Math.min(leftMs, random() * backoffMs(attempt)));
				isFresh = !isFresh;
				known = swapped.current && { ...swapped.current, incarnation: since };
			}
			throw contended(key);
		},
		async read(key) {
			checkKey(key);
			return fieldsOfRecordText(key, (await load(key)).text);
		},
		async *list() {
			const names = stepThrough(
				() => server.keys(),
				(step) => certainlyUnchanged(step()),
			);
			for await (const keys of inGroups(names, LOADS_AT_ONCE)) {
				const loads = keys.map((key) =>
					listedRecord(key, async () =>
						fieldsOfRecordText(key, (await certainlyUnchanged(server.load(key))).text),
					),
				);
				for (const listed of await Promise.all(loads)) if (!isGone(listed)) yield listed;
			}
		},
	};
}

/** Full jitter: waits that are drawn from nothing up to a bound that doubles. */
const backoffMs = (attempt: number): number => Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** (attempt / 2));

/** Whatever a load failed of, it has written nothing, and what was tried before it was answered. */
async function certainlyUnchanged<T>(load: Promise<T>): Promise<T> {
	try {
		return await load;
	} catch (cause) {
		if (hasCode(cause, "record_invalid") || hasCode(cause, "store_answer_invalid")) throw cause;
		if (hasCode(cause, "store_unavailable")) throw cause;
		const why = cause instanceof Error ? cause.message : String(cause);
		const message = `The record could not be loaded, so nothing was written: ${why}`;
		throw new TransientError(message, { code: "store_unavailable", cause });
	}
}

/** Of a list: records are loaded one by one, but not one after the other. */
const LOADS_AT_ONCE = 16;

async function* inGroups(keys: AsyncIterable<string>, size: number): AsyncGenerator<readonly string[]> {
	let group: string[] = [];
	for await (const key of keys) {
		group.push(key);
		if (group.length < size) continue;
		yield group;
		group = [];
	}
	yield group;
}

function contended(key: string): TransientError {
	const message =
		`Others were quicker to write the record "${key}" each time, so nothing was written. Try again; if this is ` +
		"frequent, too many clients write one record at once.";
	return new TransientError(message, { code: "store_unavailable" });
}

interface Known<V> extends Versioned<V> {
	/** The one that was asked. */
	readonly incarnation: number;
}

interface Memory<V> {
	get(key: string): Known<V> | undefined;
	set(key: string, known: Known<V>): void;
	delete(key: string): void;
	clear(): void;
}

/** What an entry takes besides its text. */
const ENTRY_CHARACTERS = 200;

/** The last used records, as many as fit. */
function createMemory<V>(charactersMax: number): Memory<V> {
	const entries = new Map<string, Known<V>>();
	const sizeOf = (key: string, { text = "" }: Known<V>) => key.length + text.length + ENTRY_CHARACTERS;
	let characters = 0;
	const forget = (key: string) => {
		const entry = entries.get(key);
		if (entry) characters -= sizeOf(key, entry);
		entries.delete(key);
	};
	return {
		get: (key) => entries.get(key),
		set(key, known) {
			forget(key);
			entries.set(key, known);
			characters += sizeOf(key, known);
			for (const oldest of entries.keys()) {
				if (characters <= charactersMax) return;
				forget(oldest);
			}
		},
		delete: forget,
		clear() {
			entries.clear();
			characters = 0;
		},
	};
}
