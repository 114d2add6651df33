// The option `--store`: a store by its URL, and what is told if it cannot be opened.
import { randomUUID } from "node:crypto";
import type { Clock, Retry } from "../lease/clock.ts";
import { hasCode } from "../lease/errors.ts";
import { openStore } from "../stores/open-store.ts";
import { type OpenStore, shownUrl } from "../stores/opening.ts";
import { InputError } from "./input-error.ts";

export interface Patience {
	/** How long a server that does not answer is waited for. */
	readonly patienceMs: number;
	readonly clock: Clock;
	readonly retry: Retry;
}

/** @throws InputError: the URL, the package or the server is missing, and how to get it */
export async function storeOption(url: string, { patienceMs, clock, retry }: Patience): Promise<OpenStore> {
	const giveUpAtMs = clock.monotonicMs() + patienceMs;
	try {
		return await retry(() => openStore(url), {
			delayMs(error) {
				const mayCome = hasCode(error, "store_unavailable") && clock.monotonicMs() < giveUpAtMs;
				return mayCome ? AGAIN_AFTER_MS : undefined;
			},
		});
	} catch (error) {
		const isTold = hasCode(error, "option_invalid") || hasCode(error, "store_unavailable");
		throw isTold ? new InputError(`--store: ${(error as Error).message}`) : error;
	}
}

export interface StoreForRun {
	readonly store: OpenStore;
	/** Of a job whose leases are there: its session is nobody's yet. */
	readonly options: { readonly sessionId: string; readonly storeUrl: string };
}

const AGAIN_AFTER_MS = 250;
/** It may be starting just now. */
const PATIENCE_MS = 3_000;
const SUFFIX_CHARACTERS = 8;
const SESSION_ID_CHARACTERS = 400;

/** @throws as `storeOption` does */
export async function storeForRun(
	url: string,
	sessionId: string,
	ports: Omit<Patience, "patienceMs">,
): Promise<StoreForRun> {
	const store = await storeOption(url, { patienceMs: PATIENCE_MS, ...ports });
	const suffix = randomUUID().slice(0, SUFFIX_CHARACTERS);
	const named = `${sessionId.slice(0, SESSION_ID_CHARACTERS)}-${suffix}`;
	return { store, options: { sessionId: named, storeUrl: shownUrl(url) } };
}
