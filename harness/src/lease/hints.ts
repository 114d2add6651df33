// Which epoch of a session this process knows to be released: such a hint saves the read before a bid.

/** A bounded cache; the session that was used longest ago goes first. A wrong hint costs a call, never safety. */
export class EpochHints {
	readonly #epochs = new Map<string, number>();
	readonly #max: number;

	constructor(max: number) {
		this.#max = max;
	}

	get(sessionId: string): number | undefined {
		return this.#epochs.get(sessionId);
	}

	/** `epoch` was released, and the store has said so. */
	remember(sessionId: string, epoch: number): void {
		this.#epochs.delete(sessionId);
		this.#epochs.set(sessionId, epoch);
		if (this.#epochs.size <= this.#max) return;
		for (const oldest of this.#epochs.keys()) {
			this.#epochs.delete(oldest);
			return;
		}
	}

	forget(sessionId: string): void {
		this.#epochs.delete(sessionId);
	}
}
