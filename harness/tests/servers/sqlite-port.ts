// SQLite files as the conformance kit sees them: a file of its own for each case, and a connection for each client.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Port } from "../../src/conformance/port.ts";
import { type ConnectSqlite, type LoadSqlite, openSqliteWith } from "../../src/stores/open-sqlite.ts";
import type { OpenStore } from "../../src/stores/opening.ts";

export const loadLibsql: LoadSqlite = async () => (await import("libsql")).default;

/** Of those that may be here; `undefined`: it is not, or not for this Node. */
export async function findDriver(name: "better-sqlite3" | "node:sqlite"): Promise<LoadSqlite | undefined> {
	try {
		const found = (await import(name)) as { default: ConnectSqlite; DatabaseSync?: ConnectSqlite };
		const Connection = found.DatabaseSync ?? found.default;
		new Connection(":memory:").close();
		return async () => Connection;
	} catch {
		return undefined;
	}
}

export interface SqliteFolder extends AsyncDisposable {
	readonly file: string;
	readonly url: string;
}

/** Nothing of this process opens the file itself: closing it would end the locks of SQLite. */
export async function createSqliteFolder(): Promise<SqliteFolder> {
	const folder = await mkdtemp(join(tmpdir(), "session-lease-sqlite-"));
	const file = join(folder, "sessions.db");
	return {
		file,
		url: `sqlite:${file}`,
		[Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
	};
}

export function sqlitePort(name: string, driver: LoadSqlite): Port {
	return {
		name,
		capabilities: { server: false },
		async open() {
			const folder = await createSqliteFolder();
			return {
				connect: () => openSqliteWith([driver], folder.url),
				async spoil(key) {
					const connection = new (await driver())(folder.file);
					connection.prepare("insert or replace into session_lease values (?, ?)").run(key, "{ not JSON");
					connection.close();
				},
				close: async () => folder[Symbol.asyncDispose](),
			};
		},
	};
}

/** One connection that is all there is of its database. */
export function sqliteMemoryPort(name: string, driver: LoadSqlite): Port {
	return {
		name,
		capabilities: { server: false, clients: false, keeps: false, knowsForeign: false },
		async open() {
			let only: Promise<OpenStore> | undefined;
			const connect = async (): Promise<OpenStore> => {
				const store = await openSqliteWith([driver], "sqlite::memory:");
				const close = () => {
					only = undefined;
					return store.close();
				};
				return { ...store, close };
			};
			return {
				connect: () => {
					only ??= connect();
					return only;
				},
				close: async () => undefined,
			};
		},
	};
}
