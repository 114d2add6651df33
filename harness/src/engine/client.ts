// One worker's connection: what iii-sdk's client does, and the two ways in which it ends.
import type { Wait } from "../lease/clock.ts";
import type { IIIClient, TriggerRequest } from "../stores/iii-client.ts";
import type { Activity } from "./activity.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Directory } from "./directory.ts";
import type { Enqueue } from "./enqueue-provider.ts";
import { EngineError, messageOf } from "./errors.ts";
import type { Functions, Worker } from "./functions.ts";
import { copyJson, isObject, type Json } from "./json.ts";
import { createNearLink, directLink, type Link, never } from "./link.ts";
import { createOpenCalls } from "./open-calls.ts";
import type { StateTriggers } from "./state-triggers.ts";

export interface ConnectOptions {
	/** Its id, which no other has: what the functions that it calls see as `_caller_worker_id`. @default a new id */
	readonly name?: string;
	/** How the client's own calls travel. @default one `wait(0)` before and one after */
	readonly link?: Link;
	/** How the calls of others, of triggers and of queues travel to the client's functions. @default directLink */
	readonly inbound?: Link;
}

export interface EngineClient extends IIIClient {
	/**
	 * What SIGKILL does: nothing that this client asked for is answered any more, though what it has sent may still be
	 * done; no handler's answer is heard, its functions and triggers are gone, callers get `invocation_stopped`, and
	 * messages come again. What its code calls from then on is never sent, nor answered. The code itself runs on: no
	 * promise of this language can be killed.
	 */
	crash(): void;
	/** Closes the connection: as `crash()`, except that its own calls are rejected, and later ones time out. */
	disconnect(): void;
}

export interface ClientPorts {
	readonly wait: Wait;
	readonly newId: () => string;
	readonly functions: Functions;
	readonly triggers: StateTriggers;
	readonly directory: Pick<Directory, "join">;
	readonly enqueue: Enqueue;
	readonly deadlines: Deadlines;
	readonly activity: Pick<Activity, "begin">;
}

export function createClient(ports: ClientPorts, options: ConnectOptions = {}): EngineClient {
	const { name = ports.newId(), link = createNearLink(ports.wait), inbound = directLink } = options;
	const calls = createOpenCalls(ports);
	const stops = new Set<() => void>();
	const functionIds = new Set<string>();
	const triggers = new Set<() => void>();
	let gone: "crash" | "disconnect" | undefined;

	const worker: Worker = {
		name,
		carry: (function_id, payload, handle) =>
			inbound({ function_id, payload }, () => (gone ? never() : handle())),
		onGone(stop) {
			stops.add(stop);
			return () => stops.delete(stop);
		},
	};

	const part = ports.directory.join(name);
	const leave = (how: "crash" | "disconnect") => {
		if (gone) return;
		gone = how;
		part();
		for (const id of functionIds) ports.functions.unregister(id, worker);
		for (const unregister of triggers) unregister();
		calls.abandon(how);
		for (const stop of stops) stop();
	};

	return {
		async trigger(request) {
			if (gone === "crash") return never();
			const payload = readPayload(request);
			const perform = async () => performAtEngine(ports, { request, payload, caller: name });
			const answer = calls.open(request, gone ? never() : (async () => link(request, perform))());
			if (request.action?.type !== "void") return answer;
			// Nobody is told how a void call ends, be it that its function does not exist.
			answer.catch(() => undefined);
			return undefined;
		},
		registerFunction(id, handler) {
			if (id.trim() === "") throw new EngineError("registration_refused", "id is required", id);
			if (functionIds.has(id)) {
				throw new EngineError("registration_refused", `function id already registered: ${id}`, id);
			}
			if (!gone) ports.functions.register(id, worker, handler);
			functionIds.add(id);
			return {
				unregister() {
					functionIds.delete(id);
					ports.functions.unregister(id, worker);
				},
			};
		},
		registerTrigger(request) {
			if (gone) return { unregister: () => undefined };
			const remove = ports.triggers.register(request);
			const unregister = () => {
				triggers.delete(unregister);
				remove();
			};
			triggers.add(unregister);
			return { unregister };
		},
		crash: () => leave("crash"),
		disconnect: () => leave("disconnect"),
	};
}

/** The payload as it is when the call is made: what its caller does to it afterwards changes nothing. */
function readPayload({ function_id, payload }: TriggerRequest): Json {
	let copy: Json | undefined;
	let reason = `got \`${typeof payload}\``;
	try {
		copy = copyJson(payload);
	} catch (error) {
		reason = messageOf(error);
	}
	if (copy !== undefined) return copy;
	throw new EngineError("payload_not_json", `Expected \`payload\` to be JSON: ${reason}`, function_id);
}

interface ArrivedCall {
	readonly request: TriggerRequest;
	readonly payload: Json;
	readonly caller: string;
}

/** Queued messages do not say who sent them; direct and void calls do, if their payload has fields. */
async function performAtEngine(
	{ functions, enqueue }: Pick<ClientPorts, "functions" | "enqueue">,
	{ request: { function_id, action }, payload, caller }: ArrivedCall,
): Promise<unknown> {
	if (action?.type === "enqueue") return enqueue(action.queue, function_id, payload);
	const signed = isObject(payload) ? { ...payload, _caller_worker_id: caller } : payload;
	const result = functions.call(function_id, signed);
	if (action?.type !== "void") return result;
	result.catch(() => undefined);
	return undefined;
}
