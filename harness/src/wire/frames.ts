// The frames of iii's wire protocol that a worker sends, read as far as they are of use here.
import type { ErrorBody } from "../engine/errors.ts";
import { isObject, type Json, type JsonObject } from "../engine/json.ts";
import type { TriggerRequest } from "../stores/iii-client.ts";

export interface InvocationFrame {
	readonly type: "invokefunction";
	/** Absent: nobody waits for an answer. */
	readonly invocation_id: string | undefined;
	readonly function_id: string;
	readonly data: Json;
	readonly action: TriggerRequest["action"];
}

export interface TriggerFrame {
	readonly type: "registertrigger";
	readonly id: string;
	readonly trigger_type: string;
	readonly function_id: string;
	readonly config: Json;
}

export type Frame =
	| InvocationFrame
	| TriggerFrame
	| {
			readonly type: "invocationresult";
			readonly invocation_id: string;
			readonly result: Json | undefined;
			readonly error: ErrorBody | undefined;
	  }
	| { readonly type: "registerfunction" | "unregisterfunction" | "unregistertrigger"; readonly id: string }
	| {
			readonly type: "reattach";
			readonly previous_worker_id: string;
			readonly reattach_token: string | undefined;
	  }
	| { readonly type: "ping" };

const UUID = /^[\da-f]{8}-?(?:[\da-f]{4}-?){3}[\da-f]{12}$/i;

/**
 * `undefined`: passed over, as iii passes over what it cannot read. That is a text that is no JSON, a frame of an
 * unknown type or without a field that it needs, and an invocation whose id is no UUID. Functions that are to be called
 * by HTTP, trigger types of workers and services are passed over here, too.
 */
export function readFrame(content: string): Frame | undefined {
	const frame = parse(content);
	if (!isObject(frame)) return undefined;
	switch (frame.type) {
		case "invokefunction":
			return readInvocation(frame);
		case "invocationresult":
			return readResult(frame);
		case "registerfunction":
			if (!isMissing(frame.invocation)) return undefined;
			return hasTexts(frame, "id") ? { type: frame.type, id: frame.id } : undefined;
		case "unregisterfunction":
		case "unregistertrigger":
			return hasTexts(frame, "id") ? { type: frame.type, id: frame.id } : undefined;
		case "registertrigger": {
			if (!hasTexts(frame, "id", "trigger_type", "function_id") || frame.config === undefined)
				return undefined;
			const { type, id, trigger_type, function_id, config } = frame;
			return { type, id, trigger_type, function_id, config };
		}
		case "reattach": {
			if (!hasTexts(frame, "previous_worker_id")) return undefined;
			const { type, previous_worker_id, reattach_token } = frame;
			return { type, previous_worker_id, reattach_token: text(reattach_token) };
		}
		case "ping":
			return { type: frame.type };
		default:
			return undefined;
	}
}

function readInvocation(frame: JsonObject): Frame | undefined {
	const { invocation_id, data } = frame;
	if (!hasTexts(frame, "function_id") || data === undefined) return undefined;
	if (!isMissing(invocation_id) && !UUID.test(text(invocation_id) ?? "")) return undefined;
	const action = readAction(frame.action);
	if (action === "unknown") return undefined;
	const { function_id } = frame;
	return { type: "invokefunction", invocation_id: text(invocation_id), function_id, data, action };
}

function readAction(action: Json | undefined): TriggerRequest["action"] | "unknown" {
	if (isMissing(action)) return undefined;
	if (!isObject(action)) return "unknown";
	if (action.type === "void") return { type: "void" };
	const { queue } = action;
	return action.type === "enqueue" && typeof queue === "string" ? { type: "enqueue", queue } : "unknown";
}

function readResult(frame: JsonObject): Frame | undefined {
	if (!hasTexts(frame, "invocation_id", "function_id")) return undefined;
	const { invocation_id, result, error } = frame;
	if (isMissing(error)) return { type: "invocationresult", invocation_id, result, error: undefined };
	if (!isObject(error) || !hasTexts(error, "code", "message")) return undefined;
	const { code, message } = error;
	const stacktrace = text(error.stacktrace);
	return { type: "invocationresult", invocation_id, result: undefined, error: { code, message, stacktrace } };
}

function parse(content: string): Json | undefined {
	try {
		return JSON.parse(content);
	} catch {
		return undefined;
	}
}

function isMissing(value: Json | undefined): value is null | undefined {
	return value === null || value === undefined;
}

function text(value: Json | undefined): string | undefined {
	return typeof value === "string" ? value : undefined;
}

function hasTexts<Name extends string>(
	frame: JsonObject,
	...names: Name[]
): frame is JsonObject & Record<Name, string> {
	return names.every((name) => typeof frame[name] === "string");
}
