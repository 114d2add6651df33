// A state machine, as far as a transition has to know it.
import { SessionLeaseError } from "../lease/errors.ts";

export interface Machine<R> {
	/** The state that a record is in. */
	stateOf(record: R): string;
	/** Every state there is: a record in another one is refused. @default any text */
	readonly states?: readonly string[];
	/** The record after an error that nobody will retry: in a terminal state. `emit` announces it, once. */
	fail(record: R, error: unknown, emit: (event: unknown) => void): R;
	/** States in which the session waits for news from outside. */
	readonly waiting: readonly string[];
	/** States that nothing follows: never woken, never left. */
	readonly terminal: readonly string[];
}

/** @throws SessionLeaseError (`record_invalid`) if the record is in no state of the machine. */
export function stateOf<R>(machine: Machine<R>, record: R): string {
	const state: unknown = typeof record === "object" && record !== null ? machine.stateOf(record) : undefined;
	if (typeof state === "string" && state !== "" && (machine.states?.includes(state) ?? true)) return state;
	const message = `The record is in no state of its machine, but in ${JSON.stringify(state) ?? "none"}.`;
	throw new SessionLeaseError("record_invalid", message);
}
