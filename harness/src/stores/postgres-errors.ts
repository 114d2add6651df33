// What an error of a PostgreSQL client says about the one statement that it ended, by its SQLSTATE.
//
// PostgreSQL sends an error instead of an answer only for a statement whose transaction it rolls back. That makes it
// certain that nothing was done, but for the errors with which it ends the connection: those may also follow a commit
// whose answer was still on its way. Sources: "PostgreSQL Error Codes" and "Message Flow" in its documentation.
import { hasCode, StoreAnswerError, TransientError } from "../lease/errors.ts";
import { NOT_A_LEASE } from "./postgres-schema.ts";
import { recordInvalid } from "./record-text.ts";

/**
 * `absent`: there is no such table or procedure, so nothing was done. `unavailable`: nothing was done, and the same may
 * be done later. `foreign`: the record is none of a lease's, and nothing was done. `refused`: nothing was done, and the
 * same again would be refused. `unknown`: anything else.
 */
type PostgresFailure = "absent" | "unavailable" | "foreign" | "refused" | "unknown";

/** `undefined_function` (a procedure, too) and `undefined_table`. */
const ABSENT = ["42883", "42P01"];

const UNAVAILABLE = [
	// serialization_failure, deadlock_detected. Of their class, 40003 says itself that it does not know.
	"40001",
	"40P01",
	// lock_not_available: somebody holds the row or the set-up for longer than it is waited for.
	"55P03",
	// query_canceled: a statement_timeout of the caller's. Cancelling is put off while a commit is under way.
	"57014",
	// read_only_sql_transaction: a standby, as a server is just before and after it changes its role.
	"25006",
	// too_many_connections, and cannot_connect_now (it starts, or shuts down): sent instead of a connection.
	"53300",
	"57P03",
	// Not 57P01, 57P02, 57P04, 57P05 (the server ends the connection), 08xxx (poolers say so, too, when theirs is lost),
	// 53100 and 58030 (a disk that is full or fails at the commit itself), XX000 (a bug).
];

/** `not_a_lease` of the procedure, and `invalid_text_representation`: a field's text is not JSON. */
const FOREIGN = [NOT_A_LEASE, "22P02"];

/**
 * 0A feature_not_supported, 22 data (a character that the database's encoding lacks), 23 a constraint, 25 transaction
 * state (25P03 and 25P04 are timeouts that end the connection), 28 authorization, 2D the client is in a transaction, 3D no
 * such database, 3F no such schema, 42 access and syntax, 54 limits, P0 what somebody's trigger raises.
 */
const REFUSED = /^(?:0A|22|23|25(?!P0[34])|28|2D|3D|3F|42|54|P0)[0-9A-Z]{3}$/;

export function postgresFailure(error: unknown): PostgresFailure {
	const { code } = (error ?? {}) as { code?: unknown };
	if (typeof code === "string") {
		if (ABSENT.includes(code)) return "absent";
		if (UNAVAILABLE.includes(code)) return "unavailable";
		if (FOREIGN.includes(code)) return "foreign";
		if (REFUSED.test(code)) return "refused";
	}
	return neverConnected(error) ? "unavailable" : "unknown";
}

/** Of Node's own errors: the name was not found, or nobody let it in. Of several addresses, each one. */
function neverConnected(error: unknown): boolean {
	const { syscall, errors } = (error ?? {}) as { syscall?: unknown; errors?: unknown };
	if (Array.isArray(errors)) return errors.length > 0 && errors.every(neverConnected);
	return syscall === "connect" || syscall === "getaddrinfo";
}

/** The error as the store port has it. What is unknown stays as it was thrown. */
export function storeError(key: string, cause: unknown): unknown {
	if (hasCode(cause, "store_unavailable")) return cause;
	const why = whyOf(cause);
	switch (postgresFailure(cause)) {
		case "unavailable":
			return unavailable(cause);
		case "foreign":
			return recordInvalid(key, why, cause);
		case "absent":
			return refused(`${why}. Run what \`postgresSchema\` answers, or leave \`setUp\` on`, cause);
		case "refused":
			return refused(hasSqlState(cause, "2D000") ? IN_TRANSACTION : why, cause);
		case "unknown":
			return cause;
	}
}

const IN_TRANSACTION =
	"the client is in a transaction, so that a batch that it answers need never be committed. Give the store a pool, or " +
	"a client of its own";

export function unavailable(cause: unknown): TransientError {
	const message = `PostgreSQL cannot be used just now, and nothing was done: ${whyOf(cause)}.`;
	return new TransientError(message, { code: "store_unavailable", cause });
}

function refused(why: string, cause: unknown): StoreAnswerError {
	return new StoreAnswerError(`PostgreSQL refused the request, and nothing was done: ${why}.`, { cause });
}

/** Where a name has several addresses, Node's error has no message, but a code. */
function whyOf(cause: unknown): string {
	const { message, code } = (cause ?? {}) as { message?: unknown; code?: unknown };
	return [message, code].find((text) => typeof text === "string" && text !== "")?.toString() ?? String(cause);
}

const hasSqlState = (error: unknown, sqlState: string): boolean =>
	(error as { code?: unknown } | undefined)?.code === sqlState;
