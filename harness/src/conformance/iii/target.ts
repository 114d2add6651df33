// Which engine it is that is there: its adapter, its version and its limits, asked for or found by probing.
import type { IIIClient } from "../../stores/iii-client.ts";
import { ask, fieldOf } from "../../survey/ask.ts";
import { type FoundAdapter, findAdapter, probeAdapter } from "../../survey/state-adapter.ts";
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

/** @throws NoEngineError if nothing answers, or what answers keeps no state. */
export async function findTarget(ports: TargetPorts, given?: Adapter): Promise<Target> {
	const { iii, scope } = ports;
	await servesState(ports);
	const found = await findAdapter(iii, { scope, key: "k" });
	const column = given ? { adapter: given, adapterFrom: "given" as const } : await columnOf(found, ports);
	const engineVersion = await versionOf(ports);
	const valueBytesMax = fieldOf(found.configuration, "max_value_bytes");
	return {
		...column,
		...(engineVersion === undefined ? {} : { engineVersion }),
		...(typeof valueBytesMax === "number" ? { valueBytesMax } : {}),
	};
}

/** The table has no column for other adapters: a look at one shows which of them it answers like. */
async function columnOf(
	{ adapter: found, adapterFrom }: FoundAdapter,
	{ iii, scope }: TargetPorts,
): Promise<Pick<Target, "adapter" | "adapterFrom">> {
	const isOther = typeof found === "object";
	const adapter = isOther ? await probeAdapter(iii, { scope, key: "k" }) : found;
	if (adapter === "unknown") throw new NoEngineError("its state does not answer what was written to it");
	const file = adapter === "kv in a file" ? "file" : "kv";
	return { adapter: adapter === "redis" ? adapter : file, adapterFrom: isOther ? "probe" : adapterFrom };
}

/** The column of the table for a version like `0.21.4`; `undefined` if the table knows none. */
export function versionColumn({ engineVersion }: Pick<Target, "engineVersion">): Version | undefined {
	const [major, minor] = (engineVersion ?? "").split(".").map(Number);
	if (major !== 0 || minor === undefined || Number.isNaN(minor)) return undefined;
	return minor <= 21 ? "0.21" : "0.23";
}

async function servesState({ iii, scope, timeoutMs }: TargetPorts): Promise<void> {
	const asked = await ask(iii, "state::get", { scope, key: "k" }, timeoutMs);
	if (asked.answered) return;
	const { code, message } = asked;
	if (code === "TIMEOUT") throw new NoEngineError(`nothing answered within ${timeoutMs} ms`);
	if (code === "function_not_found") throw new NoEngineError("the engine there serves no state");
	throw new NoEngineError(`state::get was rejected: ${message}`);
}

/** What an engine does not tell is not known: whatever the reason, the run goes on without it. */
async function versionOf({ iii, timeoutMs }: TargetPorts): Promise<string | undefined> {
	const asked = await ask(iii, "engine::workers::list", {}, timeoutMs);
	const workers = asked.answered ? fieldOf(asked.answer, "workers") : undefined;
	if (!Array.isArray(workers)) return undefined;
	const version = fieldOf(
		workers.find((worker) => fieldOf(worker, "name") === "iii-state"),
		"version",
	);
	return typeof version === "string" ? version : undefined;
}
