// `turn::start`: starts a turn with the assistant's message, for whoever has no worker of their own.
import { hasCode } from "../lease/errors.ts";
import { assistantMessage } from "./provider-message.ts";
import type { AssistantMessage } from "./record.ts";

export type StartAnswer = { readonly ok: true } | { readonly ok: false; readonly error: string };

/**
 * Starts the turn that the payload asks for, `{session_id, message}`; the message as a model provider returns it, or in
 * iii's own form. What trying again would not change is answered.
 * Rejects if the turn may have started, or may start when it is tried again: then a session that has a record has one.
 */
export async function startTurn(
	start: (sessionId: string, message: AssistantMessage) => Promise<void>,
	payload: unknown,
): Promise<StartAnswer> {
	const { session_id, message } = (payload ?? {}) as { session_id?: string; message?: unknown };
	try {
		await start(session_id as string, isOwnForm(message) ? message : assistantMessage(message));
		return { ok: true };
	} catch (error) {
		if (!hasCode(error, "record_exists") && !hasCode(error, "option_invalid")) throw error;
		return { ok: false, error: (error as Error).message };
	}
}

/** What has iii's calls in it is kept as it is, with all that it says besides. */
function isOwnForm(message: unknown): message is AssistantMessage {
	const { content } = (message ?? {}) as { content?: unknown };
	return Array.isArray(content) && content.some((part) => part?.type === "function_call");
}
