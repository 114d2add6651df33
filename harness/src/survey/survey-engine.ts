// Asks an engine what it has of what a worker needs: state, a queue that delivers, and a name that nobody has.

import { type QueueSettings, readQueueConfig } from "../engine/queue-config.ts";
import type { Wait } from "../lease/clock.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import { ask, fieldOf } from "./ask.ts";
import { probeAdapter } from "./probe-adapter.ts";
import type { QueueSurvey, StateAdapter, StateSurvey, Surveyed, Unfit } from "./survey.ts";
import { verifyQueue } from "./verify-queue.ts";

export interface SurveyOptions {
	/** The worker's name. */
	readonly name: string;
	readonly queue: string;
	/** How long an engine is waited for that does not answer. */
	readonly patienceMs: number;
}

export interface SurveyPorts {
	readonly wait: Wait;
	readonly newId: () => string;
}

/** One look. Rejects never, but for what a client throws at a registration. */
export async function surveyEngine(
	iii: IIIClient,
	options: SurveyOptions,
	ports: SurveyPorts,
): Promise<Surveyed> {
	const { name, queue, patienceMs } = options;
	const reached = await ask(iii, INFO, { function_id: "state::get" }, patienceMs);
	// Any answer is one of an engine, also that it does not know this function.
	if (!reached.answered && reached.code === "TIMEOUT") return { unfit: { why: "no_engine" } };
	if ((await ownerOf(iii, `turn::get_state::${name}`)) !== undefined) return { unfit: { why: "name_taken" } };
	const state = await surveyState(iii);
	if ("why" in state) return { unfit: state };
	const group = { stream_name: "agent::events", group_id: "session_lease_probe" };
	const streams = await ask(iii, "stream::list", group);
	if (!streams.answered) return { unfit: streamsRefusal(streams) };
	const found = await surveyQueue(iii, { name, queue }, ports);
	return "why" in found ? { unfit: found } : { survey: { state, queue: found } };
}

const INFO = "engine::functions::info";

/** Nobody's: the engine says that there is no such function. */
const NOBODY: unique symbol = Symbol("nobody");

/** The name of the worker that has registered the function; `undefined`: nobody has, or the engine does not say. */
async function ownerOf(iii: Pick<IIIClient, "trigger">, function_id: string): Promise<string | undefined> {
	const owner = await lookUpOwner(iii, function_id);
	return owner === NOBODY ? undefined : owner;
}

async function lookUpOwner(
	iii: Pick<IIIClient, "trigger">,
	function_id: string,
): Promise<string | typeof NOBODY | undefined> {
	const asked = await ask(iii, INFO, { function_id });
	if (!asked.answered) return asked.code === "NOT_FOUND" ? NOBODY : undefined;
	const owner = fieldOf(asked.answer, "worker_name");
	return typeof owner === "string" && owner !== "" ? owner : undefined;
}

async function surveyState(iii: Pick<IIIClient, "trigger">): Promise<StateSurvey | Unfit> {
	const looked = await ask(iii, "state::get", { scope: "session_lease_probe", key: "probe" });
	if (!looked.answered && looked.code === "function_not_found") return { why: "no_state" };
	if (!looked.answered) return { why: "refused", what: "state", reason: looked.message };
	const provider = await ownerOf(iii, "state::get");
	const configured = adapterOf(await configurationOf(iii, provider ?? "iii-state"));
	return { provider, adapter: configured === "unknown" ? await probeAdapter(iii) : configured };
}

function streamsRefusal({ code, message }: { readonly code: string; readonly message: string }): Unfit {
	if (code === "function_not_found") return { why: "no_streams" };
	return { why: "refused", what: "streams", reason: message };
}

/** What the engine keeps as the configuration of a worker, `undefined` if it tells nothing. */
async function configurationOf(iii: Pick<IIIClient, "trigger">, id: string): Promise<unknown> {
	const asked = await ask(iii, "configuration::get", { id });
	return asked.answered ? fieldOf(asked.answer, "value") : undefined;
}

/** By the configuration of whoever serves state. */
export function adapterOf(configuration: unknown): StateAdapter {
	const adapter = fieldOf(configuration, "adapter");
	const name = fieldOf(adapter, "name");
	if (typeof name !== "string") return "unknown";
	if (name === "redis") return name;
	if (name !== "kv") return { name };
	const method = fieldOf(fieldOf(adapter, "config"), "store_method");
	if (method === "in_memory") return "kv in memory";
	return method === "file_based" ? "kv in a file" : "kv";
}

async function surveyQueue(
	iii: IIIClient,
	{ name, queue }: Pick<SurveyOptions, "name" | "queue">,
	{ wait, newId }: SurveyPorts,
): Promise<QueueSurvey | Unfit> {
	const owner = await lookUpOwner(iii, "engine::queue::enqueue");
	// Engines that call no such function have the queue built in.
	const provider = owner === NOBODY ? "iii-queue" : owner;
	const functionId = `session-lease::probe::${name}`;
	const verdict = await verifyQueue(iii, { queue, functionId, id: newId(), wait });
	if (typeof verdict === "object") return enqueueRefusal(verdict.message, provider);
	const configuration = await configurationOf(iii, configurationIdOf(provider));
	return { provider, settings: settingsOf(queue, configuration), delivered: verdict === "delivered" };
}

/** The standalone worker's connection for what the engine calls may bear a name of its own. */
function configurationIdOf(provider: string | undefined): string {
	if (provider === undefined) return "iii-queue";
	return provider === "queue-engine" ? "queue" : provider;
}

/** The queue's settings by its provider's configuration; of other transports than the builtin one they are not known. */
export function settingsOf(queue: string, configuration: unknown): QueueSettings | undefined {
	const adapter = fieldOf(fieldOf(configuration, "adapter"), "name") ?? "builtin";
	const config = fieldOf(fieldOf(configuration, "queue_configs"), queue);
	if (adapter !== "builtin" || typeof config !== "object" || config === null) return undefined;
	try {
		return readQueueConfig(queue, config);
	} catch {
		// Its own provider would not have taken it: it is of a form that is not known here.
		return undefined;
	}
}

/** What iii's errors of Enqueue say is in their message: their code is one and the same. */
export function enqueueRefusal(message: string, provider: string | undefined): Unfit {
	if (
		/No queue provider is installed|QueueModule not loaded|engine::queue::enqueue not found/.test(message)
	) {
		return { why: "no_enqueue" };
	}
	if (/queue '[^']*' (?:not found|is not defined)/i.test(message)) return { why: "no_queue", provider };
	return { why: "refused", what: "queue", reason: message };
}
