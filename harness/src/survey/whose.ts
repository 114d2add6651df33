// Whose a function is: its handler is asked, through the engine, since not every version of iii tells the owner.
import type { FunctionHandler, IIIClient } from "../stores/iii-client.ts";
import { ask, fieldOf } from "./ask.ts";

export type Whose =
	| "mine"
	/** Whoever has it does not know this process's id. */
	| "another's"
	| "nobody's"
	/** No answer came in time, or its worker was just ending. */
	| "unknown";

const QUESTION = "session_lease_whose";
const ANSWER_MS_MAX = 2_000;

/** The same handler, that also answers whose it is. */
export function answeringWhose(handler: FunctionHandler, ownerId: string): FunctionHandler {
	return async (payload) =>
		fieldOf(payload, QUESTION) === true ? { [QUESTION]: ownerId } : handler(payload);
}

/** Never rejects. */
export async function whose(
	iii: Pick<IIIClient, "trigger">,
	functionId: string,
	ownerId: string,
): Promise<Whose> {
	const asked = await ask(iii, functionId, { [QUESTION]: true }, ANSWER_MS_MAX);
	if (asked.answered) return fieldOf(asked.answer, QUESTION) === ownerId ? "mine" : "another's";
	if (asked.code === "function_not_found") return "nobody's";
	// A handler that does not know the question has thrown.
	return asked.code === "invocation_failed" ? "another's" : "unknown";
}
