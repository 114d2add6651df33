// What an engine keeps outside of its memory: told change by change, through a small synchronous port.
import { EngineError, messageOf } from "./errors.ts";
import type { Json } from "./json.ts";

/** One change of the state or of a queue. */
export type Change =
	| { readonly change: "set"; readonly scope: string; readonly key: string; readonly value: Json }
	| { readonly change: "delete"; readonly scope: string; readonly key: string }
	| {
			readonly change: "enqueue";
			readonly queue: string;
			readonly id: string;
			readonly function_id: string;
			readonly payload: Json;
	  }
	/** The message was handled: it is gone. */
	| { readonly change: "finish"; readonly queue: string; readonly id: string }
	/** The message became a dead letter. */
	| ({ readonly change: "bury"; readonly queue: string; readonly id: string } & Burial)
	/** Every dead letter of the queue is a message again. */
	| { readonly change: "redrive"; readonly queue: string };

export interface Burial {
	/** The last delivery's. */
	readonly error: string;
	/** In seconds since 1970. */
	readonly failed_at: number;
}

export interface KeptMessage {
	readonly queue: string;
	readonly id: string;
	readonly function_id: string;
	readonly payload: Json;
	/** Of a dead letter only. */
	readonly burial?: Burial;
}

/** What is left of all changes: the values that stand, and the messages that were not finished, oldest first. */
export interface Kept {
	readonly state: ReadonlyMap<string, ReadonlyMap<string, Json>>;
	readonly messages: readonly KeptMessage[];
}

export interface Persistence {
	/** What `configuration::get` tells of the state's adapter, in iii's form: `{name, config?}`. */
	readonly adapter: Json;
	/** What was kept before: the engine starts with it, and delivers again what was not finished. */
	readonly kept: Kept;
	/**
	 * Keeps a change, before it is acknowledged.
	 * @throws whatever hinders it: then the call fails with `not_kept`, and nothing has changed.
	 */
	keep(change: Change): void;
}

/** Everything in memory: nothing was kept, and nothing is. */
export const NO_PERSISTENCE: Persistence = {
	adapter: { name: "kv", config: { store_method: "in_memory" } },
	kept: { state: new Map(), messages: [] },
	keep: () => undefined,
};

/** As it is, but for its errors: whoever calls sees `not_kept`. */
export function refusing(persistence: Persistence): Persistence {
	return {
		adapter: persistence.adapter,
		kept: persistence.kept,
		keep(change) {
			try {
				persistence.keep(change);
			} catch (error) {
				const functionId = change.change === "enqueue" ? change.function_id : `state::${change.change}`;
				throw new EngineError("not_kept", messageOf(error), functionId);
			}
		},
	};
}

/** What is left of changes, in the order in which they happen. */
export interface Fold {
	add(change: Change): void;
	/** What is left of those so far. */
	kept(): Kept;
}

export function createFold(changes: Iterable<Change>): Fold {
	const state = new Map<string, Map<string, Json>>();
	const messages = new Map<string, KeptMessage>();
	const add = (change: Change) => {
		switch (change.change) {
			case "set": {
				const values = state.get(change.scope) ?? new Map<string, Json>();
				state.set(change.scope, values.set(change.key, change.value));
				break;
			}
			case "delete":
				state.get(change.scope)?.delete(change.key);
				break;
			case "enqueue": {
				const { change: _, ...message } = change;
				messages.set(message.id, message);
				break;
			}
			case "finish":
				messages.delete(change.id);
				break;
			case "bury": {
				const message = messages.get(change.id);
				const { error, failed_at } = change;
				if (message) messages.set(change.id, { ...message, burial: { error, failed_at } });
				break;
			}
			case "redrive":
				for (const { burial, ...message } of messages.values()) {
					if (burial && message.queue === change.queue) messages.set(message.id, message);
				}
				break;
		}
	};
	for (const change of changes) add(change);
	return { add, kept: () => ({ state, messages: [...messages.values()] }) };
}

export function foldChanges(changes: Iterable<Change>): Kept {
	return createFold(changes).kept();
}

/** The fewest changes that what is kept is left of. */
export function* changesOf({ state, messages }: Kept): Generator<Change> {
	for (const [scope, values] of state) {
		for (const [key, value] of values) yield { change: "set", scope, key, value };
	}
	for (const { burial, ...message } of messages) {
		yield { change: "enqueue", ...message };
		if (burial) yield { change: "bury", queue: message.queue, id: message.id, ...burial };
	}
}
