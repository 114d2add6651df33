// The errors that a caller of the engine sees, in the form that iii-sdk gives them.

/**
 * What went wrong, by the codes of iii and iii-sdk:
 * - `function_not_found`: no live worker has registered that id, and the engine itself does not provide it.
 * - `invocation_failed`: the handler threw. Its message is kept; its class and its code are gone.
 * - `invocation_stopped`: the worker that was running it disconnected or crashed. It may have done anything.
 * - `TIMEOUT`: the caller stopped waiting. The call goes on.
 * - `deserialization_error`: the payload does not have the form that the called function needs. Nothing was done.
 * - `enqueue_error`: no queue of that name, or the message lacks its group. Nothing was enqueued.
 * - `topic_required`, `queue_not_set`: a queue function was called with an empty name.
 * - `payload_not_json`: the payload is `undefined` or no JSON. iii-sdk would send it, and wait in vain.
 * - `registration_refused`: a trigger of an unknown type, or an id that is taken or that the engine provides.
 *   iii-sdk only logs the first, and lets a worker replace the engine's own functions.
 */
export type EngineErrorCode =
	| "function_not_found"
	| "invocation_failed"
	| "invocation_stopped"
	| "TIMEOUT"
	| "deserialization_error"
	| "enqueue_error"
	| "topic_required"
	| "queue_not_set"
	| "payload_not_json"
	| "registration_refused";

/** A rejection of `trigger`. Recognise it by `code`; the message is `<code>: <reason>`, as iii-sdk writes it. */
export class EngineError extends Error {
	override readonly name = "InvocationError";
	readonly code: EngineErrorCode;
	readonly function_id: string;

	constructor(code: EngineErrorCode, reason: string, functionId: string) {
		super(`${code}: ${reason}`);
		this.code = code;
		this.function_id = functionId;
	}
}

/** The text that remains of whatever a handler threw. */
export function messageOf(thrown: unknown): string {
	return thrown instanceof Error ? thrown.message : String(thrown);
}
