// What an error of SQLite says about the work that it ended: others had the lock, it was refused for good, or neither.
import { SessionLeaseError, StoreAnswerError, TransientError } from "../lease/errors.ts";

/** By number and by name, of https://www.sqlite.org/rescode.html. Extended codes keep the primary one in their low byte. */
const RESULTS = {
	ERROR: 1,
	BUSY: 5,
	LOCKED: 6,
	TOOBIG: 18,
	CONSTRAINT: 19,
	MISMATCH: 20,
	NOTADB: 26,
} as const;

type Result = keyof typeof RESULTS;

/** The same again ends the same: the table is of another form, the record is too large, or the file is none of SQLite's. */
const REFUSED_FOR_GOOD: readonly Result[] = ["ERROR", "TOOBIG", "CONSTRAINT", "MISMATCH", "NOTADB"];

/**
 * Another connection had the lock, or recovers or checkpoints the file, so that the statement was not executed.
 * Inside of a transaction it says no more than that of the statement: what came before is still to be rolled back.
 */
export const isBusy = (error: unknown): boolean => has(error, "BUSY") || has(error, "LOCKED");

/** What work rejects with that ended before anything of it was committed: nothing was done. */
export function failureOf(error: unknown): SessionLeaseError {
	if (error instanceof SessionLeaseError) return error;
	const why = error instanceof Error ? error.message : String(error);
	if (REFUSED_FOR_GOOD.some((result) => has(error, result))) {
		return new StoreAnswerError(`SQLite refused a statement, and nothing was done: ${why}`, { cause: error });
	}
	return unavailable(why, error);
}

export function unavailable(why: string, cause: unknown): TransientError {
	return new TransientError(`SQLite did nothing: ${why}`, { code: "store_unavailable", cause });
}

/**
 * Drivers tell results in three ways: node:sqlite as a number in `errcode`, libsql as one in `rawCode`, and better-sqlite3
 * as a name in `code` (`SQLITE_BUSY`, `SQLITE_BUSY_SNAPSHOT`).
 */
function has(error: unknown, result: Result): boolean {
	const { code, errcode, rawCode } = (error ?? {}) as {
		code?: unknown;
		errcode?: unknown;
		rawCode?: unknown;
	};
	const number = errcode ?? rawCode;
	if (typeof number === "number") return (number & 0xff) === RESULTS[result];
	return typeof code === "string" && `${code}_`.startsWith(`SQLITE_${result}_`);
}
