// A state machine, as far as a transition has to know it.

export interface Machine<R> {
	/** The state that a record is in. */
	stateOf(record: R): string;
	/** The record after an error that nobody will retry: in a terminal state. `emit` announces it, once. */
	fail(record: R, error: unknown, emit: (event: unknown) => void): R;
	/** States in which the session waits for news from outside. */
	readonly waiting: readonly string[];
	/** States that nothing follows: never woken, never left. */
	readonly terminal: readonly string[];
}
