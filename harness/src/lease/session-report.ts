// What people are shown of a session's record, and whether it has to be woken.
import type { LeaseRecord } from "./record.ts";
import { isNoValue } from "./schema.ts";
import { bouncesOn, deadlineMsOf, headOf, isHeld, isOwed, standingValue } from "./standing.ts";

export interface SessionReport {
	readonly sessionId: string;
	/** `new`: never held. `free`: released. `expired`: its holder is past its deadline, or has abandoned it. */
	readonly state: "new" | "free" | "held" | "expired";
	/** 0: never held. */
	readonly epoch: number;
	/** Readable name of the last holder. */
	readonly holder: string | undefined;
	/** Wall clock, milliseconds since 1970; 0 = abandoned. */
	readonly deadlineMs: number | undefined;
	/** Whether there has been no value yet: not so after it was forgotten. */
	readonly isNew: boolean;
	/** The value that stands, as JSON text; `undefined`: none. */
	readonly valueText: string | undefined;
	/** Whether the session is owed a wake. */
	readonly owed: boolean;
	/** How many were turned away in this epoch. */
	readonly turnedAway: number;
}

export function describeSession(
	sessionId: string,
	record: LeaseRecord,
	now: { readonly wallMs: number; readonly skewMs: number },
): SessionReport {
	const head = headOf(record);
	const text = standingValue(record)?.text;
	const stateOfHead = () => (head?.statement.done ? "free" : head && isHeld(head, now) ? "held" : "expired");
	return {
		sessionId,
		state: head ? stateOfHead() : "new",
		epoch: head?.epoch ?? 0,
		holder: head?.holder.owner,
		deadlineMs: head && deadlineMsOf(head),
		isNew: (text ?? "") === "",
		valueText: text === undefined || isNoValue(text) ? undefined : text,
		owed: isOwed(record),
		turnedAway: head ? bouncesOn(head) : 0,
	};
}

/** A live holder passes the baton itself; everybody else's wake may be lost. */
export function needsWake(session: SessionReport): boolean {
	return session.state === "expired" || (session.state === "free" && session.owed);
}
