// The store port on a SQLite file, through any driver that works as better-sqlite3 does: at once, without promises.
import {
	type AtomicStore,
	applyOps,
	type FieldOp,
	type Fields,
	type StoredRecord,
} from "../lease/atomic-store.ts";
import type { Wait } from "../lease/clock.ts";
import { OutcomeUnknownError, SessionLeaseError } from "../lease/errors.ts";
import { realWait } from "../system/real-time.ts";
import { checkBatch, checkKey } from "./check-batch.ts";
import { listedRecord } from "./listed-record.ts";
import { fieldsOfRecordText, recordInvalid, recordText } from "./record-text.ts";
import { failureOf, isBusy, unavailable } from "./sqlite-errors.ts";

/** The part of a `Database` of better-sqlite3 or libsql, or of a `DatabaseSync` of node:sqlite, that this store uses. */
export interface SqliteClient {
	exec(sql: string): unknown;
	prepare(sql: string): SqliteStatement;
}

/** Without `get`: libsql's leaves the statement in the middle, and its connection with the file as it was then. */
export interface SqliteStatement {
	all(...parameters: string[]): unknown[];
	run(...parameters: string[]): unknown;
}

export interface SqliteStoreOptions {
	/** Created if it is missing: letters, digits and `_`. @default "session_lease" */
	readonly table?: string;
	/**
	 * How long a call pauses, all in all, while other connections have the file's lock, in milliseconds; well under the
	 * lease's `callTimeoutMs`. @default 1_000
	 */
	readonly lockWaitMs?: number;
	/** @default the timers of this machine */
	readonly wait?: Wait;
	/** Draws a number from 0 up to 1, for those pauses. @default Math.random */
	readonly random?: () => number;
}

const LOCK_WAIT_MS = 1_000;
/** About as long as a commit takes that goes to the disk. */
const PAUSE_MS = 2;
const PAUSE_MS_MAX = 25;
/**
 * Between an update and its answer. Who sends one after the other would else have the lock for all but microseconds: four
 * processes that did so, with commits of 10 ms, kept each other out for more than a second now and then, and a timer of
 * theirs would never have fired.
 */
const LEFT_FREE_MS = 1;
const PAGE_RECORDS = 100;
const TABLE = /^[A-Za-z_]\w{0,62}$/;

/**
 * Records as rows, each one JSON text. An update is one transaction that takes the lock when it begins, so that nothing
 * comes between; a read looks at what was committed last. Neither is a round trip: the file is on this machine, and on no
 * network drive, since the processes that use it share memory beside it (WAL).
 *
 * An update that was answered is on the disk, and outlives a power failure if the disk does what it says. A process that
 * is killed leaves an update whole or undone, and locks nobody out.
 *
 * The connection is for this store alone: nothing else may have a transaction open on it. It is set up at the first call
 * (WAL, every commit synced, no waiting inside of SQLite). Within a process use one driver for a file: the locks of two
 * copies of SQLite do not see each other (https://www.sqlite.org/howtocorrupt.html, 2.2.1).
 */
export function sqliteStore(client: SqliteClient, options: SqliteStoreOptions = {}): AtomicStore {
	const table = checkTable(options.table ?? "session_lease");
	const { lockWaitMs = LOCK_WAIT_MS, wait = realWait, random = Math.random } = options;
	const whenFree = createWhenFree({ lockWaitMs, wait, random });
	let prepared: Statements | undefined;
	const statements = () => (prepared ??= setUp(client, table));
	return {
		async update(key, ops) {
			checkBatch(key, ops);
			const before = await whenFree(() => applyBatch(client, statements(), { key, ops }));
			await wait(LEFT_FREE_MS);
			return before;
		},
		async read(key) {
			checkKey(key);
			return whenFree(() => fieldsOf(key, statements().select.all(key)[0]));
		},
		async *list(): AsyncIterable<StoredRecord> {
			// Every key comes after the empty text.
			let after = "";
			for (;;) {
				const rows = await whenFree(() => statements().page.all(after));
				for (const row of rows) {
					const { key } = row as { key?: unknown };
					if (typeof key !== "string") throw recordInvalid(String(key), "its key is no text");
					after = key;
					yield await listedRecord(key, () => fieldsOf(key, row));
				}
				if (rows.length < PAGE_RECORDS) return;
			}
		},
	};
}

interface Statements {
	readonly select: SqliteStatement;
	readonly page: SqliteStatement;
	readonly upsert: SqliteStatement;
	readonly remove: SqliteStatement;
}

/**
 * - busy_timeout: SQLite would wait for a lock by blocking the thread, and with it the renewals of every lease that this
 *   process holds. better-sqlite3 has it at 5 s.
 * - journal_mode: readers do not stop writers. Kept in the file; SQLite goes on without where it is not to be had.
 * - synchronous: with `normal`, which some builds of SQLite have as the default in WAL, a power failure takes commits back
 *   (https://www.sqlite.org/pragma.html#pragma_synchronous). `extra` is `full` in WAL, and as durable without it.
 */
function setUp(client: SqliteClient, table: string): Statements {
	client.exec("pragma busy_timeout = 0");
	client.exec("pragma journal_mode = wal");
	client.exec("pragma synchronous = extra");
	client.exec(`create table if not exists "${table}" (key text primary key not null, record text not null)`);
	return {
		select: client.prepare(`select record from "${table}" where key = ?`),
		page: client.prepare(
			`select key, record from "${table}" where key > ? order by key limit ${PAGE_RECORDS}`,
		),
		upsert: client.prepare(
			`insert into "${table}" (key, record) values (?, ?) ` +
				"on conflict (key) do update set record = excluded.record",
		),
		remove: client.prepare(`delete from "${table}" where key = ?`),
	};
}

/** One transaction. Whatever it throws but `OutcomeUnknownError`, nothing was done. */
function applyBatch(
	client: SqliteClient,
	{ select, upsert, remove }: Statements,
	{ key, ops }: { readonly key: string; readonly ops: readonly FieldOp[] },
): Fields {
	client.exec("begin immediate");
	let before: Fields;
	try {
		before = fieldsOf(key, select.all(key)[0]);
		const after = applyOps(before, ops);
		if (Object.keys(after).length === 0) remove.run(key);
		else upsert.run(key, recordText(after));
	} catch (error) {
		rollBack(client);
		throw error;
	}
	commit(client);
	return before;
}

/**
 * A commit that is busy has done nothing, and its transaction is still open (https://www.sqlite.org/lang_transaction.html);
 * that it can be rolled back shows it. After any other error, such as one of the disk, it may be in the file or not.
 */
function commit(client: SqliteClient): void {
	try {
		client.exec("commit");
	} catch (error) {
		if (rollBack(client) && isBusy(error)) throw error;
		const message =
			"SQLite could not say whether the batch was committed: it may or may not have been applied.";
		throw new OutcomeUnknownError(message, { cause: error });
	}
}

/** Whether there was something to roll back: after some errors SQLite has done so by itself. */
function rollBack(client: SqliteClient): boolean {
	try {
		client.exec("rollback");
		return true;
	} catch {
		return false;
	}
}

function fieldsOf(key: string, row: unknown): Fields {
	if (row === undefined) return {};
	const { record } = row as { record?: unknown };
	if (typeof record !== "string") throw recordInvalid(key, "it is no text");
	return fieldsOfRecordText(key, record);
}

type WhenFree = <T>(work: () => T) => Promise<T>;

/**
 * Repeats work that found the lock taken, after pauses that let this process do something else. SQLite has no queue of
 * those who wait: each tries again at random, and who tries when the lock is free gets it.
 * @throws TransientError (`store_unavailable`) in the end
 */
function createWhenFree({ lockWaitMs, wait, random }: Required<Omit<SqliteStoreOptions, "table">>): WhenFree {
	return async (work) => {
		let waitedMs = 0;
		for (let attempt = 0; ; attempt++) {
			try {
				return work();
			} catch (error) {
				if (!isBusy(error)) throw failureOf(error);
				if (waitedMs >= lockWaitMs) throw unavailable(lockTaken(lockWaitMs), error);
			}
			const pauseMs = 1 + random() * Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** attempt);
			waitedMs += pauseMs;
			await wait(pauseMs);
		}
	};
}

const lockTaken = (lockWaitMs: number): string =>
	`other connections had the file's lock whenever it was tried for ${lockWaitMs} ms. ` +
	"One of them may have left a transaction open.";

/** A name that needs no escape between quotes, and is none of SQLite's own. */
function checkTable(table: string): string {
	if (TABLE.test(table) && !/^sqlite_/i.test(table)) return table;
	const expected = "1 to 63 letters, digits and `_`, no digit first and not `sqlite_`";
	throw new SessionLeaseError("option_invalid", `Expected \`table\` to be ${expected}, got \`${table}\`.`);
}
