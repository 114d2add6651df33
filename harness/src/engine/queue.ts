// One queue: every message delivered at least once, again after any failure, and in the end a dead letter.
//
// A message waits for a slot, is being handled, waits for its backoff, or is a dead letter. Acknowledged, it is gone:
// that its function's promise resolved is all that counts. Whatever else happens is one delivery that failed: an error
// of any class, a function that nobody has registered, a worker that crashed in the middle.
import type { Clock, Retry, Wait } from "../lease/clock.ts";
import type { Activity } from "./activity.ts";
import { EngineError, messageOf } from "./errors.ts";
import { isObject, type Json } from "./json.ts";
import type { Burial, KeptMessage, Persistence } from "./persistence.ts";
import type { QueueSettings } from "./queue-config.ts";
import { createSlots } from "./slots.ts";

/** A message that was delivered as often as its queue allows, as `engine::queue::dlq_messages` answers it. */
export interface DeadLetter {
	/** Here the `messageReceiptId`; in iii an id of its own. */
	readonly id: string;
	/** Here the last delivery's error; in iii always "function call failed". */
	readonly error: string;
	/** In seconds since 1970. */
	readonly failed_at: number;
	readonly payload: unknown;
	/** How often it was delivered. */
	readonly retries: number;
	readonly size_bytes: number;
}

export interface QueuePorts {
	readonly clock: Clock;
	readonly wait: Wait;
	readonly retry: Retry;
	readonly newId: () => string;
	readonly call: (functionId: string, payload: Json) => Promise<unknown>;
	readonly activity: Pick<Activity, "track">;
	/** Hears of every message that is taken, done, or dead. */
	readonly persistence: Persistence;
	/** Every message is handled once more than it has to be: beside its first delivery, or after it. */
	readonly deliverTwice: boolean;
}

export interface Queue {
	/** @throws EngineError (`enqueue_error`) if a fifo queue finds no group in the payload. */
	enqueue(functionId: string, payload: Json): { readonly messageReceiptId: string };
	/** The newest first, as in iii. */
	deadLetters(): readonly DeadLetter[];
	/** Sends every dead letter again, the oldest first, with all its deliveries before it; answers how many. */
	redrive(): number;
}

interface Message {
	readonly id: string;
	readonly functionId: string;
	readonly payload: Json;
	readonly group: string | undefined;
}

export function createQueue(name: string, settings: QueueSettings, ports: QueuePorts): Queue {
	const slots = createSlots(settings.concurrency);
	const { kept, keep } = ports.persistence;
	let dead: { readonly message: Message; readonly letter: DeadLetter }[] = [];

	const deliver = async ({ functionId, payload, group }: Message, ahead: boolean) => {
		const giveBack = await slots.take(group, { ahead });
		try {
			await ports.wait(0);
			await ports.call(functionId, payload);
		} finally {
			// Also before a backoff: on a real engine (0.21.4) too, a failed message of a group is overtaken by the next.
			giveBack();
		}
	};

	const deliverUntilDone = async (message: Message) => {
		try {
			await ports.retry((attempt) => deliver(message, attempt > 1), {
				delayMs: (_error, attempt) =>
					attempt < settings.deliveriesMax ? settings.backoffMs * 2 ** (attempt - 1) : undefined,
			});
		} catch (thrown) {
			const error = messageOf(thrown);
			const failed_at = Math.floor(ports.clock.wallMs() / 1000);
			dead.push({ message, letter: letterOf(message, { error, failed_at }) });
			keep({ change: "bury", queue: name, id: message.id, error, failed_at });
			return;
		}
		// If this cannot be kept, the message comes again with the next engine: at least once.
		keep({ change: "finish", queue: name, id: message.id });
	};

	const letterOf = ({ id, payload }: Message, burial: Burial): DeadLetter => ({
		id,
		...burial,
		payload,
		retries: settings.deliveriesMax,
		size_bytes: Buffer.byteLength(JSON.stringify(payload)),
	});

	/** Its deliveries count from one again. */
	const restore = ({ id, function_id: functionId, payload, burial }: KeptMessage) => {
		const group = groupOf(name, settings.groupField, { functionId, payload });
		const message = { id, functionId, payload, group };
		if (burial) dead.push({ message, letter: letterOf(message, burial) });
		else ports.activity.track(deliverUntilDone(message));
	};
	for (const message of kept.messages) if (message.queue === name) restore(message);

	return {
		enqueue(functionId, payload) {
			const group = groupOf(name, settings.groupField, { functionId, payload });
			const message = { id: ports.newId(), functionId, payload, group };
			keep({ change: "enqueue", queue: name, id: message.id, function_id: functionId, payload });
			ports.activity.track(deliverUntilDone(message));
			// How the delivery too many ends changes nothing: it is neither retried nor kept.
			if (ports.deliverTwice) ports.activity.track(deliver(message, false));
			return { messageReceiptId: message.id };
		},
		deadLetters: () => dead.map(({ letter }) => letter).reverse(),
		redrive() {
			const again = dead;
			keep({ change: "redrive", queue: name });
			dead = [];
			for (const { message } of again) ports.activity.track(deliverUntilDone(message));
			return again.length;
		},
	};
}

/**
 * Which messages it is handled one at a time with, `undefined`: with any.
 * @throws EngineError (`enqueue_error`) if a fifo queue finds no group in the payload.
 */
export function groupOf(
	queue: string,
	field: string | undefined,
	{ functionId, payload }: { readonly functionId: string; readonly payload: Json },
): string | undefined {
	if (field === undefined) return undefined;
	const value = isObject(payload) && Object.hasOwn(payload, field) ? payload[field] : undefined;
	if (value !== undefined && value !== null) return JSON.stringify(value);
	const reason = `FIFO queue '${queue}': the message needs a field '${field}' that is not null`;
	throw new EngineError("enqueue_error", reason, functionId);
}
