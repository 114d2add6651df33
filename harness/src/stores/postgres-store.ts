// The store port on a PostgreSQL table, through anything that has the `query` of pg.
import type { AtomicStore, Fields, StoredRecord } from "../lease/atomic-store.ts";
import { StoreAnswerError } from "../lease/errors.ts";
import { checkBatch, checkKey } from "./check-batch.ts";
import { listedRecord } from "./listed-record.ts";
import { postgresFailure, storeError, unavailable } from "./postgres-errors.ts";
import { batchText, PAGE_RECORDS_MAX, POSTGRES_TABLE, postgresStatements } from "./postgres-schema.ts";
import { fieldsOfTexts, recordInvalid } from "./record-text.ts";

/** `Pool` and `Client` of pg fit, and so does PGlite. It sends a statement once, and repeats none by itself. */
export interface PostgresClient {
	query(text: string, values: string[]): Promise<{ readonly rows: readonly unknown[] }>;
}

export interface PostgresStoreOptions {
	/** Where the records are: `name` or `schema.name`, in lower case. @default "session_lease" */
	readonly table?: string;
	/**
	 * Creates the table and its procedure where they are missing, on first use. Without it, run `postgresSchema(table)`.
	 * @default true
	 */
	readonly setUp?: boolean;
}

/**
 * Records in a table of PostgreSQL (12 or newer), whose database has the encoding UTF8. One statement, and with it one
 * round trip, for each call; no prepared statement, so that poolers may be between, in any mode.
 *
 * A batch that was answered is committed and on the disk of the server, whatever `synchronous_commit` says to others;
 * whether a standby has it when that takes over is up to `synchronous_standby_names`. The client must not be in a
 * transaction, and has to reach the primary: a standby's reads lag behind.
 * @throws SessionLeaseError (`option_invalid`) if the table's name is not one
 */
export function postgresStore(
	client: PostgresClient,
	options: PostgresStoreOptions = {},
): AtomicStore & { list(): AsyncIterable<StoredRecord> } {
	const { table = POSTGRES_TABLE, setUp = true } = options;
	const statements = postgresStatements(table);

	/** @throws as the client does, after setting up what is missing */
	async function query(text: string, values: string[]): Promise<readonly unknown[]> {
		try {
			return (await client.query(text, values)).rows;
		} catch (cause) {
			if (!setUp || postgresFailure(cause) !== "absent") throw cause;
		}
		await client.query(statements.setUp, []).catch((cause: unknown) => {
			// However it ended: the statement before it was refused.
			throw postgresFailure(cause) === "unknown" ? unavailable(cause) : cause;
		});
		return (await client.query(text, values)).rows;
	}

	async function ask(key: string, text: string, values: string[]): Promise<readonly unknown[]> {
		try {
			return await query(text, values);
		} catch (cause) {
			throw storeError(key, cause);
		}
	}

	async function read(key: string): Promise<Fields> {
		checkKey(key);
		const [row] = await ask(key, statements.read, [key]);
		return row === undefined ? {} : toFields(key, row);
	}

	return {
		async update(key, ops) {
			checkBatch(key, ops);
			if (ops.length === 0) return read(key);
			const [row] = await ask(key, statements.update, [key, batchText(ops)]);
			return toFields(key, row);
		},
		read,
		async *list() {
			for (let after = "", isLast = false; !isLast; ) {
				const rows = await ask(after, statements.page, [after]);
				for (const row of rows) {
					after = keyOf(row);
					yield await listedRecord(after, () => toFields(after, row));
				}
				isLast = rows.length < PAGE_RECORDS_MAX;
			}
		},
	};
}

function keyOf(row: unknown): string {
	const { key } = (row ?? {}) as { key?: unknown };
	if (typeof key !== "string") throw invalidAnswer(row);
	return key;
}

function toFields(key: string, row: unknown): Fields {
	const { answer } = (row ?? {}) as { answer?: unknown };
	if (typeof answer !== "string") throw invalidAnswer(row);
	const texts: unknown = JSON.parse(answer);
	if (typeof texts !== "object" || texts === null || Array.isArray(texts)) {
		throw recordInvalid(key, "it is not an object");
	}
	return fieldsOfTexts(key, Object.entries(texts));
}

function invalidAnswer(row: unknown): StoreAnswerError {
	const shown = JSON.stringify(row)?.slice(0, 200);
	return new StoreAnswerError(
		`Expected a row with a record of PostgreSQL, got ${shown}. Nothing is assumed of it.`,
	);
}
