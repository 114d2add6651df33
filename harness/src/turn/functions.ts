// The functions that a turn may call: what is known of them, how one is run, and what a result looks like.
import type { CallResult, Decision, ExecutedCall, FunctionCall } from "./record.ts";

export interface CallContext {
	readonly sessionId: string;
	/** Aborts when the lease is lost: stop. */
	readonly signal: AbortSignal;
	/** The same whenever this call is tried again. */
	readonly idempotencyKey: string;
	/** The fencing token of whoever runs it; 0 without a lease. */
	readonly epoch: number;
}

export interface TurnFunctions {
	/** Whether somebody has to allow this call first. */
	needsApproval(call: FunctionCall): boolean;
	/** Whether running it a second time changes nothing: then it is run again after a crash. */
	isIdempotent(call: FunctionCall): boolean;
	/** Runs the call and answers JSON; a rejection becomes an error result. */
	run(call: FunctionCall, context: CallContext): Promise<unknown>;
}

/**
 * The result of what a function answered: as it is if it has the shape of one, else wrapped.
 * @throws TypeError if it cannot be written as JSON.
 */
export function toResult(answer: unknown): CallResult {
	const value: unknown = JSON.parse(JSON.stringify(answer ?? null) ?? "null");
	const shaped = value as Partial<CallResult> | null | undefined;
	if (typeof shaped === "object" && shaped !== null && Array.isArray(shaped.content)) {
		return {
			content: shaped.content,
			details: shaped.details ?? null,
			terminate: shaped.terminate === true,
		};
	}
	return { content: textOf(value ?? null), details: value ?? null, terminate: false };
}

export function errorResult(error: unknown): CallResult {
	const message = error instanceof Error ? error.message : String(error);
	return { content: textOf(message), details: { error: message }, terminate: false };
}

export function denialResult({ decision, reason }: Decision): CallResult {
	const text = decision === "aborted" ? "The turn was aborted." : `Denied${reason ? `: ${reason}` : "."}`;
	return {
		content: textOf(text),
		details: { approval_denied: true, decision, reason },
		terminate: decision === "aborted",
	};
}

/** The worker that ran it died, or lost its lease: it may have run, and nobody can know. */
export function interruptedResult(): CallResult {
	const text = "Interrupted: the worker that ran this was lost, and whether it took effect is not known.";
	return { content: textOf(text), details: { interrupted: true }, terminate: false };
}

export function executed(
	call: FunctionCall,
	result: CallResult,
	isError: boolean,
	durationMs = 0,
): ExecutedCall {
	return { call, result, is_error: isError, duration_ms: durationMs };
}

function textOf(value: unknown): CallResult["content"] {
	return [{ type: "text", text: typeof value === "string" ? value : JSON.stringify(value) }];
}
