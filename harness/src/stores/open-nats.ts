// A bucket of NATS KV opened by URL, over @nats-io's packages, which are loaded when they are first needed.
import type { NatsConnection, NodeConnectionOptions } from "@nats-io/transport-node";
import { SessionLeaseError } from "../lease/errors.ts";
import { endingWith } from "./nats-connection.ts";
import { NATS_TIMEOUT_MS, natsStore } from "./nats-store.ts";
import {
	loadPeer,
	OPEN_TIMEOUT_MS,
	type OpenStore,
	type OpenStoreOptions,
	reached,
	shownUrl,
} from "./opening.ts";
import { parseServerList } from "./server-list.ts";

const BUCKET = "session_lease";
const BUCKET_NAME = /^[\w-]+$/;
const REPLICAS = /\?replicas=([135])$/;

/** For ever, and quickly: a lease does not wait for a connection. */
const RECONNECTION = { maxReconnectAttempts: -1, reconnectTimeWait: 100, reconnectJitter: 100 };
/** Finds out that a server is gone without a word, after two of them. The client's own is 2 minutes. */
const PING_EVERY_MS = 5_000;

/**
 * `nats://<host>:<port>/<bucket>`, with several servers as in `nats://nats1:4222,nats2:4222/sessions`, and with user and
 * password as in `nats://user:password@nats1:4222`, or a token in their place; `tls://` is the same over TLS. Without a
 * bucket it is `session_lease`. One that is not there is created: kept in files, without history and direct gets, on one
 * server, or as many as `?replicas=3` says (1, 3 or 5).
 * @throws SessionLeaseError (`option_invalid`): the URL, a package is not installed, or the bucket lets records expire
 * @throws TransientError (`store_unavailable`): nobody answers, or there is no JetStream
 */
export async function openNats(
	url: string,
	{ timeoutMs = OPEN_TIMEOUT_MS }: OpenStoreOptions = {},
): Promise<OpenStore> {
	const example = `nats://127.0.0.1:4222/${BUCKET}`;
	const address = url.replace(REPLICAS, "");
	const { scheme, hosts, login, path } = parseServerList(address, { schemes: ["nats", "tls"], example });
	const bucket = path === "" ? BUCKET : path;
	if (!BUCKET_NAME.test(bucket)) {
		const message = `Expected the name of a bucket to be of letters, digits, \`_\` and \`-\`, got \`${bucket}\`.`;
		throw new SessionLeaseError("option_invalid", message);
	}
	const store = await openBucket({
		bucket,
		replicas: Number(REPLICAS.exec(url)?.[1] ?? 1),
		shown: shownUrl(url),
		connection: {
			servers: [...hosts],
			...RECONNECTION,
			pingInterval: PING_EVERY_MS,
			timeout: timeoutMs,
			...loginOptions(login),
			...(scheme === "tls" ? { tls: {} } : {}),
		},
	});
	return reached(store, { timeoutMs, url, what: "NATS KV" });
}

function loginOptions(login: { readonly user: string; readonly password: string } | undefined) {
	if (login === undefined) return {};
	return login.password === "" ? { token: login.user } : { user: login.user, pass: login.password };
}

interface Wanted {
	readonly bucket: string;
	readonly replicas: number;
	readonly shown: string;
	readonly connection: NodeConnectionOptions;
}

async function openBucket(wanted: Wanted): Promise<OpenStore> {
	const { connect } = await loadPeer(
		() => import("@nats-io/transport-node"),
		"@nats-io/transport-node",
		"NATS",
	);
	const { jetstream } = await loadPeer(
		() => import("@nats-io/jetstream"),
		"@nats-io/jetstream",
		"NATS JetStream",
	);
	const { Kvm } = await loadPeer(() => import("@nats-io/kv"), "@nats-io/kv", "NATS KV");
	let connection: NatsConnection | undefined;
	try {
		connection = await connect(wanted.connection);
		const { bucket, replicas } = wanted;
		const manager = new Kvm(jetstream(connection, { timeout: NATS_TIMEOUT_MS }));
		const kv = await manager.create(bucket, { history: 1, replicas, allow_direct: false });
		const { ttl } = await kv.status();
		if (ttl > 0) throw expires(wanted, ttl);
		const open = connection;
		return { ...natsStore(endingWith(open, kv)), close: () => open.close() };
	} catch (cause) {
		await connection?.close();
		if (cause instanceof SessionLeaseError) throw cause;
		return neverReached(cause);
	}
}

function expires({ bucket, shown }: Wanted, ttlMs: number): SessionLeaseError {
	const message =
		`The bucket "${bucket}" at ${shown} drops records after ${ttlMs} ms, and with them who holds a session: take ` +
		"one without a TTL.";
	return new SessionLeaseError("option_invalid", message);
}

/** What it cannot do is said where its first answer is awaited, as for every other store. */
function neverReached(cause: unknown): OpenStore {
	const never = () => Promise.reject(cause);
	return { update: never, read: never, close: async () => undefined };
}
