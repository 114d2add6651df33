// Who serves state, and which adapter keeps it: as the engine tells, or by a look at what it makes of a list.
import type { IIIClient } from "../stores/iii-client.ts";
import { ask, fieldOf } from "./ask.ts";
import type { StateAdapter, StateSurvey } from "./survey.ts";

export interface FoundAdapter extends StateSurvey {
	readonly adapterFrom: "configuration" | "probe";
	/** What the engine keeps as the provider's configuration; `undefined`: it tells nothing. */
	readonly configuration: unknown;
}

/** Where a probe may write. */
export interface ProbePlace {
	readonly scope: string;
	/** Nobody else's: two that probe one key would delete each other's value. */
	readonly key: string;
}

/** Never rejects. */
export async function findAdapter(iii: Pick<IIIClient, "trigger">, place: ProbePlace): Promise<FoundAdapter> {
	const provider = await workerOf(iii, "state::get");
	const configuration = await configurationOf(iii, provider ?? "iii-state");
	const configured = adapterOf(configuration);
	if (configured !== "unknown") {
		return { provider, configuration, adapter: configured, adapterFrom: "configuration" };
	}
	return { provider, configuration, adapter: await probeAdapter(iii, place), adapterFrom: "probe" };
}

/** The name of the worker that has registered the function; `undefined`: nobody has, or the engine does not say. */
async function workerOf(iii: Pick<IIIClient, "trigger">, function_id: string): Promise<string | undefined> {
	const asked = await ask(iii, "engine::functions::info", { function_id });
	return asked.answered ? workerIn(asked.answer) : undefined;
}

/** The worker in an answer of `engine::functions::info`. */
export function workerIn(info: unknown): string | undefined {
	const name = fieldOf(info, "worker_name");
	return typeof name === "string" && name !== "" ? name : undefined;
}

/** What the engine keeps as the configuration of a worker, `undefined` if it tells nothing. */
export async function configurationOf(iii: Pick<IIIClient, "trigger">, id: string): Promise<unknown> {
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

/** Redis writes an empty list back as an empty object. Leaves nothing behind, and never rejects. */
export async function probeAdapter(
	iii: Pick<IIIClient, "trigger">,
	place: ProbePlace,
): Promise<"redis" | "not redis" | "unknown"> {
	const ops = [{ type: "set", path: "list", value: [] }];
	await ask(iii, "state::update", { ...place, ops });
	const asked = await ask(iii, "state::get", { ...place });
	await ask(iii, "state::delete", { ...place });
	const list = asked.answered ? fieldOf(asked.answer, "list") : undefined;
	if (Array.isArray(list)) return "not redis";
	return typeof list === "object" && list !== null ? "redis" : "unknown";
}
