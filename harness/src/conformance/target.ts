// Which engine it is that is there: its adapter, its version and its limits, asked for or found by probing.
import type { IIIClient } from "../stores/iii-client.ts";
import type { Adapter, Version } from "./conformance-case.ts";

export interface Target {
	readonly adapter: Adapter;
	/** How the adapter is known. A probe does not tell `file` from `kv`, which answer alike. */
	readonly adapterFrom: "given" | "configuration" | "probe";
	/** As the engine tells it; missing if it does not. */
	readonly engineVersion?: string;
	/** The limit that its configuration sets on a value; missing: none, or it is not told. */
	readonly valueBytesMax?: number;
}

/** Nothing answered as an engine with state does. */
export class NoEngineError extends Error {
	override readonly name = "NoEngineError";
}

export interface TargetPorts {
	readonly iii: Pick<IIIClient, "trigger">;
	/** A scope in which it may write, for a probe. */
	readonly scope: string;
	/** How long a call may take, in milliseconds. */
	readonly timeoutMs: number;
}

/** @throws NoEngineError if nothing answers, or what answers serves no state. */
export async function findTarget(ports: TargetPorts, given?: Adapter): Promise<Target> {
	await servesState(ports);
	const [configuration, engineVersion] = [await stateConfiguration(ports), await versionOf(ports)];
	const configured = given === undefined ? adapterIn(configuration) : undefined;
	const adapter = given ?? configured ?? (await probedAdapter(ports));
	const valueBytesMax = configuration?.max_value_bytes;
	return {
		adapter,
		adapterFrom: given ? "given" : configured ? "configuration" : "probe",
		...(engineVersion === undefined ? {} : { engineVersion }),
		...(typeof valueBytesMax === "number" ? { valueBytesMax } : {}),
	};
}

/** The column of the table for a version like `0.21.4`; `undefined` if the table knows none. */
export function versionColumn({ engineVersion }: Pick<Target, "engineVersion">): Version | undefined {
	const [major, minor] = (engineVersion ?? "").split(".").map(Number);
	if (major !== 0 || minor === undefined || Number.isNaN(minor)) return undefined;
	return minor <= 21 ? "0.21" : "0.23";
}

async function servesState({ iii, scope, timeoutMs }: TargetPorts): Promise<void> {
	try {
		await iii.trigger({ function_id: "state::get", payload: { scope, key: "k" }, timeoutMs });
	} catch (cause) {
		const { code } = cause as { code?: unknown };
		if (code === "TIMEOUT") throw new NoEngineError(`nothing answered within ${timeoutMs} ms`, { cause });
		if (code === "function_not_found") throw new NoEngineError("the engine there serves no state", { cause });
		throw new NoEngineError(`state::get was rejected: ${(cause as Error).message}`, { cause });
	}
}

interface StateConfiguration {
	readonly adapter?: { readonly name?: unknown; readonly config?: { readonly store_method?: unknown } };
	readonly max_value_bytes?: unknown;
}

async function stateConfiguration({ iii, timeoutMs }: TargetPorts): Promise<StateConfiguration | undefined> {
	const answer = await answerOrNothing(
		iii.trigger({ function_id: "configuration::get", payload: { id: "iii-state" }, timeoutMs }),
	);
	return (answer as { value?: StateConfiguration } | undefined)?.value;
}

function adapterIn(configuration: StateConfiguration | undefined): Adapter | undefined {
	const { name, config } = configuration?.adapter ?? {};
	if (name === "redis") return "redis";
	if (name === "kv") return config?.store_method === "file_based" ? "file" : "kv";
	return undefined;
}

async function versionOf({ iii, timeoutMs }: TargetPorts): Promise<string | undefined> {
	const answer = (await answerOrNothing(
		iii.trigger({ function_id: "engine::workers::list", payload: {}, timeoutMs }),
	)) as { readonly workers?: readonly { readonly name?: unknown; readonly version?: unknown }[] } | undefined;
	const version = answer?.workers?.find(({ name }) => name === "iii-state")?.version;
	return typeof version === "string" ? version : undefined;
}

/** Redis takes an empty array for an empty object. */
async function probedAdapter({ iii, scope, timeoutMs }: TargetPorts): Promise<Adapter> {
	const place = { scope, key: "k" };
	const call = (function_id: string, more: object) =>
		iii.trigger({ function_id, payload: { ...place, ...more }, timeoutMs });
	try {
		await call("state::set", { value: [] });
		const { new_value } = await call("state::update", { ops: [] });
		return Array.isArray(new_value) ? "kv" : "redis";
	} finally {
		await call("state::delete", {});
	}
}

/** What an engine does not tell is not known: whatever the reason, the run goes on without it. */
async function answerOrNothing(call: Promise<unknown>): Promise<unknown> {
	return call.catch(() => undefined);
}
