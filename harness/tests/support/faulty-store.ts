// A store whose every call is a decision: what the store does with the request, and what the caller hears of it.
import type { AtomicStore, FieldOp, Fields, Wait } from "../../src/index.ts";

/** A call as the decider sees it; `ops` is empty for a read. */
export interface StoreCall {
	/** Counted from 1, over all callers of this decorator. */
	readonly count: number;
	readonly key: string;
	readonly type: "read" | "update";
	readonly ops: readonly FieldOp[];
}

export type Fate =
	/** Applied, and answered. */
	| "run"
	/** Applied, but the caller is not answered. */
	| "lost reply"
	/** Not answered, and applied at any later moment, or never. */
	| "delayed"
	/** Applied, answered, and applied once more at any later moment. */
	| "twice"
	/** The process dies; the request is applied at any later moment, or never. */
	| "crash before"
	/** Applied, and the process dies without having heard of it. */
	| "crash after apply"
	/** Applied and answered; the process dies at its next call of a port. */
	| "crash after reply";

export interface Decision {
	readonly fate: Fate;
	/** How long the request is under way. @default 0: it is applied at once */
	readonly requestMs?: number;
	/** How long the answer is under way. @default 0 */
	readonly replyMs?: number;
	/** When a request that is late, or its second copy, is applied, counted from now. @default never */
	readonly laterMs?: number | undefined;
	/** What a caller hears who is not answered. @default "silence" */
	readonly unanswered?: "silence" | "error";
}

export type Decide = (call: StoreCall) => Decision;

export interface FaultyStoreOptions {
	/** The world's time: a request that is under way outlives the process that sent it. */
	readonly wait: Wait;
	readonly decide: Decide;
	/** Ends the calling process, now or at its next call. @default crashes are refused */
	readonly crash?: (when: "now" | "at next call") => void;
}

/** Decorates a store; one decorator a process, so that a crash ends the right one. */
export function faultyStore(store: AtomicStore, options: FaultyStoreOptions): AtomicStore {
	let count = 0;
	const call = (request: () => Promise<Fields>, seen: Omit<StoreCall, "count">): Promise<Fields> => {
		count++;
		return carryOut(request, options.decide({ count, ...seen }), options);
	};
	return {
		...(store.list ? { list: () => (store.list as NonNullable<AtomicStore["list"]>)() } : {}),
		update: (key, ops) => call(() => store.update(key, ops), { key, type: "update", ops }),
		read: (key) => call(() => store.read(key), { key, type: "read", ops: [] }),
	};
}

async function carryOut(
	request: () => Promise<Fields>,
	decision: Decision,
	options: FaultyStoreOptions,
): Promise<Fields> {
	const { wait, crash = refuseCrash } = options;
	const { fate, requestMs = 0, replyMs = 0, laterMs } = decision;
	if (fate === "delayed" || fate === "crash before") {
		applyLater(wait, request, laterMs);
		if (fate === "crash before") crash("now");
		return noAnswer(decision);
	}
	if (requestMs > 0) await wait(requestMs);
	const answer = await request();
	if (fate === "twice") applyLater(wait, request, laterMs);
	if (fate === "crash after apply") crash("now");
	if (fate === "lost reply" || fate === "crash after apply") return noAnswer(decision);
	if (replyMs > 0) await wait(replyMs);
	if (fate === "crash after reply") crash("at next call");
	return answer;
}

/** What a late request is answered goes nowhere; a store that refuses it has not applied it. */
function applyLater(wait: Wait, request: () => Promise<Fields>, laterMs: number | undefined): void {
	if (laterMs === undefined) return;
	void wait(laterMs, { background: true })
		.then(request)
		.catch(() => undefined);
}

function noAnswer({ unanswered = "silence" }: Decision): Promise<Fields> {
	if (unanswered === "error") return Promise.reject(new Error("The connection was closed."));
	return new Promise(() => undefined);
}

function refuseCrash(): never {
	throw new Error("Expected `crash` to be given to a store that decides on crashes.");
}
