// A connection to an iii engine by its URL, over iii-sdk, which is loaded when it is first needed.
import type { WebSocket } from "ws";
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
		endingForGood(
			registerWorker(url, {
				...(name === undefined ? {} : { workerName: name }),
				// A second socket and a patched `fetch`, which nobody asked for.
				otel: { enabled: false },
				enableMetricsReporting: false,
				reconnectionConfig: RECONNECTION,
			}),
		);
}

/** How long an engine may take to answer the end of a connection. The socket's own limit is 30 s. */
const GOODBYE_MS = 500;

/**
 * The connection, whose socket ends whatever the engine does. iii-sdk lets go of it on `shutdown`: one that is about to
 * open then has an error that nobody listens for in old versions, and one whose engine hangs keeps the process.
 */
function endingForGood(connection: IIIConnection): IIIConnection {
	const { shutdown } = connection;
	return Object.assign(connection, {
		async shutdown() {
			const { ws } = connection as { readonly ws?: WebSocket };
			await shutdown.call(connection);
			if (!ws || ws.readyState === ws.CLOSED) return;
			ws.on("error", () => undefined);
			const ending = setTimeout(() => ws.terminate(), GOODBYE_MS);
			ws.once("close", () => clearTimeout(ending));
		},
	});
}

async function loadSDK(): Promise<typeof import("iii-sdk")> {
	try {
		return await import("iii-sdk");
	} catch (cause) {
		throw new Error("An iii engine is reached through the package iii-sdk: npm install iii-sdk", { cause });
	}
}
