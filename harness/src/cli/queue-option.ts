// A queue as it is typed: its name, and iii's settings after it.
import { type QueueConfig, readQueueConfig } from "../engine/queue-config.ts";
import { InputError, sentenceOf } from "./input-error.ts";

const INTEGERS = ["max_retries", "concurrency", "backoff_ms"];
const TEXTS = ["type", "message_group_field"];

/** `name[,setting=value]…` of each queue. @throws InputError that names the queue. */
export function queueOptions(texts: readonly string[]): Record<string, QueueConfig> {
	const queues = new Map<string, QueueConfig>();
	for (const text of texts) {
		const [name = "", ...settings] = text.split(",");
		if (name === "" || name.includes("=")) {
			throw new InputError(`Expected --queue to begin with the queue's name, got "${text}".`);
		}
		if (queues.has(name)) throw new InputError(`The queue "${name}" was given twice.`);
		queues.set(name, readSettings(name, settings));
	}
	return Object.fromEntries(queues);
}

function readSettings(name: string, settings: readonly string[]): QueueConfig {
	const config = Object.fromEntries(settings.map((setting) => readSetting(name, setting)));
	try {
		readQueueConfig(name, config);
		return config;
	} catch (error) {
		throw new InputError(`--queue ${name}: ${sentenceOf(error)}`);
	}
}

function readSetting(queue: string, setting: string): [string, string | number] {
	const [, name = "", value = ""] = /^([^=]*)=(.*)$/.exec(setting) ?? [];
	if (TEXTS.includes(name)) return [name, value];
	if (INTEGERS.includes(name) && /^\d{1,15}$/.test(value)) return [name, Number(value)];
	throw new InputError(
		INTEGERS.includes(name)
			? `--queue ${queue}: expected ${name} to be an integer, got "${value}".`
			: `--queue ${queue}: "${setting}" is no setting; there are ${[...INTEGERS, ...TEXTS].join(", ")}.`,
	);
}
