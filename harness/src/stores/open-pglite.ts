// A PostgreSQL inside of this process, opened by URL, over PGlite, which is loaded when it is first needed.
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { SessionLeaseError, TransientError } from "../lease/errors.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import { loadPeer, type OpenStore, type OpenStoreOptions, reached, shownUrl } from "./opening.ts";
import { type PostgresClient, postgresStore } from "./postgres-store.ts";

/**
 * `pglite:<folder>` keeps its records in that folder, which is created if it is missing; `pglite:` has them in memory,
 * gone with the process. One process at a time: PGlite itself would let a second one in, and both would ruin the
 * folder. To begin a folder takes some seconds, to open it again one; they do not count for `timeoutMs`.
 *
 * What was answered survives the end of the process, SIGKILL included. It need not survive the end of the machine:
 * PGlite never waits for the disk (it runs without `fsync`).
 * @throws SessionLeaseError (`option_invalid`): the URL, or the package is not installed
 * @throws TransientError (`store_unavailable`): another process has the folder, or it cannot be opened
 */
export async function openPglite(url: string, options: OpenStoreOptions = {}): Promise<OpenStore> {
	const folder = parse(url);
	const { PGlite } = await loadPeer(() => import("@electric-sql/pglite"), "@electric-sql/pglite", "PGlite");
	const start = (dataDir: string) => PGlite.create(dataDir);
	const database = folder === undefined ? await start("memory://") : await openFolder(folder, start);
	const store = { ...postgresStore(database), close: () => database.close() };
	return reached(store, { ...options, url, what: "PGlite" });
}

interface Database extends PostgresClient {
	close(): Promise<void>;
}

/** The database in the folder, locked as long as it is open. */
async function openFolder(folder: string, start: (dataDir: string) => Promise<Database>): Promise<Database> {
	await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
		const message = `PGlite's folder ${folder} cannot be made: ${(cause as Error).message}. Mend the URL.`;
		throw new SessionLeaseError("option_invalid", message, { cause });
	});
	const lock = await lockFolder(folder);
	const database = await start(`file://${folder}`).catch((cause: unknown) => cannotOpen(folder, lock, cause));
	return {
		query: (text, values) => database.query(text, values),
		close: () => database.close().finally(() => lock.release()),
	};
}

async function cannotOpen(folder: string, lock: FolderLock, cause: unknown): Promise<never> {
	await lock.release();
	const message = `PGlite cannot open the folder ${folder}: ${(cause as Error).message}`;
	throw new TransientError(message, { code: "store_unavailable", cause });
}

/** The folder's absolute path; nothing for a database in memory. */
function parse(url: string): string | undefined {
	const [, folder] = /^pglite:(?!\/\/)(.*)$/s.exec(url) ?? [];
	if (folder !== undefined) return folder === "" ? undefined : resolve(folder);
	const expected = "`pglite:<folder>`, or `pglite:` for one in memory";
	throw new SessionLeaseError(
		"option_invalid",
		`Expected a URL such as ${expected}, got \`${shownUrl(url)}\`.`,
	);
}
