// One worker's socket as one client of the engine: its frames in, the engine's frames out.
import { bodyOf, type ErrorBody, messageOf } from "../engine/errors.ts";
import { directLink, type Engine, type EngineClient, type Json, type Like } from "../engine/index.ts";
import { type Frame, type InvocationFrame, readFrame, type TriggerFrame } from "./frames.ts";
import { createInvocations, type Invocations } from "./invocations.ts";
import { createRegistrations, type Registrations } from "./registrations.ts";
import { nameIn, type Roster } from "./roster.ts";

export interface Connection {
	/** One frame of the worker. It never throws: whatever nobody has foreseen costs this worker its socket. */
	receive(text: string): void;
	/** The socket is closed: the worker's functions and triggers go, and whoever waits for it is told. */
	drop(): void;
}

export interface ConnectionPorts {
	readonly engine: Engine;
	readonly like: Like;
	readonly newId: () => string;
	readonly roster: Roster;
	/** Sends a frame, unless the socket is closed. @throws if it cannot be written as text, as one that is too long */
	readonly send: (frame: object) => void;
	readonly closeSocket: () => void;
}

interface Worker extends ConnectionPorts {
	readonly id: string;
	readonly client: EngineClient;
	readonly invocations: Invocations;
	readonly registrations: Registrations;
	/** Drops it and closes its socket. */
	readonly evict: () => void;
}

const REGISTER_WORKER = "engine::workers::register";

/** Tells the worker its id at once, and then does what its frames ask for. */
export function createConnection(ports: ConnectionPorts): Connection {
	const { engine, like, newId, roster, send } = ports;
	const id = newId();
	// The socket is distance enough.
	const client = engine.connect({ name: id, link: directLink });
	const drop = () => {
		roster.leave(id);
		client.crash();
	};
	const evict = () => {
		drop();
		ports.closeSocket();
	};
	const invocations = createInvocations(send, newId);
	const registrations = createRegistrations(client);
	const worker: Worker = { ...ports, id, client, invocations, registrations, evict };

	const reattach_token = roster.join(id, evict);
	send({ type: "workerregistered", worker_id: id, ...(like === "0.21" ? {} : { reattach_token }) });
	return {
		drop,
		receive(text) {
			try {
				const frame = readFrame(text);
				if (frame) perform(frame, worker);
			} catch {
				evict();
			}
		},
	};
}

function perform(frame: Frame, worker: Worker): void {
	const { roster, send, invocations, registrations } = worker;
	switch (frame.type) {
		case "invokefunction":
			if (frame.function_id !== REGISTER_WORKER || hasName(frame.data, worker)) {
				answer(frame, worker).catch(worker.evict);
			}
			break;
		case "invocationresult":
			invocations.finish(frame.invocation_id, frame);
			break;
		case "registerfunction":
			addFunction(frame.id, worker);
			break;
		case "unregisterfunction":
			registrations.removeFunction(frame.id);
			break;
		case "registertrigger":
			addTrigger(frame, worker);
			break;
		case "unregistertrigger":
			registrations.removeTrigger(frame.id);
			break;
		case "reattach":
			// Like 0.21, nobody was told a token: no frame has one that fits.
			roster.retire(frame.previous_worker_id, frame.reattach_token);
			break;
		case "ping":
			send({ type: "pong" });
			break;
	}
}

/** Since 0.23 the second live worker of a name is told, and its socket is closed. */
function hasName(data: Json, { id, like, roster, send, evict }: Worker): boolean {
	const worker_name = nameIn(data);
	if (like === "0.21" || worker_name === undefined) return true;
	const owner_worker_id = roster.claimName(id, worker_name);
	if (owner_worker_id === undefined) return true;
	send(rejection("WORKER_NAMESPACE_CONFLICT", { worker_name, owner_worker_id }));
	evict();
	return false;
}

function addFunction(id: string, { engine, like, send, invocations, registrations }: Worker): void {
	const owner_worker_id = engine.owners().get(id) ?? "";
	if (registrations.addFunction(id, (data) => invocations.invoke(id, data))) return;
	// Before 0.23 there is no frame to say so: the last worker gets the id, even one of the engine's own.
	if (like !== "0.21") send(rejection("FUNCTION_NAMESPACE_CONFLICT", { function_id: id, owner_worker_id }));
}

function addTrigger(frame: TriggerFrame, { like, send, registrations }: Worker): void {
	const { id, trigger_type, function_id } = frame;
	const error = registrations.addTrigger(frame);
	// Since 0.23 a trigger may come before its type, and waits for it: here, for ever.
	if (error?.code === "trigger_type_not_found" && like === "0.23") return;
	if (error) send({ type: "triggerregistrationresult", id, trigger_type, function_id, error });
}

function rejection(code: string, details: Readonly<Record<string, string>>): object {
	return { type: "registrationrejected", code, namespace: "default", ...details };
}

/**
 * Performs a call. The caller keeps the time: nothing ends it because it takes long.
 * @throws if no answer can be sent, not even that.
 */
async function answer(frame: InvocationFrame, { client, send }: Worker): Promise<void> {
	const { invocation_id, function_id, data, action } = frame;
	const request = { function_id, payload: data, timeoutMs: Number.POSITIVE_INFINITY };
	const outcome = await outcomeOf(client.trigger(action ? { ...request, action } : request));
	if (action?.type === "void" || invocation_id === undefined) return;
	const about = { type: "invocationresult", invocation_id, function_id };
	try {
		send({ ...about, ...outcome });
	} catch (thrown) {
		const message = `The answer cannot be sent: ${messageOf(thrown)}`;
		send({ ...about, error: { code: "invocation_error", message } });
	}
}

async function outcomeOf(work: Promise<unknown>): Promise<{ result: unknown } | { error: ErrorBody }> {
	try {
		return { result: await work };
	} catch (error) {
		return { error: bodyOf(error) };
	}
}
