// A worker's connection: an engine that may be starting is waited for, one that hangs does not hold the worker's end.
import type { LeasePorts } from "../lease/options.ts";
import { type Connect, createConnector, type IIIConnection } from "../stores/connect-iii.ts";
import { EngineUnfitError } from "../survey/engine-unfit-error.ts";
import { waitForEngine } from "../survey/wait-for-engine.ts";

export interface ReachOptions {
	/** As the engine lists the worker. */
	readonly name: string;
	/** How long the engine is waited for. */
	readonly patienceMs: number;
}

/** @throws EngineUnfitError if no socket opens there in time, or the URL is none. */
export async function reachEngine(
	url: string,
	{ name, patienceMs }: ReachOptions,
	ports: Pick<LeasePorts, "clock" | "retry" | "newId">,
): Promise<IIIConnection> {
	const connect = await connectorOf(url);
	await waitForEngine(url, { patienceMs }, ports);
	// iii from 0.23 on refuses a second connection of one name: a worker's next life may begin before the engine knows of
	// the end of its last one. That no two workers have one name is seen by their functions.
	return connect({ name: `${name}-${ports.newId().slice(0, 8)}` });
}

async function connectorOf(url: string): Promise<Connect> {
	try {
		return await createConnector(url);
	} catch (cause) {
		throw new EngineUnfitError((cause as Error).message, { cause });
	}
}
