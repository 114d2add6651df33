// A store on a Redis server that is opened by URL.
import { SessionLeaseError } from "../lease/errors.ts";
import { connectIoredis, connectNodeRedis, type RedisPlace } from "./connect-redis.ts";
import { type OpenStore, type OpenStoreOptions, reached, shownUrl } from "./opening.ts";
import { PREFIX, redisStore } from "./redis-store.ts";

/**
 * `redis://<user>:<password>@<host>:<port>/<database>?prefix=<prefix>`, or `rediss://` for TLS; all but the host may be
 * left out: port 6379, database 0, prefix `session_lease:`. One server; a cluster takes a client of its own, with
 * `redisStore`. ioredis is used if it is installed, else node-redis.
 *
 * While there is no connection, calls fail at once with `store_unavailable`: nothing is kept back and sent later, or
 * sent twice. The client connects again by itself, every second at the least.
 * @throws SessionLeaseError (`option_invalid`): the URL, or no client is installed
 * @throws TransientError (`store_unavailable`): nobody answers, or not to this user
 */
export async function openRedis(url: string, options: OpenStoreOptions = {}): Promise<OpenStore> {
	const place = parse(url);
	const { client, connect, close } = (await connectIoredis(place)) ?? (await connectNodeRedis(place));
	const store = { ...redisStore(client, { prefix: place.prefix }), close: async () => close() };
	return reached(store, { ...options, url, what: "Redis", connect });
}

interface OpenedPlace extends RedisPlace {
	readonly prefix: string;
}

const PORT = 6_379;
const DATABASE = /^\/?\d{0,4}$/;

function parse(url: string): OpenedPlace {
	const { protocol, hostname, port, pathname, searchParams, username, password, hash } = URL.canParse(url)
		? new URL(url)
		: new URL("none:");
	const isKnown = hash === "" && [...searchParams.keys()].every((name) => name === "prefix");
	const isRedis = protocol === "redis:" || protocol === "rediss:";
	if (!isRedis || hostname === "" || !DATABASE.test(pathname) || !isKnown) throw urlInvalid(url);
	try {
		return {
			host: hostname.replace(/^\[(.*)\]$/, "$1"),
			port: port === "" ? PORT : Number(port),
			user: decodeURIComponent(username),
			password: decodeURIComponent(password),
			database: Number(pathname.slice(1)),
			prefix: searchParams.get("prefix") ?? PREFIX,
			tls: protocol === "rediss:",
		};
	} catch {
		// What is written in percents is no text.
		throw urlInvalid(url);
	}
}

function urlInvalid(url: string): SessionLeaseError {
	const expected = "`redis://<host>:<port>/<database>?prefix=<prefix>`, or `rediss://` for TLS";
	const message = `Expected a URL such as ${expected}, got \`${shownUrl(url)}\`.`;
	return new SessionLeaseError("option_invalid", message);
}
