// Stores that are opened by URL: what they are, how their client packages are loaded, and what is said if that fails.
import type { AtomicStore } from "../lease/atomic-store.ts";
import { hasCode, SessionLeaseError, TransientError } from "../lease/errors.ts";
import { realWait } from "../system/real-time.ts";
import { within } from "../system/within.ts";

/** A store with a client of its own. */
export interface OpenStore extends AtomicStore {
	/** Closes the client. May be called again. */
	close(): Promise<void>;
}

export interface OpenStoreOptions {
	/** How long a server may take to answer for the first time, in milliseconds. @default 5_000 */
	readonly timeoutMs?: number;
}

export const OPEN_TIMEOUT_MS = 5_000;

/** A client package, loaded when it is first needed. @throws SessionLeaseError (`option_invalid`) if it is not installed */
export async function loadPeer<T>(load: () => Promise<T>, peer: string, what: string): Promise<T> {
	try {
		return await load();
	} catch (cause) {
		const message = `${what} is reached through the package ${peer}, which cannot be loaded: npm install ${peer}`;
		throw new SessionLeaseError("option_invalid", message, { cause });
	}
}

/** A URL as it may be shown: without user and password. */
export function shownUrl(url: string): string {
	return url.replace(/\/\/.*@/, "//");
}

/**
 * Answers the store once its server has answered; closes it otherwise.
 * @throws TransientError (`store_unavailable`): nothing was written
 */
export async function reached<S extends OpenStore>(
	store: S,
	{
		url,
		what,
		timeoutMs = OPEN_TIMEOUT_MS,
	}: OpenStoreOptions & { readonly url: string; readonly what: string },
): Promise<S> {
	try {
		const answered = store.read(PROBE_KEY).then(() => undefined);
		if (!(await within(realWait, timeoutMs, answered))) throw new Error(`no answer within ${timeoutMs} ms`);
		return store;
	} catch (cause) {
		await within(realWait, timeoutMs, closed(store));
		const why = reasonOf(cause);
		const message = `${what} at ${shownUrl(url)} cannot be used: ${why.replace(/\.$/, "")}. Start it, or mend the URL.`;
		throw new TransientError(message, { code: "store_unavailable", cause });
	}
}

/** What the client said, without what the store has made of it. */
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	if (hasCode(error, "store_unavailable") && error.cause instanceof Error) return reasonOf(error.cause);
	return error.message === "" ? String(error) : error.message;
}

/** Whatever its end says: what is told is why it could not be reached. */
const closed = (store: OpenStore): Promise<void> => store.close().catch(() => undefined);

/** Never written. */
const PROBE_KEY = "session-lease:probe";
