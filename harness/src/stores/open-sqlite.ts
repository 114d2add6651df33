// A SQLite file opened by URL, by whichever driver is installed.
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SessionLeaseError, TransientError } from "../lease/errors.ts";
import { type OpenStore, type OpenStoreOptions, reached, shownUrl } from "./opening.ts";
import { type SqliteClient, sqliteStore } from "./sqlite-store.ts";

export interface SqliteConnection extends SqliteClient {
	close(): unknown;
}

export type ConnectSqlite = new (path: string) => SqliteConnection;

/** Loads a driver. Rejects if it is not installed. */
export type LoadSqlite = () => Promise<ConnectSqlite>;

/** In the order in which they are tried. Named by a variable: not every one has types here, and none has to be there. */
const DRIVERS: readonly LoadSqlite[] = [
	async () => (await load<{ default: ConnectSqlite }>("better-sqlite3")).default,
	async () => (await load<{ default: ConnectSqlite }>("libsql")).default,
	async () => (await load<{ DatabaseSync: ConnectSqlite }>("node:sqlite")).DatabaseSync,
];

const load = <T>(name: string): Promise<T> => import(name);

const MEMORY = ":memory:";

/**
 * `sqlite:sessions.db` is a file in the folder that the process runs in; `sqlite:/var/lib/sessions.db`, or the same with
 * `sqlite:///`, has a whole path. Both are percent-encoded. The file is created if it is missing, its folder is not.
 * `sqlite::memory:` is gone when it is closed. The driver is better-sqlite3 if that is installed, else libsql, else
 * node:sqlite (Node 22.13 and later; from 22.5 on behind `--experimental-sqlite`).
 * @throws SessionLeaseError (`option_invalid`): the URL, its folder is missing, or there is no driver
 * @throws TransientError (`store_unavailable`): the file cannot be used
 */
export function openSqlite(url: string, options: OpenStoreOptions = {}): Promise<OpenStore> {
	return openSqliteWith(DRIVERS, url, options);
}

/** With the first of the drivers that works. @throws as `openSqlite` does */
export async function openSqliteWith(
	drivers: readonly LoadSqlite[],
	url: string,
	options: OpenStoreOptions = {},
): Promise<OpenStore> {
	const path = pathOf(url);
	if (path !== MEMORY) await checkFolder(path);
	const connection = connect(await loadFirst(drivers), path);
	const store = { ...sqliteStore(connection), close: async () => void connection.close() };
	return reached(store, { ...options, url, what: "The SQLite file" });
}

function connect(Connection: ConnectSqlite, path: string): SqliteConnection {
	try {
		return new Connection(path);
	} catch (cause) {
		const message = `The SQLite file "${path}" cannot be opened: ${(cause as Error).message}.`;
		throw new TransientError(message, { code: "store_unavailable", cause });
	}
}

/** A native driver that was built for another Node is found, and does not work. */
async function loadFirst(drivers: readonly LoadSqlite[]): Promise<ConnectSqlite> {
	const errors: unknown[] = [];
	for (const driver of drivers) {
		try {
			const Connection = await driver();
			new Connection(MEMORY).close();
			return Connection;
		} catch (error) {
			errors.push(error);
		}
	}
	const message =
		"SQLite is reached through one of the packages better-sqlite3 and libsql, or through Node itself from 22.13 on, " +
		"and none of them can be used here: npm install better-sqlite3";
	throw new SessionLeaseError("option_invalid", message, { cause: new AggregateError(errors, "No driver.") });
}

async function checkFolder(path: string): Promise<void> {
	const folder = dirname(path);
	const found = await stat(folder).catch(() => undefined);
	if (found?.isDirectory()) return;
	const message = `The folder "${folder}" of a SQLite file is not there: create it, or mend the URL. The file itself is created.`;
	throw new SessionLeaseError("option_invalid", message);
}

/** A whole path, so that no driver takes it for an address of another kind. */
function pathOf(url: string): string {
	const path = /^sqlite:([^?#]+)$/.exec(url)?.[1];
	if (path === MEMORY) return MEMORY;
	const decoded = path === undefined ? undefined : decode(path);
	if (decoded !== undefined && !decoded.includes("\0")) return decoded;
	const expected = "`sqlite:<path>`, `sqlite:///<whole path>` or `sqlite::memory:`";
	const message = `Expected a URL such as ${expected}, percent-encoded and with nothing behind it, got \`${shownUrl(url)}\`.`;
	throw new SessionLeaseError("option_invalid", message);
}

function decode(path: string): string | undefined {
	try {
		if (path.startsWith("///")) return fileURLToPath(`file:${path}`);
		// Two slashes begin the name of a machine.
		return path.startsWith("//") ? undefined : resolve(decodeURIComponent(path));
	} catch {
		return undefined;
	}
}
