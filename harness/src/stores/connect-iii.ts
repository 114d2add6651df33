// A connection to an iii engine by its URL, over iii-sdk, which is loaded when it is first needed.
import type { IIIClient } from "./iii-client.ts";
import { shownUrl } from "./opening.ts";

export interface ConnectIIIOptions {
	/** As the engine lists it. @default host name and process id */
	readonly name?: string;
}

export interface IIIConnection extends IIIClient {
	/** Closes the socket; calls that are open are rejected. */
	shutdown(): Promise<void>;
}

/** Quicker than iii-sdk's own (1 s, then up to 30 s): a lease does not wait for a connection. */
const RECONNECTION = {
	initialDelayMs: 100,
	maxDelayMs: 2_000,
	backoffMultiplier: 2,
	jitterFactor: 0.3,
	maxRetries: -1,
};

/**
 * Answers at once: the socket opens later, and again whenever it was lost. Calls made meanwhile are sent then.
 * @throws TypeError if the URL is none of a web socket; Error if `iii-sdk` is not installed.
 */
export async function connectIII(url: string, options: ConnectIIIOptions = {}): Promise<IIIConnection> {
	return (await createConnector(url))(options);
}

export type Connect = (options: ConnectIIIOptions) => IIIConnection;

/** The same for several connections, each made without waiting. @throws as `connectIII` does. */
export async function createConnector(url: string): Promise<Connect> {
	if (!/^wss?:\/\/[^/\s]+/.test(url) || !URL.canParse(url)) {
		throw new TypeError(
			`Expected the URL of an iii engine, as in ws://127.0.0.1:49134, got \`${shownUrl(url)}\`.`,
		);
	}
	const { registerWorker } = await loadSDK();
	return ({ name }) =>
		registerWorker(url, {
			...(name === undefined ? {} : { workerName: name }),
			// A second socket and a patched `fetch`, which nobody asked for.
			otel: { enabled: false },
			enableMetricsReporting: false,
			reconnectionConfig: RECONNECTION,
		});
}

async function loadSDK(): Promise<typeof import("iii-sdk")> {
	try {
		return await import("iii-sdk");
	} catch (cause) {
		throw new Error("An iii engine is reached through the package iii-sdk: npm install iii-sdk", { cause });
	}
}
