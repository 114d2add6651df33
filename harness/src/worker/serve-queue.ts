// The queue of an engine that has none, served by this process from its memory: for development.
//
// iii from 0.21.5 on hands what is enqueued to the function `engine::queue::enqueue`, whoever has registered it. Its
// messages are gone with this process: nothing here survives a crash.
import { createActivity } from "../engine/activity.ts";
import { type Input, readInput } from "../engine/input.ts";
import { copyJson, type Json } from "../engine/json.ts";
import { NO_PERSISTENCE } from "../engine/persistence.ts";
import { type QueueSettings, readQueueConfig } from "../engine/queue-config.ts";
import { createQueues } from "../engine/queues.ts";
import type { LeasePorts } from "../lease/options.ts";
import { BACKOFF_MS, deliveriesToOutlast } from "../queues/iii.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import { ask } from "../survey/ask.ts";

export interface ServedQueue {
	readonly settings: QueueSettings;
	/** Its dead letters, as `engine::queue::dlq_messages` answers them: another one may have that id. */
	deadLetters(): readonly unknown[];
	unregister(): void;
}

export interface ServeQueueOptions {
	readonly queue: string;
	/** How long a dead holder blocks its session: the retries outlast it. */
	readonly blockedMs: number;
}

const DELIVERY_MS_MIN = 5_000;

/** Registers the provider of Enqueue, and the functions on dead letters where nobody has them. */
export async function serveQueue(
	iii: IIIClient,
	{ queue, blockedMs }: ServeQueueOptions,
	ports: LeasePorts,
): Promise<ServedQueue> {
	// An answer is lost with a socket, and nobody says so. Who still runs the message then holds the session's lease, and a
	// second delivery is turned away from it: so long as a dead holder blocks its session is long enough to wait.
	const timeoutMs = Math.max(DELIVERY_MS_MIN, blockedMs);
	const config = { max_retries: deliveriesToOutlast(blockedMs, BACKOFF_MS), backoff_ms: BACKOFF_MS };
	const queues = createQueues(
		{ [queue]: config },
		{
			...ports,
			call: (function_id, payload) => iii.trigger({ function_id, payload, timeoutMs }),
			activity: createActivity(),
			persistence: NO_PERSISTENCE,
			deliverTwice: false,
		},
	);
	const serve = (id: string, answer: (input: Input) => unknown) =>
		iii.registerFunction(id, async (payload: unknown) => answer(readInput(id, copyJson(payload) as Json)));
	const registered = [
		serve("engine::queue::enqueue", (input) =>
			queues.enqueue(input.text("queue"), input.text("function_id"), input.value("data")),
		),
	];
	for (const [id, builtin] of Object.entries(queues.builtins)) {
		const owner = await ask(iii, "engine::functions::info", { function_id: id });
		if (!owner.answered) registered.push(serve(id, builtin));
	}
	return {
		settings: readQueueConfig(queue, config),
		deadLetters: () => queues.deadLetters(queue),
		unregister() {
			for (const it of registered) it.unregister();
		},
	};
}
