// A PostgreSQL database opened by URL, over pg, which is loaded when it is first needed.
import { Socket } from "node:net";
import { SessionLeaseError } from "../lease/errors.ts";
import { loadPeer, type OpenStore, type OpenStoreOptions, reached, shownUrl } from "./opening.ts";
import { postgresFailure, unavailable } from "./postgres-errors.ts";
import { type PostgresClient, postgresStore } from "./postgres-store.ts";

/** A batch has a connection for a millisecond. Servers let in 100 by default, and every process takes its own. */
const CONNECTIONS_MAX = 4;

/** How long a connection, or its turn on one, is waited for. Nothing has been sent then. */
const CONNECT_MS_MAX = 3_000;

/**
 * How long an answer is waited for before the connection is given up: the server waits for a lock for 2 s at most, so
 * this is a network that is gone, and each of its connections would be missing from the pool. It is not a
 * `statement_timeout`, since poolers refuse to be sent one when a connection begins.
 */
const ANSWER_MS_MAX = 5_000;

/**
 * `postgres://user:password@host:5432/database`, with whatever pg takes behind it (`?sslmode=…`), and
 * `?table=name` or `?table=schema.name` for another table than `session_lease`, which is created if it is missing.
 * @throws SessionLeaseError (`option_invalid`): the URL, or the package is not installed
 * @throws TransientError (`store_unavailable`): nobody answers, or lets the user in, or lets the user create the table
 */
export async function openPostgres(url: string, options: OpenStoreOptions = {}): Promise<OpenStore> {
	const { connectionString, table } = parse(url);
	const { Pool } = (await loadPeer(() => import("pg"), "pg", "PostgreSQL")).default;
	const sockets = createSockets();
	const pool = new Pool({
		connectionString,
		stream: sockets.create,
		max: CONNECTIONS_MAX,
		connectionTimeoutMillis: CONNECT_MS_MAX,
		query_timeout: ANSWER_MS_MAX,
		keepAlive: true,
		application_name: "session-lease",
	});
	// Of connections that nobody uses just now: the pool has replaced them already.
	pool.on("error", () => undefined);
	// Of those in use: the query that is under way, or else the next one, is rejected.
	pool.on("connect", (connection) => connection.on("error", () => undefined));
	const store = {
		...postgresStore(sendingOnce(pool), table === null ? {} : { table }),
		async close() {
			sockets.end();
			await pool.end();
		},
	};
	return reached(store, { ...options, url, what: "PostgreSQL" });
}

/** How long a server may take to answer the end of a connection. One that is gone never does, and kept the process. */
const GOODBYE_MS = 500;

/** Sockets that can be ended whatever the server does. */
function createSockets() {
	const open = new Set<Socket>();
	let ending: NodeJS.Timeout | undefined;
	return {
		create(): Socket {
			const socket = new Socket();
			open.add(socket);
			return socket.once("close", () => {
				open.delete(socket);
				if (open.size === 0) clearTimeout(ending);
			});
		},
		end(): void {
			if (open.size === 0) return;
			ending = setTimeout(() => {
				for (const socket of open) socket.destroy();
			}, GOODBYE_MS);
		},
	};
}

interface Connection extends PostgresClient {
	release(destroy?: boolean): void;
	readonly connection?: { readonly stream: { destroy(): unknown } };
}

/** The pool's `query` in two steps: what fails in the first was never sent. */
function sendingOnce(pool: { connect(): Promise<Connection> }): PostgresClient {
	const connect = async (): Promise<Connection> => {
		try {
			return await pool.connect();
		} catch (cause) {
			throw postgresFailure(cause) === "refused" ? cause : unavailable(cause);
		}
	};
	return {
		async query(text, values) {
			const connection = await connect();
			let isBroken = true;
			try {
				const answer = await connection.query(text, values);
				isBroken = false;
				return answer;
			} catch (error) {
				isBroken = postgresFailure(error) === "unknown";
				throw error;
			} finally {
				connection.release(isBroken);
				// The pool says goodbye, and a server that is gone would never answer that.
				if (isBroken) connection.connection?.stream.destroy();
			}
		},
	};
}

interface Place {
	readonly connectionString: string;
	readonly table: string | null;
}

function parse(url: string): Place {
	const [place = "", search = ""] = url.split("?", 2);
	// A host may be missing where `?host=` names the folder of a Unix socket.
	const isUrl = URL.canParse(url) || URL.canParse(url.replace("@/", "@localhost/"));
	if (!/^postgres(?:ql)?:\/\//.test(url) || !isUrl) {
		const expected = "`postgres://user:password@host:5432/database`";
		const message = `Expected a URL such as ${expected}, got \`${shownUrl(url)}\`.`;
		throw new SessionLeaseError("option_invalid", message);
	}
	const parameters = new URLSearchParams(search);
	const table = parameters.get("table");
	parameters.delete("table");
	return { table, connectionString: parameters.size === 0 ? place : `${place}?${parameters}` };
}
