// The queues of an engine by name, and iii's functions on their dead letters.
import { EngineError } from "./errors.ts";
import type { Builtin, Input } from "./input.ts";
import type { Json, JsonObject } from "./json.ts";
import { createQueue, type DeadLetter, type Queue, type QueuePorts } from "./queue.ts";
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
	for (const { queue, id } of ports.persistence.kept.messages) {
		if (!Object.hasOwn(configs, queue)) {
			throw new TypeError(`Expected a queue \`${queue}\`: message ${id} was kept of it.`);
		}
	}
	const queues = new Map<string, Queue>();
	const queue_configs: JsonObject = {};
	for (const [name, config] of Object.entries(configs)) {
		const settings = readQueueConfig(name, config);
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
