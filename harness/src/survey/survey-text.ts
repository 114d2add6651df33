// A survey as text: one line of what was found and decided, or what is missing and where it comes from.
import { BACKOFF_MS, deliveriesToOutlast, retriesEndAfterMs } from "../queues/iii.ts";
import type { QueueSurvey, StateAdapter, StateSurvey, Survey, Unfit } from "./survey.ts";

export interface SurveyTextOptions {
	readonly queue: string;
	readonly ttlMs: number;
	readonly skewMs: number;
	/** How many losers wait in place. */
	readonly slots: number;
}

/** One line. What is not known is called unknown. */
export function surveyText({ state, queue }: Survey, options: SurveyTextOptions): string {
	return [stateText(state), queueText(queue, options.queue), retriesText(queue, options)].join("; ");
}

function stateText({ provider, adapter }: StateSurvey): string {
	return `state: ${providerText(provider, "iii-state")}, ${adapterText(adapter)}`;
}

function adapterText(adapter: StateAdapter): string {
	if (typeof adapter === "object") return `adapter ${adapter.name}`;
	switch (adapter) {
		case "kv in memory":
			return "kv in memory (gone with it)";
		case "kv in a file":
			return "kv in a file (a crash may forget seconds of acknowledged writes)";
		case "kv":
			return "kv (whether in memory or a file is unknown)";
		case "not redis":
			return "adapter unknown, not redis";
		case "redis":
			return "redis";
		case "unknown":
			return "adapter unknown";
	}
}

function queueText({ provider, delivered }: QueueSurvey, name: string): string {
	const verdict = delivered ? "delivers" : "took a message, and has not delivered it yet";
	return `queue ${name}: ${providerText(provider, "iii-queue")}, ${verdict}`;
}

function providerText(provider: string | undefined, builtin: string): string {
	if (provider === undefined) return "provider unknown";
	return provider === builtin ? `builtin ${builtin}` : `worker ${provider}`;
}

function retriesText({ settings }: QueueSurvey, { ttlMs, skewMs, slots }: SurveyTextOptions): string {
	const blockedMs = ttlMs + skewMs;
	const lease = `a dead holder's lease (${ttlMs} + ${skewMs} ms)`;
	if (settings && retriesEndAfterMs(settings) > blockedMs) {
		return `its retries end after ${retriesEndAfterMs(settings)} ms and outlast ${lease}`;
	}
	const ends = settings
		? `its retries end after ${retriesEndAfterMs(settings)} ms, before ${lease}`
		: `whether its retries outlast ${lease} is unknown`;
	return slots > 0 ? `${ends}: up to ${slots} losers wait in place` : `${ends}: no loser waits in place`;
}

export interface UnfitTextOptions {
	readonly url: string;
	readonly name: string;
	readonly queue: string;
	/** How long it was waited for. */
	readonly patienceMs: number;
	/** How long a dead holder blocks its session: the proposed retries outlast it. */
	readonly blockedMs: number;
}

/** What is missing, and how to get it: several lines. */
export function unfitText(
	unfit: Unfit,
	{ url, name, queue, patienceMs, blockedMs }: UnfitTextOptions,
): string {
	const deliveries = deliveriesToOutlast(blockedMs, BACKOFF_MS);
	const settings = `{ type: standard, concurrency: 10, max_retries: ${deliveries}, backoff_ms: ${BACKOFF_MS} }`;
	switch (unfit.why) {
		case "no_engine":
			return `No iii engine answers at ${url}; it was waited for ${patienceMs} ms.`;
		case "name_taken":
			return `A worker named "${name}" is connected to ${url} already. Give each one a --name of its own.`;
		case "functions_gone":
			return [
				`The engine at ${url} has lost the functions of the worker "${name}", as when another one of that name`,
				"had taken them and is gone. Start it again, and give each one a --name of its own.",
			].join("\n");
		case "no_state":
			return [
				`The engine at ${url} has no state: nobody has registered state::get.`,
				"Run `iii worker add state`, or add to the engine's configuration, under `workers`:",
				"  - name: iii-state",
				"    config: { adapter: { name: kv, config: { store_method: in_memory } } }",
			].join("\n");
		case "no_streams":
			return [
				`The engine at ${url} has no streams, which a turn's events go to: nobody has registered stream::set.`,
				"Add to the engine's configuration, under `workers`:",
				"  - name: iii-stream",
				"    config: { adapter: { name: kv, config: { store_method: in_memory } }, port: 3112 }",
			].join("\n");
		case "no_enqueue":
			return [
				`The engine at ${url} has nobody who serves Enqueue, so no wake can be sent.`,
				"Run `iii worker add queue` (to iii 0.21.4: add iii-queue to the engine's configuration),",
				"or, for development, let `session-lease worker --serve-queue` be the queue.",
			].join("\n");
		case "no_queue":
			return [
				`The engine at ${url} has no queue "${queue}". Add it to the configuration of ${providerName(unfit.provider)}:`,
				"  queue_configs:",
				`    ${queue}: ${settings}`,
				...(unfit.provider === "iii-queue" ? [] : ["or call queue::define with the same."]),
			].join("\n");
		case "refused":
			return `The ${unfit.what} of the engine at ${url} cannot be used: ${unfit.reason}`;
	}
}

const providerName = (provider: string | undefined): string =>
	provider === undefined ? "its queue" : providerText(provider, "iii-queue");
