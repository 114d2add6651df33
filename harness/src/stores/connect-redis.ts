// Connections to a Redis server over ioredis and over node-redis, set so that a lease can rely on what they say.
import { loadPeer } from "./opening.ts";
import type { RedisClient } from "./redis-clients.ts";

/** Where a server is, and who comes. */
export interface RedisPlace {
	readonly host: string;
	readonly port: number;
	/** Empty: none. */
	readonly user: string;
	readonly password: string;
	readonly database: number;
	readonly tls: boolean;
}

/** A client that is not connected yet. */
export interface Connecting {
	readonly client: RedisClient;
	connect(): Promise<void>;
	close(): void;
}

/** For each attempt: whoever does not answer by then is tried again, and a lease has time for several attempts. */
const CONNECT_TIMEOUT_MS = 2_000;
/** A connection that says nothing for so long although it was asked is given up: its server may be gone without a word. */
const SILENCE_MS_MAX = 5_000;
/** node-redis counts silence also while nobody asks. */
const PING_EVERY_MS = 2_000;
/** Whether a server that reads its data from the disk is done is asked this often: by itself ioredis asks every 10 s. */
const LOADING_MS_MAX = 500;
const RECONNECT_MS = 50;
const RECONNECT_MS_MAX = 1_000;

/** `undefined` if ioredis is not installed. */
export async function connectIoredis(place: RedisPlace): Promise<Connecting | undefined> {
	const ioredis = await import("ioredis").catch(() => undefined);
	if (ioredis === undefined) return undefined;
	const { host, port, user, password, database, tls } = place;
	const client = new ioredis.Redis({
		...{ host, port, db: database, lazyConnect: true },
		...(user === "" ? {} : { username: user }),
		...(password === "" ? {} : { password }),
		...(tls ? { tls: {} } : {}),
		connectTimeout: CONNECT_TIMEOUT_MS,
		socketTimeout: SILENCE_MS_MAX,
		retryStrategy: reconnectMs,
		// Nothing waits for a connection, and nothing is sent a second time: leases repeat by themselves.
		enableOfflineQueue: false,
		maxRetriesPerRequest: 0,
		maxLoadingRetryTime: LOADING_MS_MAX,
	});
	let first: unknown;
	// Without a listener, a lost connection would end the process. What was under way is rejected by itself.
	client.on("error", (error) => {
		first ??= error;
		// When it connects again, it goes on in database 0 if the one that it asks for is refused: none of ours.
		if (isOfSelect(error)) client.disconnect(true);
	});
	return {
		client,
		async connect() {
			try {
				await client.connect();
				// By itself it goes on in database 0 where there is no such one.
				if (database !== 0) await client.select(database);
			} catch (error) {
				// Of every failure the client says that the connection is closed; what came first is why it is.
				throw withoutCommand(first ?? error);
			}
		},
		close: () => client.disconnect(),
	};
}

export async function connectNodeRedis(place: RedisPlace): Promise<Connecting> {
	const { createClient } = await loadPeer(() => import("redis"), "ioredis", "Redis");
	const { host, port, user, password, database, tls } = place;
	let wasReady = false;
	const client = createClient({
		database,
		...(user === "" ? {} : { username: user }),
		...(password === "" ? {} : { password }),
		socket: {
			...{ host, port, ...(tls ? { tls } : {}) },
			connectTimeout: CONNECT_TIMEOUT_MS,
			socketTimeout: SILENCE_MS_MAX,
			reconnectStrategy: (retries: number) => (wasReady ? reconnectMs(retries) : false),
		},
		pingInterval: PING_EVERY_MS,
		disableOfflineQueue: true,
	});
	client.on("error", () => undefined);
	client.once("ready", () => {
		wasReady = true;
	});
	return {
		client,
		connect: async () => {
			await client.connect().catch((error: unknown) => Promise.reject(withoutCommand(error)));
		},
		close() {
			if (client.isOpen) client.destroy();
		},
	};
}

const isOfSelect = (error: unknown): boolean =>
	(error as { readonly command?: { readonly name?: string } }).command?.name === "select";

const reconnectMs = (attempt: number): number => Math.min(RECONNECT_MS * 2 ** attempt, RECONNECT_MS_MAX);

/** The same reason without the command that failed, which may be the one that carries the password. */
function withoutCommand(error: unknown): Error {
	const { errors, message } = (error ?? {}) as { errors?: readonly Error[]; message?: string };
	// One attempt for each address of a host name: the first says as much as all.
	return new Error(errors?.[0]?.message ?? message ?? String(error));
}
