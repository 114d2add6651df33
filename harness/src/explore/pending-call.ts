// A request of a process, from when it is made until the process hears of it.
import { tellingText } from "./telling-text.ts";

/** A request that its process has made and has not heard of. */
export interface PendingCall {
	/** Counts the calls of its process. */
	readonly number: number;
	readonly title: string;
	/** What is asked for: equal texts ask for the same. */
	readonly request: string;
	readonly apply: () => unknown;
	readonly resolve: (answer: unknown) => void;
	readonly reject: (error: unknown) => void;
	/** Whom it goes to. */
	readonly to: string;
	/** The record, for a call to the store. */
	readonly key?: string;
	readonly readsOnly?: boolean;
	readonly commutes?: boolean;
	/** How the answer reads in a history. */
	readonly answerText: (answer: unknown) => string | (() => string);
	/** Applied while the process stood still: it has yet to hear of it. */
	outcome?: Outcome;
}

export type Outcome = { readonly answer: unknown } | { readonly error: unknown };

/** What the outside has done with it, as the process will hear of it: nothing yet is empty text. */
export function outcomeText({ outcome, answerText }: PendingCall): string {
	if (!outcome) return "";
	if ("error" in outcome) return ` error ${tellingText(outcome.error)}`;
	const text = answerText(outcome.answer);
	return ` answer ${typeof text === "function" ? text() : text}`;
}
