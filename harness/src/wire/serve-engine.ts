// The in-process engine behind iii's wire protocol on loopback: for development and tests, never for production.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { createEngine, type Engine, type Like, type QueueConfig } from "../engine/index.ts";
import type { StateAdapterName } from "../engine/state-adapter.ts";
import type { Clock, Wait } from "../lease/clock.ts";
import { createClosableWait } from "../system/closable-wait.ts";
import { createRetry } from "../system/retry.ts";
import { createConnection } from "./connection.ts";
import type { OpenPersistence } from "./journal.ts";
import { createRoster } from "./roster.ts";
import { ServeError } from "./serve-error.ts";

export interface ServeOptions {
	/** 0: any free one. */
	readonly port: number;
	/** Which version of iii it is, where they differ. @default "0.21" */
	readonly like?: Like;
	/** Whose answers state gives. @default "kv" */
	readonly state?: StateAdapterName;
	/** How many bytes a value may have that is set, as JSON: iii's `max_value_bytes`. @default no limit */
	readonly maxValueBytes?: number;
	/** The queues by name: of 0.21 only. @default none */
	readonly queues?: Readonly<Record<string, QueueConfig>>;
	/** Opens what outlives the engine, once the port is its own: whoever finds it taken touches no file. */
	readonly openPersistence?: (wait: Wait) => OpenPersistence;
}

export interface ServePorts {
	readonly clock: Clock;
	readonly wait: Wait;
	readonly newId: () => string;
	/** How many milliseconds until the triggers of a write are told, drawn for each: so that they come in any order. */
	readonly triggerDelayMs: () => number;
}

export interface ServedEngine {
	readonly url: string;
	readonly engine: Engine;
	/** Drops every worker, ends every wait, and flushes what outlives the engine. */
	close(): Promise<void>;
}

const HOST = "127.0.0.1";
/** Where iii-sdk sends telemetry, which goes nowhere. */
const TELEMETRY_PATH = "/otel";
/** To any request that does not ask for a web socket. */
const UPGRADE_REQUIRED = 426;

/**
 * Serves an engine to every process of this machine.
 * @throws ServeError (`port_taken`, `file_unusable`); TypeError if a queue's configuration is not as expected.
 */
export async function serveEngine(options: ServeOptions, ports: ServePorts): Promise<ServedEngine> {
	const { like = "0.21" } = options;
	const http = await listen(options.port);
	const server = new WebSocketServer({ server: http, verifyClient: isLetIn });
	const closable = createClosableWait(ports.wait);
	let persistence: OpenPersistence | undefined;
	let closing: Promise<void> | undefined;
	const close = async () => {
		// First, so that nothing which is cut off from here on is taken for done or dead.
		persistence?.close();
		closable.close();
		const closed = Promise.all([once(server, "close"), once(http, "close")]);
		server.close();
		http.close();
		for (const socket of server.clients) socket.terminate();
		// Whoever has not become a web socket, and may never say anything.
		http.closeAllConnections();
		await closed;
	};
	try {
		persistence = options.openPersistence?.(closable.wait);
		const engine = createEngine({
			...ports,
			wait: closable.wait,
			retry: createRetry(closable.wait),
			like,
			state: options.state ?? "kv",
			...(options.maxValueBytes === undefined ? {} : { maxValueBytes: options.maxValueBytes }),
			...(options.queues ? { queues: options.queues } : {}),
			...(persistence ? { persistence } : {}),
		});
		const roster = createRoster(ports.newId);
		server.on("connection", (socket, { url }) => {
			// The socket is closed after an error, which is all there is to do.
			socket.on("error", () => undefined);
			if (url === TELEMETRY_PATH) return;
			attend(socket, { engine, like, newId: ports.newId, roster });
		});
		const { port } = http.address() as AddressInfo;
		const end = () => {
			closing ??= close();
			return closing;
		};
		return { url: `ws://${HOST}:${port}`, engine, close: end };
	} catch (error) {
		await close();
		throw error;
	}
}

function attend(
	socket: WebSocket,
	ports: Omit<Parameters<typeof createConnection>[0], "send" | "closeSocket">,
): void {
	const connection = createConnection({
		...ports,
		send(frame) {
			if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
		},
		closeSocket: () => socket.close(),
	});
	socket.on("message", (data) => connection.receive(String(data)));
	socket.on("close", () => connection.drop());
}

/** No page of a web site is let in, which any browser on this machine may show. */
function isLetIn({ origin }: { readonly origin: string | undefined }): boolean {
	if (origin === undefined) return true;
	return URL.canParse(origin) && ["localhost", HOST].includes(new URL(origin).hostname);
}

async function listen(port: number): Promise<Server> {
	const server = createServer((_request, response) => response.writeHead(UPGRADE_REQUIRED).end());
	try {
		server.listen(port, HOST);
		await once(server, "listening");
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
		throw new ServeError("port_taken", `Port ${port} is taken: somebody else listens there.`, { cause });
	}
	return server;
}
