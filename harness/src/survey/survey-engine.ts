// Asks an engine what it has of what a worker needs: state, a queue that delivers, and a name that nobody has.

import { type QueueSettings, readQueueConfig } from "../engine/queue-config.ts";
import type { Wait } from "../lease/clock.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import { ask, fieldOf } from "./ask.ts";
import { configurationOf, findAdapter, workerIn } from "./state-adapter.ts";
import type { QueueSurvey, StateSurvey, Surveyed, Unfit } from "./survey.ts";
import { verifyQueue } from "./verify-queue.ts";
import { whose } from "./whose.ts";

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
	// Also where the answer is unknown: it is a worker that hangs, or that is just ending.
	const owner = await whose(iii, `turn::get_state::${name}`, ports.newId());
	if (owner !== "nobody's") return { unfit: { why: "name_taken" } };
	const state = await surveyState(iii, ports.newId());
	if ("why" in state) return { unfit: state };
	const group = { stream_name: "agent::events", group_id: PROBE_SCOPE };
	const streams = await ask(iii, "stream::list", group);
	if (!streams.answered) return { unfit: streamsRefusal(streams) };
	const found = await surveyQueue(iii, { name, queue }, ports);
	return "why" in found ? { unfit: found } : { survey: { state, queue: found } };
}

const INFO = "engine::functions::info";
const PROBE_SCOPE = "session_lease_probe";

async function surveyState(iii: Pick<IIIClient, "trigger">, key: string): Promise<StateSurvey | Unfit> {
	const looked = await ask(iii, "state::get", { scope: PROBE_SCOPE, key });
	if (!looked.answered && looked.code === "function_not_found") return { why: "no_state" };
	if (!looked.answered) return { why: "refused", what: "state", reason: looked.message };
	const { provider, adapter } = await findAdapter(iii, { scope: PROBE_SCOPE, key });
	return { provider, adapter };
}

function streamsRefusal({ code, message }: { readonly code: string; readonly message: string }): Unfit {
	if (code === "function_not_found") return { why: "no_streams" };
	return { why: "refused", what: "streams", reason: message };
}

async function surveyQueue(
	iii: IIIClient,
	{ name, queue }: Pick<SurveyOptions, "name" | "queue">,
	{ wait, newId }: SurveyPorts,
): Promise<QueueSurvey | Unfit> {
	const provider = await queueProvider(iii);
	const functionId = `session-lease::probe::${name}::${newId()}`;
	const verdict = await verifyQueue(iii, { queue, functionId, wait });
	if (typeof verdict === "object") return enqueueRefusal(verdict.message, provider);
	const configuration = await configurationOf(iii, configurationIdOf(provider));
	return { provider, settings: settingsOf(queue, configuration), delivered: verdict === "delivered" };
}

/** Engines that call no function for Enqueue have the queue built in. `undefined`: the engine does not say. */
async function queueProvider(iii: Pick<IIIClient, "trigger">): Promise<string | undefined> {
	const asked = await ask(iii, INFO, { function_id: "engine::queue::enqueue" });
	if (asked.answered) return workerIn(asked.answer);
	return asked.code === "NOT_FOUND" ? "iii-queue" : undefined;
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
