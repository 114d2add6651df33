// What can be set on a queue, with iii's names and defaults, checked once when the engine is made.

export interface QueueConfig {
	/** How often a message is delivered at most, the first time included. @default 3 */
	readonly max_retries?: number;
	/** How many messages are handled at once. @default 10 */
	readonly concurrency?: number;
	/** `fifo`: one message of a group at a time. @default "standard" */
	readonly type?: "standard" | "fifo";
	/** The field of the payload that names a message's group: with `fifo` only, and then required. */
	readonly message_group_field?: string;
	/** Milliseconds before the second delivery; each further one waits twice as long. @default 1000 */
	readonly backoff_ms?: number;
}

export interface QueueSettings {
	readonly deliveriesMax: number;
	readonly concurrency: number;
	readonly groupField: string | undefined;
	readonly backoffMs: number;
}

/** @throws TypeError naming the queue and the setting that is not as expected. */
export function readQueueConfig(name: string, config: QueueConfig): QueueSettings {
	const integer = (
		setting: "max_retries" | "concurrency" | "backoff_ms",
		fallback: number,
		least: number,
	) => {
		const value = config[setting] ?? fallback;
		if (Number.isSafeInteger(value) && value >= least) return value;
		throw new TypeError(
			`Expected \`${setting}\` of queue \`${name}\` to be an integer of at least ${least}, got \`${value}\`.`,
		);
	};
	const { type = "standard", message_group_field: groupField } = config;
	if (type !== "standard" && type !== "fifo") {
		throw new TypeError(`Expected \`type\` of queue \`${name}\` to be standard or fifo, got \`${type}\`.`);
	}
	if (type === "fifo" && !groupField) {
		throw new TypeError(`Expected \`message_group_field\` of the fifo queue \`${name}\` to name a field.`);
	}
	return {
		deliveriesMax: integer("max_retries", 3, 1),
		concurrency: integer("concurrency", 10, 1),
		groupField: type === "fifo" ? groupField : undefined,
		backoffMs: integer("backoff_ms", 1000, 0),
	};
}
