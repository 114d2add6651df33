// The turn record in the turn-orchestrator's shape, with what this library adds to it under `work`.

export type TurnState =
	| "provisioning"
	| "assistant_streaming"
	| "function_execute"
	| "function_awaiting_approval"
	| "steering_check"
	| "stopped"
	| "failed";

export interface FunctionCall {
	readonly id: string;
	readonly function_id: string;
	readonly arguments: unknown;
}

export interface PreparedCall {
	/** `run`: needs no approval. `approve`: parked until it is decided. */
	readonly route: "run" | "approve";
	readonly call: FunctionCall;
}

export interface CallResult {
	readonly content: readonly { readonly type: "text"; readonly text: string }[];
	readonly details: unknown;
	readonly terminate: boolean;
}

export interface ExecutedCall {
	readonly call: FunctionCall;
	readonly result: CallResult;
	readonly is_error: boolean;
	readonly duration_ms: number;
}

export interface Decision {
	readonly decision: "allow" | "deny" | "aborted";
	readonly reason: string | null;
}

export interface TurnWork {
	prepared: PreparedCall[];
	executed: Record<string, ExecutedCall>;
	/** Added here: calls that were about to run, with the epoch that ran them. */
	started?: Record<string, { readonly epoch: number }>;
	/** Added here: decisions that are final, since something was done about them. */
	decisions?: Record<string, Decision>;
}

export interface AwaitedApproval {
	readonly function_call_id: string;
	readonly function_id: string;
	readonly args: unknown;
}

export interface FunctionResult {
	readonly function_call_id: string;
	readonly function_id: string;
	readonly result: CallResult;
	readonly is_error: boolean;
}

export interface FunctionCallContent {
	readonly type: "function_call";
	readonly id: string;
	readonly function_id: string;
	readonly arguments: unknown;
}

export type AssistantContent = { readonly type: "text"; readonly text: string } | FunctionCallContent;

export interface AssistantMessage {
	readonly role: "assistant";
	readonly content: readonly AssistantContent[];
	readonly stop_reason: string;
}

export interface TurnRecord {
	session_id: string;
	state: TurnState;
	turn_count: number;
	max_turns?: number;
	last_assistant: AssistantMessage | null;
	work?: TurnWork;
	awaiting_approval?: AwaitedApproval[];
	function_results: FunctionResult[];
	turn_end_emitted: boolean;
	started_at_ms: number;
	updated_at_ms: number;
	error?: { kind: string; message: string };
}

/** The record of a turn whose assistant has just asked for its functions. */
export function newTurn(sessionId: string, message: AssistantMessage, nowMs: number): TurnRecord {
	return {
		session_id: sessionId,
		state: "function_execute",
		turn_count: 1,
		last_assistant: message,
		function_results: [],
		turn_end_emitted: false,
		started_at_ms: nowMs,
		updated_at_ms: nowMs,
	};
}

/** The name by which a model is offered any function: the wanted one is in its arguments. */
const TRIGGER_FUNCTION = "agent_trigger";

/** The calls that a message asks for, in its order. @throws Error if an id cannot be one, or two of them have one. */
export function callsOf(message: AssistantMessage | null): FunctionCall[] {
	const calls = (message?.content ?? []).filter((part) => part.type === "function_call").map(toCall);
	const ids = new Set<string>();
	for (const { id } of calls) {
		if (typeof id !== "string" || id === "" || id.includes("/") || id in {}) {
			throw new Error(`${JSON.stringify(id)} cannot be the id of a call.`);
		}
		if (ids.has(id)) throw new Error(`Two calls of the message have the id "${id}".`);
		ids.add(id);
	}
	return calls;
}

function toCall(part: FunctionCallContent): FunctionCall {
	if (part.function_id !== TRIGGER_FUNCTION) {
		return { id: part.id, function_id: part.function_id, arguments: part.arguments };
	}
	const wanted = part.arguments as { function?: unknown; payload?: unknown } | null;
	if (typeof wanted?.function !== "string") throw new Error(`The call "${part.id}" names no function.`);
	return { id: part.id, function_id: wanted.function, arguments: wanted.payload ?? {} };
}
