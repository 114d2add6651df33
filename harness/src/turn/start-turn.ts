// `turn::start`: starts a turn with the assistant's message, for whoever has no worker of their own.
import { hasCode } from "../lease/errors.ts";
import type { AssistantMessage } from "./record.ts";

export type StartAnswer = { readonly ok: true } | { readonly ok: false; readonly error: string };

/**
 * Starts the turn that the payload asks for, `{session_id, message}`. What trying again would not change is answered.
 * Rejects if the turn may have started, or may start when it is tried again: then a session that has a record has one.
 */
export async function startTurn(
	start: (sessionId: string, message: AssistantMessage) => Promise<void>,
	payload: unknown,
): Promise<StartAnswer> {
	const { session_id, message } = (payload ?? {}) as { session_id?: string; message?: unknown };
	if (!isMessage(message)) {
		return { ok: false, error: 'Expected `message` to be {role: "assistant", content: [{type, …}, …]}.' };
	}
	try {
		await start(session_id as string, message);
		return { ok: true };
	} catch (error) {
		if (!hasCode(error, "record_exists") && !hasCode(error, "option_invalid")) throw error;
		return { ok: false, error: (error as Error).message };
	}
}

function isMessage(message: unknown): message is AssistantMessage {
	const content = (message as { content?: unknown } | null | undefined)?.content;
	return Array.isArray(content) && content.every((part) => typeof part === "object" && part !== null);
}
