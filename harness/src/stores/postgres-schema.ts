// The SQL of the PostgreSQL store: its table, the procedure that applies a batch, and the statements that use them.
import type { FieldOp } from "../lease/atomic-store.ts";
import { SessionLeaseError } from "../lease/errors.ts";
import { valueText } from "./record-text.ts";

export const POSTGRES_TABLE = "session_lease";

/** SQLSTATE of the procedure's own refusal. Classes from I on are not the standard's, and PostgreSQL has no SL. */
export const NOT_A_LEASE = "SL001";

/**
 * How long a batch waits for the row, which others hold for a millisecond: whoever waits longer waits for somebody who
 * is stuck. Shorter than clients wait for an answer, so that they get one: nothing was done.
 */
const LOCK_MS_MAX = 2_000;

/** Before an update the row is there, unless somebody deletes it again and again. */
const INSERTIONS_MAX = 10;

interface PostgresStatements {
	/** `$1` key, `$2` batch. One row: `answer`, the record before as text. */
	readonly update: string;
	/** `$1` key. One row, or none: `answer`, the record as text. */
	readonly read: string;
	/** `$1` the key before the page. Rows of `key` and `answer`. */
	readonly page: string;
	readonly setUp: string;
}

/** Records that `page` answers at most. */
export const PAGE_RECORDS_MAX = 1_000;

/** @throws SessionLeaseError (`option_invalid`) if the table's name is not one */
export function postgresStatements(table: string): PostgresStatements {
	const { records, apply } = quoted(table);
	return {
		update: `call ${apply}($1, $2)`,
		read: `select fields::text as answer from ${records} where key = $1`,
		page:
			`select key, fields::text as answer from ${records} where key > $1 ` +
			`order by key limit ${PAGE_RECORDS_MAX}`,
		// Processes that start at once would collide in PostgreSQL's catalogues, `if not exists` or not.
		setUp: `do $setup$ begin
perform set_config('lock_timeout', '${LOCK_MS_MAX}ms', true);
perform pg_advisory_xact_lock(hashtext('session-lease'));
if to_regclass('${records}') is null or to_regprocedure('${apply}(text, text)') is null then
${postgresSchema(table)}end if;
end $setup$`,
	};
}

/**
 * The table and the procedure, for those who run such things themselves; may be run again. The table's name is
 * `name` or `schema.name`, in lower case; the schema has to be there. PostgreSQL 12 or newer.
 *
 * The procedure's name carries its version: a newer one of this library brings its own, and an older one that runs
 * beside it keeps the one that it knows.
 * @throws SessionLeaseError (`option_invalid`) if the table's name is not one
 */
export function postgresSchema(table: string = POSTGRES_TABLE): string {
	const { records, apply } = quoted(table);
	// Collation "C": keys are compared and ordered by their bytes, whatever the database's locale is and becomes.
	return `create table if not exists ${records} (
	key text collate "C" primary key,
	fields jsonb not null
);
create or replace procedure ${apply}(record_key text, inout answer text)
language plpgsql as $procedure$
declare
	ops constant jsonb := answer;
	was jsonb;
	becomes jsonb;
	op jsonb;
	field text;
	old text;
begin
	-- Refused where the caller has a transaction of its own, since an answer has to mean that the batch is committed;
	-- and what begins here sees what is committed by now, whatever the caller's isolation level is.
	commit;
	set transaction isolation level read committed;
	perform set_config('lock_timeout', '${LOCK_MS_MAX}ms', true);
	-- A batch that was answered survives a crash of the server, also where other transactions need not.
	if current_setting('synchronous_commit') = 'off' then
		perform set_config('synchronous_commit', 'on', true);
	end if;
	for insertions in 0..${INSERTIONS_MAX} loop
		select fields into was from ${records} where key = record_key for update;
		exit when found;
		insert into ${records} (key, fields) values (record_key, '{}') on conflict do nothing;
	end loop;
	if was is null then
		raise exception using errcode = 'serialization_failure', message = 'somebody keeps deleting the record';
	end if;
	if jsonb_typeof(was) <> 'object' then
		raise exception using errcode = '${NOT_A_LEASE}', message = 'it is not an object';
	end if;
	-- Texts of JSON, and 22P02 if one is not: what is no lease's must not be written to.
	select each.key into field from jsonb_each(was) as each where jsonb_typeof(each.value) <> 'string'
		or json_typeof((each.value #>> '{}')::json) in ('array', 'null') limit 1;
	if found then
		raise exception using errcode = '${NOT_A_LEASE}', message = format('field "%s" is no value of a field', field);
	end if;
	becomes := was;
	for op in select jsonb_array_elements(ops) loop
		field := op ->> 1;
		old := becomes ->> field;
		case op ->> 0
		when 'increment' then
			if old is not null and old !~ '^-?[0-9]{1,15}$' then
				raise exception using errcode = '${NOT_A_LEASE}', message = format('field "%s" is no number', field);
			end if;
			becomes := becomes || jsonb_build_object(field, (coalesce(old, '0')::bigint + (op ->> 2)::bigint)::text);
		when 'set' then
			becomes := becomes || jsonb_build_object(field, op ->> 2);
		when 'setOnce' then
			if old is null then
				becomes := becomes || jsonb_build_object(field, op ->> 2);
			end if;
		when 'remove' then
			becomes := becomes - field;
		end case;
	end loop;
	update ${records} set fields = becomes where key = record_key;
	answer := was;
end $procedure$;
`;
}

/** A batch as the procedure takes it. A value is text in it, so that jsonb, which refuses NUL, never looks inside. */
export function batchText(ops: readonly FieldOp[]): string {
	return JSON.stringify(ops.map(toRow));
}

function toRow(op: FieldOp): readonly [string, string, (string | number)?] {
	switch (op.op) {
		case "increment":
			return [op.op, op.field, op.by];
		case "set":
		case "setOnce":
			return [op.op, op.field, valueText(op.value)];
		case "remove":
			return [op.op, op.field];
	}
}

/** PostgreSQL cuts names at 63 bytes, and the procedure's is longer than the table's. */
const TABLE_NAME = /^(?:([a-z_][a-z0-9_]{0,49})\.)?([a-z_][a-z0-9_]{0,49})$/;

/** The names of the table and of the procedure beside it. */
function quoted(table: string): { readonly records: string; readonly apply: string } {
	const parts = TABLE_NAME.exec(table);
	if (parts === null) {
		const message =
			"Expected the name of a table to be `name` or `schema.name`, each of up to 50 lower-case letters, digits " +
			`and \`_\`, got \`${table}\`.`;
		throw new SessionLeaseError("option_invalid", message);
	}
	const schema = parts[1] === undefined ? "" : `"${parts[1]}".`;
	return { records: `${schema}"${parts[2]}"`, apply: `${schema}"${parts[2]}_update_v1"` };
}
