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
 * - `NOT_FOUND`: there is no configuration, or no function to tell of, of that id.
 * - `VALUE_TOO_LARGE`: `state::set` with a value of more than the allowed bytes. Nothing was done.
 * - `not_kept`: what outlives the engine could not be written. Nothing was done.
 *
 * A worker that was served over its socket may have sent any other code.
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
	| "registration_refused"
	| "NOT_FOUND"
	| "VALUE_TOO_LARGE"
	| "not_kept";

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

/** An error as it travels over a socket: the message without the code before it. */
export interface ErrorBody {
	readonly code: string;
	readonly message: string;
	readonly stacktrace?: string | undefined;
}

/** What a handler in another process answered instead of a result: its caller hears just that. */
export class HandlerFailure extends Error {
	readonly body: ErrorBody;

	constructor(body: ErrorBody) {
		super(body.message);
		this.body = body;
	}
}

/** The rejection for the caller of a handler that threw: of what it threw, the message is left. */
export function failureOf(thrown: unknown, functionId: string): EngineError {
	if (!(thrown instanceof HandlerFailure)) {
		return new EngineError("invocation_failed", messageOf(thrown), functionId);
	}
	const { code, message, stacktrace } = thrown.body;
	const error = new EngineError(code as EngineErrorCode, message, functionId);
	return stacktrace === undefined ? error : Object.assign(error, { stacktrace });
}

/** The rejection of a call as it travels over a socket. */
export function bodyOf(error: unknown): ErrorBody {
	if (!(error instanceof EngineError)) return { code: "invocation_error", message: messageOf(error) };
	const { stacktrace } = error as { readonly stacktrace?: string };
	return { code: error.code, message: error.message.slice(error.code.length + 2), stacktrace };
}

/** The text that remains of whatever a handler threw. */
export function messageOf(thrown: unknown): string {
	return thrown instanceof Error ? thrown.message : String(thrown);
}
