// A store by its URL: the scheme says which one, and its client package is loaded then.
import { SessionLeaseError } from "../lease/errors.ts";
import { connectIII } from "./connect-iii.ts";
import { iiiStore } from "./iii-store.ts";
import { memoryStore } from "./memory-store.ts";
import { openDynamodb } from "./open-dynamodb.ts";
import { openEtcd } from "./open-etcd.ts";
import { openNats } from "./open-nats.ts";
import { openPglite } from "./open-pglite.ts";
import { openPostgres } from "./open-postgres.ts";
import { openRedis } from "./open-redis.ts";
import { openSqlite } from "./open-sqlite.ts";
import { type OpenStore, type OpenStoreOptions, reached, shownUrl } from "./opening.ts";

type Open = (url: string, options: OpenStoreOptions) => Promise<OpenStore>;

const SCHEMES: Readonly<Record<string, Open>> = {
	redis: openRedis,
	rediss: openRedis,
	postgres: openPostgres,
	postgresql: openPostgres,
	pglite: openPglite,
	sqlite: openSqlite,
	dynamodb: openDynamodb,
	nats: openNats,
	tls: openNats,
	etcd: openEtcd,
	etcds: openEtcd,
	ws: openIII,
	wss: openIII,
	memory: openMemory,
};

/**
 * Opens the store at a URL, once it has answered. What follows the scheme is told by each `open…`.
 * @throws SessionLeaseError (`option_invalid`): the URL is none that can be opened, or the client package is not
 * installed. @throws TransientError (`store_unavailable`): nothing answers there. Both say what to do.
 */
export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<OpenStore> {
	const scheme = /^([a-z]+):/i.exec(url)?.[1]?.toLowerCase() ?? "";
	const open = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
	if (open) return open(url, options);
	const known = Object.keys(SCHEMES).map((name) => `${name}:`);
	const message = `Expected the URL of a store, which begins with ${known.join(", ")}; got \`${shownUrl(url)}\`.`;
	throw new SessionLeaseError("option_invalid", message);
}

/** `ws://host:port`: the state of an iii engine, in the scope `session_lease`. */
async function openIII(url: string, options: OpenStoreOptions): Promise<OpenStore> {
	let connection: Awaited<ReturnType<typeof connectIII>>;
	try {
		connection = await connectIII(url);
	} catch (cause) {
		throw new SessionLeaseError("option_invalid", (cause as Error).message, { cause });
	}
	const store = { ...iiiStore(connection), close: () => connection.shutdown() };
	return reached(store, { ...options, url, what: "An iii engine" });
}

/** `memory:`: in this process, and gone with it. */
async function openMemory(): Promise<OpenStore> {
	return { ...memoryStore(), close: async () => undefined };
}
