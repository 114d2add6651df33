// A bucket of NATS KV opened by URL, over @nats-io's packages, which are loaded when they are first needed.
import { createConnection, type Socket } from "node:net";
import type { NatsConnection, NodeConnectionOptions } from "@nats-io/transport-node";
import { SessionLeaseError } from "../lease/errors.ts";
import { realWait } from "../system/real-time.ts";
import { within } from "../system/within.ts";
import { NATS_TIMEOUT_MS, natsStore } from "./nats-store.ts";
import {
	loadPeer,
	OPEN_TIMEOUT_MS,
	type OpenStore,
	type OpenStoreOptions,
	reached,
	shownUrl,
} from "./opening.ts";
import { type Login, parseServerList } from "./server-list.ts";

const BUCKET = "session_lease";
const BUCKET_NAME = /^[\w-]+$/;
const REPLICAS = /\?replicas=([135])$/;

/**
 * For ever, and quickly: a lease does not wait for a connection. That goes for a server that refuses the login as well,
 * since it may be about to learn of it: by default the second refusal in a row would be the end. The first connection is
 * given up all the same once each server has refused it.
 */
const RECONNECTION = {
	maxReconnectAttempts: -1,
	reconnectTimeWait: 100,
	reconnectJitter: 100,
	ignoreAuthErrorAbort: true,
};
/** Finds out that a server is gone without a word, after two of them. The client's own is 2 minutes. */
const PING_EVERY_MS = 5_000;

/**
 * `nats://<host>:<port>/<bucket>`, with several servers as in `nats://nats1:4222,nats2:4222/sessions`, and with user and
 * password as in `nats://user:password@nats1:4222`, or a token in their place, which has no colon; `tls://` is the same
 * over TLS. Without a port it is 4222, without a bucket `session_lease`. One that is not there is created: kept in files,
 * without history and direct gets, on one server, or as many as `?replicas=3` says (1, 3 or 5). A connection that is
 * being made when the store is closed, to a host that answers nothing at all, keeps a process until the kernel gives up, for
 * up to about two minutes.
 * @throws SessionLeaseError (`option_invalid`): the URL, a package is not installed, or there is a bucket of this name that
 * lets records expire, or has other replicas than the URL says
 * @throws TransientError (`store_unavailable`): nobody answers, or there is no JetStream
 */
export async function openNats(
	url: string,
	{ timeoutMs = OPEN_TIMEOUT_MS }: OpenStoreOptions = {},
): Promise<OpenStore> {
	const example = `nats://127.0.0.1:4222/${BUCKET}`;
	const address = url.replace(REPLICAS, "");
	const { scheme, hosts, login, path } = parseServerList(address, {
		schemes: ["nats", "tls"],
		example,
		port: 4222,
	});
	const bucket = path === "" ? BUCKET : path;
	if (!BUCKET_NAME.test(bucket)) {
		const message = `Expected the name of a bucket to be of letters, digits, \`_\` and \`-\`, got \`${bucket}\`.`;
		throw new SessionLeaseError("option_invalid", message);
	}
	const replicas = REPLICAS.exec(url)?.[1];
	const store = await openBucket({
		bucket,
		replicas: replicas === undefined ? undefined : Number(replicas),
		shown: shownUrl(url),
		hosts,
		timeoutMs,
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

function loginOptions(login: Login | undefined) {
	if (login === undefined) return {};
	return login.password === undefined ? { token: login.user } : { user: login.user, pass: login.password };
}

interface Wanted {
	readonly bucket: string;
	/** As the URL says. */
	readonly replicas: number | undefined;
	readonly shown: string;
	readonly hosts: readonly string[];
	readonly timeoutMs: number;
	readonly connection: NodeConnectionOptions;
}

async function openBucket(wanted: Wanted): Promise<OpenStore> {
	const [{ connect }, { jetstream }, { Kvm }] = await loadPeer(
		() =>
			Promise.all([import("@nats-io/transport-node"), import("@nats-io/jetstream"), import("@nats-io/kv")]),
		"@nats-io/transport-node @nats-io/jetstream @nats-io/kv",
		"NATS KV",
	);
	let connection: NatsConnection | undefined;
	try {
		await firstWord(wanted);
		connection = await connect(wanted.connection);
		const { bucket, replicas = 1 } = wanted;
		const manager = new Kvm(jetstream(connection, { timeout: NATS_TIMEOUT_MS }));
		const create = () => manager.create(bucket, { history: 1, replicas, allow_direct: false });
		// Somebody else creates it at this moment: the next time it is there.
		const kv = await create().catch((error: unknown) =>
			isOverlap(error) ? create() : Promise.reject(error),
		);
		checkBucket(wanted, await kv.status());
		const open = connection;
		return { ...natsStore(kv, { connection: open }), close: () => closed(open) };
	} catch (cause) {
		if (connection) await closed(connection);
		if (cause instanceof SessionLeaseError) throw cause;
		return neverReached(cause);
	}
}

/**
 * Resolves when one of the servers has spoken, as each does when it is connected to. The client awaits that on a socket
 * that it leaves open when it gives up, which keeps the process from its end; these end in any case.
 */
async function firstWord({ hosts, timeoutMs }: Wanted): Promise<void> {
	const sockets: Socket[] = [];
	const wordOf = async (host: string) => {
		const { hostname, port } = new URL(`tcp://${host}`);
		const socket = createConnection({ host: hostname.replace(/[[\]]/g, ""), port: Number(port) });
		sockets.push(socket);
		await new Promise<void>((resolve, reject) => {
			socket.once("data", () => resolve()).once("error", reject);
			socket.once("close", () => reject(new Error("no answer: the connection was closed")));
		});
	};
	try {
		if (!(await within(realWait, timeoutMs, Promise.any(hosts.map(wordOf)))))
			throw new Error(`no answer within ${timeoutMs} ms`);
	} catch (error) {
		throw error instanceof AggregateError ? error.errors[0] : error;
	} finally {
		for (const socket of sockets) socket.destroy();
	}
}

/** What a client keeps to itself, and how it connects. */
interface Protocol {
	readonly transport?: { discard?(): void };
	dial?: () => Promise<never>;
}

/**
 * Closes it, and the socket as well on which it awaits the first word of a server that it is about to return to. If it is
 * looking up the name of that server, it would connect after it was closed, and nobody would close that connection.
 */
async function closed(connection: NatsConnection): Promise<void> {
	const { protocol } = connection as { readonly protocol?: Protocol };
	if (protocol) protocol.dial = () => Promise.reject(new Error("The connection was closed."));
	await connection.close();
	protocol?.transport?.discard?.();
}

/** A bucket that was there may be another one than would be created. */
function checkBucket(wanted: Wanted, found: { readonly ttl: number; readonly replicas: number }): void {
	const { bucket, shown, replicas = found.replicas } = wanted;
	const subject = `The bucket "${bucket}" at ${shown}`;
	if (found.ttl > 0) {
		const why = `drops records after ${found.ttl} ms, and with them who holds a session: take one without a TTL.`;
		throw new SessionLeaseError("option_invalid", `${subject} ${why}`);
	}
	if (found.replicas !== replicas) {
		const why = `is kept on ${found.replicas} servers, not on ${replicas}: change it, or the URL.`;
		throw new SessionLeaseError("option_invalid", `${subject} ${why}`);
	}
}

/** JetStream's code for a stream whose subjects are another one's. */
const isOverlap = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 10_065;

/** What it cannot do is said where its first answer is awaited, as for every other store. */
function neverReached(cause: unknown): OpenStore {
	const never = () => Promise.reject(cause);
	return { update: never, read: never, close: async () => undefined };
}
