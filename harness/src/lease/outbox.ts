// Events committed with the value: as text, and which of them a holder has inherited.
import { SessionLeaseError } from "./errors.ts";
import { encodeValue } from "./schema.ts";
import type { StandingValue } from "./standing.ts";

/** An event that was committed with a value and is sent after it; `id` stays the same when it is sent again. */
export interface OutboxEvent {
	readonly id: string;
	readonly event: unknown;
}

/** @throws SessionLeaseError (`value_invalid`) if an event cannot be written as JSON. */
export async function encodeOutbox(sessionId: string, events: readonly OutboxEvent[]): Promise<string> {
	return events.length === 0 ? "" : encodeValue(sessionId, events, undefined);
}

/** @throws SessionLeaseError (`value_invalid`) if it is not JSON. */
export function decodeOutbox(sessionId: string, text: string): OutboxEvent[] {
	if (text === "") return [];
	try {
		return JSON.parse(text);
	} catch (cause) {
		throw new SessionLeaseError("value_invalid", `The outbox of session "${sessionId}" is not JSON.`, {
			cause,
		});
	}
}

/**
 * The outbox as it stands for a holder. It belongs to the value that stands: whoever writes a new value without having
 * sent it hands it on, and to empty an inherited one that value is written again.
 */
export class StandingOutbox {
	readonly #standing: StandingValue | undefined;
	/** Whether value and outbox are written under the holder's own epoch. */
	#isOwn: boolean;
	#isFull: boolean;

	constructor(standing: StandingValue | undefined, sealed: boolean) {
		this.#standing = standing;
		this.#isOwn = sealed;
		this.#isFull = (standing?.outbox ?? "") !== "";
	}

	/** What a batch with a new value has to carry along, if it says nothing of the outbox itself. */
	get carried(): { outbox?: string } {
		const outbox = this.#isFull && !this.#isOwn ? this.#standing?.outbox : undefined;
		return outbox === undefined ? {} : { outbox };
	}

	/** The batch that empties it: nothing to say if it is empty. */
	get emptied(): { value?: string; outbox?: string } {
		if (!this.#isFull) return {};
		const value = this.#isOwn ? undefined : this.#standing?.text;
		return { outbox: "", ...(value === undefined ? {} : { value }) };
	}

	/** A value was written under the holder's own epoch, with this outbox if it said one. */
	written({ outbox }: { outbox?: string }): void {
		this.#isOwn = true;
		if (outbox !== undefined) this.#isFull = outbox !== "";
	}
}
