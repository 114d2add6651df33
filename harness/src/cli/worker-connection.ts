// A worker's connection: an engine that may be starting is waited for, one that hangs does not hold the worker's end.
import type { LeasePorts } from "../lease/options.ts";
import { type Connect, createConnector, type IIIConnection } from "../stores/connect-iii.ts";
import { openSocket } from "../stores/open-socket.ts";
import { InputError, sentenceOf } from "./input-error.ts";

export interface ReachOptions {
	/** As the engine lists the worker. */
	readonly name: string;
	/** How long the engine is waited for. */
	readonly patienceMs: number;
}

const AGAIN_MS = 250;
const SOCKET_MS_MAX = 3_000;

/** @throws InputError if no socket opens there in time, or the URL is none. */
export async function reachEngine(
	url: string,
	{ name, patienceMs }: ReachOptions,
	{ clock, retry, newId }: Pick<LeasePorts, "clock" | "retry" | "newId">,
): Promise<IIIConnection> {
	const connect = await connectorOf(url);
	const deadlineMs = clock.monotonicMs() + patienceMs;
	const open = () => openSocket(url, Math.min(SOCKET_MS_MAX, patienceMs));
	try {
		await retry(open, {
			delayMs: () => (clock.monotonicMs() + AGAIN_MS < deadlineMs ? AGAIN_MS : undefined),
		});
	} catch (error) {
		const { message, code = "" } = error as { readonly message: string; readonly code?: string };
		throw new InputError(
			`No iii engine answers at ${url} (${message || code}); it was waited for ${patienceMs} ms.`,
		);
	}
	// iii from 0.23 on refuses a second connection of one name: a worker's next life may begin before the engine knows of
	// the end of its last one. That no two workers have one name is seen by their functions.
	return connect({ name: `${name}-${newId().slice(0, 8)}` });
}

async function connectorOf(url: string): Promise<Connect> {
	try {
		return await createConnector(url);
	} catch (error) {
		throw new InputError(sentenceOf(error));
	}
}
