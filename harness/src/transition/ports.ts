// What a transition needs from outside: the record, the queue that wakes, the stream that events go to.

import type { Leases } from "../lease/leases.ts";
import type { OutboxEvent } from "../lease/outbox.ts";
import type { Machine } from "./machine.ts";

/** A session's record in a plain place of its own, without a fence. */
export interface PlainRecords<R> {
	/** `undefined`: there is none. */
	load(sessionId: string): Promise<R | undefined>;
	save(sessionId: string, record: R): Promise<void>;
}

export interface TransitionPorts<R> {
	readonly machine: Machine<R>;
	/** Enqueues a wake of the session for this state; resolves when the queue has it. */
	readonly wake: (sessionId: string, state: string) => Promise<void>;
	/** Sends one event; receivers count events by `id`, since the same one may be sent again. */
	readonly send: (sessionId: string, event: OutboxEvent) => Promise<void>;
	/** The plain record: adopted when the lease has no value yet, and what is used without a lease. */
	readonly plain?: PlainRecords<R>;
	readonly newId: () => string;
}

export interface SerializedPorts<R> extends TransitionPorts<R> {
	readonly leases: Leases<R>;
	/** Saves each commit to the plain record too, unfenced, for readers that expect it there. @default false */
	readonly projects?: boolean;
}
