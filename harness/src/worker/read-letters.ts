// Where a queue's dead letters are read: at the engine, or in this process, if it is the queue.
import type { IIIClient } from "../stores/iii-client.ts";
import { lettersOf, type ReadLetters } from "../survey/dead-letters.ts";
import type { ServedQueue } from "./serve-queue.ts";

export function readLettersOf(
	iii: Pick<IIIClient, "trigger">,
	queue: string,
	served: ServedQueue | undefined,
): ReadLetters {
	if (!served) return lettersOf(iii, queue);
	return async ({ offset, limit }) => served.deadLetters().slice(offset, offset + limit);
}
