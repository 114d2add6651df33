// The queues of an engine by name, and iii's functions on their dead letters.
import { EngineError, messageOf } from "./errors.ts";
import type { Builtin, Input } from "./input.ts";
import type { Json, JsonObject } from "./json.ts";
import type { KeptMessage } from "./persistence.ts";
import { createQueue, type DeadLetter, groupOf, type Queue, type QueuePorts } from "./queue.ts";
import { type QueueConfig, type QueueSettings, readQueueConfig } from "./queue-config.ts";

export interface Queues {
	/** What `configuration::get` tells of them. */
	readonly configuration: Json;
	readonly builtins: Readonly<Record<string, Builtin>>;
	/** @throws EngineError (`enqueue_error`) if there is no such queue, or it refuses the message. */
	enqueue(queue: string, functionId: string, payload: Json): { readonly messageReceiptId: string };
	/** @throws TypeError if there is no such queue. */
	deadLetters(queue: string): readonly DeadLetter[];
}

/** How many dead letters an answer has if the call does not say. */
const LIMIT_DEFAULT = 50;

export function createQueues(configs: Readonly<Record<string, QueueConfig>>, ports: QueuePorts): Queues {
	const settingsOf = new Map(
		Object.entries(configs).map(([name, config]) => [name, readQueueConfig(name, config)]),
	);
	// Before any queue delivers: none does if one of them cannot be.
	for (const message of ports.persistence.kept.messages) checkKept(message, settingsOf.get(message.queue));
	const queues = new Map<string, Queue>();
	const queue_configs: JsonObject = {};
	for (const [name, settings] of settingsOf) {
		queues.set(name, createQueue(name, settings, ports));
		queue_configs[name] = configurationOf(settings);
	}

	const builtins: Record<string, Builtin> = {
		"engine::queue::dlq_messages": (input) => {
			const name = input.text(input.optional("queue") === undefined ? "topic" : "queue");
			if (name === "")
				throw new EngineError("topic_required", "topic is required", "engine::queue::dlq_messages");
			const offset = count(input, "offset", 0);
			const letters = queues.get(name)?.deadLetters() ?? [];
			return letters.slice(offset, offset + count(input, "limit", LIMIT_DEFAULT));
		},
		"iii::queue::redrive": (input) => {
			const name = input.text("queue");
			if (name === "")
				throw new EngineError("queue_not_set", "Queue name is required", "iii::queue::redrive");
			return { queue: name, redriven: queues.get(name)?.redrive() ?? 0 };
		},
	};

	return {
		builtins,
		configuration: { adapter: { name: "builtin" }, queue_configs },
		enqueue(queue, functionId, payload) {
			const found = queues.get(queue);
			if (!found) throw new EngineError("enqueue_error", `Queue '${queue}' not found`, functionId);
			return found.enqueue(functionId, payload);
		},
		deadLetters(queue) {
			const found = queues.get(queue);
			if (!found) throw new TypeError(`Expected the name of a queue, got \`${queue}\`.`);
			return found.deadLetters();
		},
	};
}

/** @throws TypeError if the queue is not there, or does not take the message any more. */
function checkKept(message: KeptMessage, settings: QueueSettings | undefined): void {
	const { queue, id, function_id: functionId, payload } = message;
	if (!settings) throw new TypeError(`Expected a queue \`${queue}\`: message ${id} was kept of it.`);
	try {
		groupOf(queue, settings.groupField, { functionId, payload });
	} catch (cause) {
		const expected = `Expected message ${id}, which was kept of queue \`${queue}\`, to go there`;
		throw new TypeError(`${expected}: ${messageOf(cause)}`, { cause });
	}
}

/** In iii's names. Nothing polls for deliveries here, so that there is no `poll_interval_ms`. */
function configurationOf({ deliveriesMax, concurrency, backoffMs, groupField }: QueueSettings): JsonObject {
	return {
		max_retries: deliveriesMax,
		concurrency,
		backoff_ms: backoffMs,
		type: groupField === undefined ? "standard" : "fifo",
		message_group_field: groupField ?? null,
	};
}

function count(input: Input, name: string, fallback: number): number {
	const value = input.optional(name) ?? fallback;
	if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
	throw input.refuse(`invalid value for \`${name}\`, expected u64`);
}
