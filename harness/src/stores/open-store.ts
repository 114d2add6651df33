// A store by its URL: the scheme says which one, and its client package is loaded then.
import { SessionLeaseError } from "../lease/errors.ts";
import { createConnector, type IIIConnection } from "./connect-iii.ts";
import { iiiStore } from "./iii-store.ts";
import { memoryStore } from "./memory-store.ts";
import { openDynamodb } from "./open-dynamodb.ts";
import { openEtcd } from "./open-etcd.ts";
import { openNats } from "./open-nats.ts";
import { openPglite } from "./open-pglite.ts";
import { openPostgres } from "./open-postgres.ts";
import { openRedis } from "./open-redis.ts";
import { openSocket } from "./open-socket.ts";
import { openSqlite } from "./open-sqlite.ts";
import {
	OPEN_TIMEOUT_MS,
	type OpenStore,
	type OpenStoreOptions,
	reached,
	shownUrl,
	untilClosed,
} from "./opening.ts";

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
	const { timeoutMs = OPEN_TIMEOUT_MS } = options;
	if (!(Number.isSafeInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= TIMEOUT_MS_MAX)) {
		const expected = `an integer from 1 to ${TIMEOUT_MS_MAX}`;
		throw new SessionLeaseError(
			"option_invalid",
			`Expected \`timeoutMs\` to be ${expected}, got \`${timeoutMs}\`.`,
		);
	}
	const [, name = "", rest = ""] = /^([a-z]+):(.*)$/is.exec(String(url)) ?? [];
	const scheme = name.toLowerCase();
	const open = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
	if (open) return open(`${scheme}:${rest}`, options);
	const known = Object.keys(SCHEMES).map((one) => `${one}:`);
	const shown = shownUrl(String(url));
	const message = `Expected the URL of a store, which begins with ${known.join(", ")}; got \`${shown}\`.`;
	throw new SessionLeaseError("option_invalid", message);
}

const TIMEOUT_MS_MAX = 3_600_000;

/** `ws://host:port`: the state of an iii engine, in the scope `session_lease`. */
async function openIII(url: string, options: OpenStoreOptions): Promise<OpenStore> {
	const connect = await createConnector(url).catch((cause: Error) => {
		throw new SessionLeaseError("option_invalid", cause.message, { cause });
	});
	const { timeoutMs = OPEN_TIMEOUT_MS } = options;
	let connection: IIIConnection | undefined;
	// iii-sdk tells no caller that nobody listens.
	const connected = async () => {
		await openSocket(url, timeoutMs);
		connection = connect({});
	};
	const lazily = iiiStore({ trigger: (request) => (connection as IIIConnection).trigger(request) });
	const store = { ...lazily, close: async () => connection?.shutdown() };
	return reached(store, { timeoutMs, url, what: "An iii engine", connect: connected });
}

/** `memory:`: in this process, and gone with it. */
async function openMemory(url: string): Promise<OpenStore> {
	if (url !== "memory:")
		throw new SessionLeaseError("option_invalid", `Expected \`memory:\` alone, got \`${shownUrl(url)}\`.`);
	return untilClosed({ ...memoryStore(), close: async () => undefined });
}
