// Where a queue's dead letters are read: at the engine, or in this process, if it is the queue.
import type { IIIClient } from "../stores/iii-client.ts";
import type { ReadLetters } from "./dead-letters.ts";
import type { ServedQueue } from "./serve-queue.ts";

const READ_MS_MAX = 5_000;

export function readLettersOf(
	iii: Pick<IIIClient, "trigger">,
	queue: string,
	served: ServedQueue | undefined,
): ReadLetters {
	if (served) return async ({ offset, limit }) => served.deadLetters().slice(offset, offset + limit);
	return ({ offset, limit }) =>
		iii.trigger({
			function_id: "engine::queue::dlq_messages",
			payload: { queue, offset, limit },
			timeoutMs: READ_MS_MAX,
		});
}
