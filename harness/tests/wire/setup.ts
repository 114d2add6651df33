// An engine behind the wire protocol, and the workers of a test: over the newest iii-sdk, over the oldest, and by hand.
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { registerWorker as registerNewest } from "iii-sdk";
import { registerWorker as registerOldest } from "iii-sdk-oldest";
import { WebSocket } from "ws";
import type { IIIClient } from "../../src/stores/iii-client.ts";
import { realClock, realWait } from "../../src/system/real-time.ts";
import { type ServedEngine, type ServeOptions, serveEngine } from "../../src/wire/serve-engine.ts";

export interface SdkClient extends IIIClient {
	shutdown(): Promise<void>;
}

export type SdkName = "iii-sdk 0.22.1" | "iii-sdk 0.11.2";
export const NEWEST: SdkName = "iii-sdk 0.22.1";
export const OLDEST: SdkName = "iii-sdk 0.11.2";
const SDKS = { [NEWEST]: registerNewest, [OLDEST]: registerOldest };

export interface Bench extends AsyncDisposable {
	readonly served: ServedEngine;
	connect(sdk?: SdkName, workerName?: string): SdkClient;
	/** A socket, and the frames that came over it. */
	open(path?: string): Promise<RawWorker>;
}

export interface RawWorker {
	readonly socket: WebSocket;
	/** What came and was not taken yet. */
	readonly frames: readonly Record<string, unknown>[];
	/** The next frame of that type, waited for. */
	next(type: string): Promise<Record<string, unknown>>;
	send(frame: unknown): void;
}

export async function serve(options: Partial<ServeOptions> = {}): Promise<Bench> {
	const ports = { clock: realClock, wait: realWait, newId: randomUUID, triggerDelayMs: () => 0 };
	const served = await serveEngine({ port: 0, ...options }, ports);
	const clients: SdkClient[] = [];
	const sockets: WebSocket[] = [];
	return {
		served,
		connect(sdk = NEWEST, workerName = randomUUID()) {
			const client = connectTo(served.url, sdk, workerName);
			clients.push(client);
			return client;
		},
		async open(path = "/") {
			const raw = await openRaw(`${served.url}${path}`);
			sockets.push(raw.socket);
			return raw;
		},
		async [Symbol.asyncDispose]() {
			for (const client of clients) await client.shutdown();
			for (const socket of sockets) socket.terminate();
			await served.close();
		},
	};
}

export function connectTo(url: string, sdk: SdkName, workerName: string): SdkClient {
	return SDKS[sdk](url, {
		workerName,
		otel: { enabled: false },
		enableMetricsReporting: false,
		reconnectionConfig: {
			initialDelayMs: 20,
			maxDelayMs: 50,
			backoffMultiplier: 1,
			jitterFactor: 0,
			maxRetries: -1,
		},
	});
}

const LIMIT_MS = 5_000;

/** What `look` answers, once it answers anything. */
export async function until<T>(
	look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
	const deadline = AbortSignal.timeout(LIMIT_MS);
	for (;;) {
		const seen = await look();
		if (seen !== undefined && seen !== false) return seen;
		if (deadline.aborted) throw new Error(`It did not come to pass within ${LIMIT_MS} ms: ${look}`);
		await pause(5);
	}
}

async function openRaw(url: string): Promise<RawWorker> {
	const socket = new WebSocket(url);
	const frames: Record<string, unknown>[] = [];
	socket.on("message", (data) => frames.push(JSON.parse(String(data))));
	await new Promise((resolve, reject) => {
		socket.once("open", resolve);
		socket.once("error", reject);
	});
	return {
		socket,
		frames,
		next: (type) =>
			until(() => {
				const found = frames.findIndex((frame) => frame.type === type);
				return found === -1 ? undefined : frames.splice(found, 1)[0];
			}),
		send: (frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
	};
}

/** What a rejection tells its caller, and the answer if there is none. */
export async function told(work: Promise<unknown>): Promise<unknown> {
	try {
		return { answer: await work };
	} catch (error) {
		const { code, message } = error as { code: string; message: string };
		return { code, message };
	}
}
