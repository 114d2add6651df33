// What a recorded history is: its lines as they are written, and the operations that they tell of.
//
// A file is JSON lines: the header, then an `invoke` for each operation and one completion at most.
// ok: it took effect once, between its two lines. fail: it certainly had no effect. unknown, or no completion: it may
// take effect at any moment after its invoke, also after a completion, or never.
// A session starts without an epoch and without a value, a register at version 0. What was there before the history
// began is told as operations before it: an `acquire` and a `release` with the value.

export const HISTORY_HEADER = { format: "session-lease-history", version: 1 } as const;
export type HistoryHeader = typeof HISTORY_HEADER;

interface LineHead {
	/** Names the operation, once in a file. */
	readonly op: number | string;
	/** Who calls: a name for people. */
	readonly process: string;
	/** An integer, comparable over all lines, in any unit. Equal times overlap, so that a coarse clock accuses nobody. */
	readonly time: number;
}

/** What is called. Values are text, JSON by custom, and compared as text; a value that is missing is none. */
export type Call =
	| { readonly call: "acquire" }
	| { readonly call: "write"; readonly epoch: number; readonly value: string }
	/** Without a value, the one that stands is kept. */
	| { readonly call: "release"; readonly epoch: number; readonly value?: string }
	| { readonly call: "abandon" | "renew"; readonly epoch: number }
	/** Drops the value and leaves the session free: as the holder of an epoch, or from outside. */
	| { readonly call: "forget"; readonly epoch?: number }
	/** Of a versioned register. */
	| { readonly call: "read" }
	/** Of a versioned register; `base`: only if that is the version that stands. */
	| { readonly call: "put"; readonly value: string; readonly base?: number }
	/** Something done elsewhere; `repeatable`: doing it again changes nothing. */
	| { readonly call: "effect"; readonly epoch?: number; readonly repeatable?: boolean };

export type CallName = Call["call"];

export type InvokeLine = LineHead & {
	readonly type: "invoke";
	/** The session, the register, or what the effect is to be done once for. */
	readonly key: string;
} & Call;

export type Completion =
	/** `epoch` and `value` of an acquire, `version` and `value` of a read, `version` of a put. */
	| { readonly type: "ok"; readonly epoch?: number; readonly value?: string; readonly version?: number }
	/** `void`: it was sent, and will never show. */
	| { readonly type: "fail"; readonly code?: string; readonly void?: boolean }
	| { readonly type: "unknown"; readonly code?: string };

export type CompletionLine = LineHead & Completion;

export type HistoryLine = InvokeLine | CompletionLine;

/** A line and where it was read. */
export interface Placed<Line> {
	readonly line: Line;
	/** From 1. */
	readonly number: number;
}

export interface Operation {
	/** Which file it is from, where there are several. */
	readonly source: string | undefined;
	readonly invoke: Placed<InvokeLine>;
	readonly completion: Placed<CompletionLine> | undefined;
	readonly outcome: Completion["type"];
}

export interface History {
	readonly operations: readonly Operation[];
}

/** When it had ended for certain; never, if its outcome is unknown. */
export function endOf({ outcome, completion }: Operation): number {
	return outcome === "unknown" || !completion ? Number.POSITIVE_INFINITY : completion.line.time;
}

export function startOf({ invoke }: Operation): number {
	return invoke.line.time;
}

/** Whether the first had ended before the second began. */
export function precedes(first: Operation, second: Operation): boolean {
	return endOf(first) < startOf(second);
}

/** What an operation that is ok was answered; nothing of any other. */
export function answerOf({ completion }: Operation): Extract<Completion, { type: "ok" }> {
	return completion?.line.type === "ok" ? completion.line : NO_ANSWER;
}

const NO_ANSWER = { type: "ok" } as const;

/** One history of several files of one run: their clocks are comparable, their operations told apart by the file. */
export function mergeHistories(histories: readonly History[]): History {
	return { operations: histories.flatMap(({ operations }) => operations) };
}
