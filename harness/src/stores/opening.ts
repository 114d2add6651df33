// Stores that are opened by URL: what they are, how their client packages are loaded, and what is said if that fails.
import type { AtomicStore } from "../lease/atomic-store.ts";
import { hasCode, SessionLeaseError, TransientError } from "../lease/errors.ts";
import { realWait } from "../system/real-time.ts";
import { within } from "../system/within.ts";
import { stepThrough } from "./step-through.ts";

/** A store with a client of its own. */
export interface OpenStore extends AtomicStore {
	/**
	 * Closes the client, once calls that are under way have ended, or after 2 s. May be called again. What is called after
	 * it was not done (`store_unavailable`).
	 */
	close(): Promise<void>;
}

export interface OpenStoreOptions {
	/** How long a server may take to answer for the first time, in milliseconds, from 1 to 3,600,000. @default 5_000 */
	readonly timeoutMs?: number;
}

export const OPEN_TIMEOUT_MS = 5_000;
const CLOSE_MS_MAX = 2_000;

/** Client packages, loaded when they are first needed. @throws SessionLeaseError (`option_invalid`): one is not installed */
export async function loadPeer<T>(load: () => Promise<T>, peers: string, what: string): Promise<T> {
	try {
		return await load();
	} catch (cause) {
		const message = `${what} is reached through ${peers}, which cannot be loaded: npm install ${peers}`;
		throw new SessionLeaseError("option_invalid", message, { cause });
	}
}

/**
 * A URL as people may see it, without all that may be a secret: what is before the last `@`, well-formed or not, and what
 * follows a `?` or a `#`.
 */
export function shownUrl(url: string): string {
	const place = url.replace(/^([a-z]+:\/{0,2})?.*@/is, "$1");
	return place.replace(/[?#].*/s, "").replace(/\/$/, "");
}

export interface Reaching extends OpenStoreOptions {
	readonly url: string;
	/** As people call it. */
	readonly what: string;
	/** Comes before the first question. */
	readonly connect?: () => Promise<unknown>;
}

/**
 * Answers the store once its server has answered; closes it otherwise.
 * @throws TransientError (`store_unavailable`): nothing was written
 */
export async function reached(store: OpenStore, reaching: Reaching): Promise<OpenStore> {
	const { url, what, timeoutMs = OPEN_TIMEOUT_MS, connect } = reaching;
	const answer = async () => {
		await connect?.();
		await store.read(PROBE_KEY);
	};
	try {
		if (!(await within(realWait, timeoutMs, answer()))) throw new Error(`no answer within ${timeoutMs} ms`);
		return untilClosed(store);
	} catch (cause) {
		// Whatever its end says: what is told is why it could not be reached.
		const closed = store.close().catch(() => undefined);
		await within(realWait, timeoutMs, closed);
		const why = reasonOf(cause);
		const advice = NOBODY_THERE.test(why) ? `${why.replace(/\.$/, "")}. Start it, or mend the URL.` : why;
		const message = `${what} at ${shownUrl(url)} cannot be used: ${advice}`;
		throw new TransientError(message, { code: "store_unavailable", cause });
	}
}

const NOBODY_THERE =
	/\bE(CONN[A-Z]+|NOTFOUND|AI_AGAIN|HOSTUNREACH|TIMEDOUT)\b|no answer|timed?[ -]?out|connection refused|no connection|no web socket/i;

/** What the client said, without what the store has made of it. */
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	if (hasCode(error, "store_unavailable") && error.cause instanceof Error) return reasonOf(error.cause);
	return error.message === "" ? String(error) : error.message;
}

/** A client that is closed under a call may never end that call, and one that is called later may open itself again. */
export function untilClosed(store: OpenStore): OpenStore {
	const underWay = new Set<Promise<unknown>>();
	let closing: Promise<void> | undefined;
	const call = <T>(work: () => Promise<T>): Promise<T> => {
		if (closing !== undefined) return Promise.reject(closedError());
		const answer = work();
		const ended = () => void underWay.delete(answer);
		underWay.add(answer);
		answer.then(ended, ended);
		return answer;
	};
	const end = async () => {
		const allEnded = Promise.allSettled(underWay).then(() => undefined);
		await within(realWait, CLOSE_MS_MAX, allEnded);
		await store.close();
	};
	const { list } = store;
	return {
		...store,
		...(list ? { list: () => stepThrough(list, call) } : {}),
		update: (key, ops) => call(() => store.update(key, ops)),
		read: (key) => call(() => store.read(key)),
		close() {
			closing ??= end();
			return closing;
		},
	};
}

function closedError(): TransientError {
	const message = "The store was closed, so nothing was done.";
	return new TransientError(message, { code: "store_unavailable" });
}

/** Never written. */
const PROBE_KEY = "session-lease:probe";
