// What a state file has of the sessions, read beside the engine that writes it.
import { foldChanges } from "../../src/engine/persistence.ts";
import type { Fields } from "../../src/index.ts";
import { parseRecord } from "../../src/lease/record.ts";
import { headOf, standingValue } from "../../src/lease/standing.ts";
import { readChanges } from "../../src/wire/change-lines.ts";
import type { ServedEngine } from "./engine-process.ts";

export interface FlushedSession {
	/** The highest epoch that has a holder; 0: none. */
	readonly epoch: number;
	/** The value that stands, JSON text; `undefined`: none. */
	readonly valueText: string | undefined;
}

export function flushedSessions({ file }: ServedEngine): Map<string, FlushedSession> {
	const records = foldChanges(readChanges(file)).state.get("session_lease") ?? new Map();
	return new Map(
		[...records].map(([session, stored]) => {
			const { key: _key, ...fields } = stored as { key: string } & Record<string, unknown>;
			const record = parseRecord(session, withFirstHolders(fields));
			const { text = "" } = standingValue(record) ?? {};
			return [session, { epoch: headOf(record)?.epoch ?? 0, valueText: text === "" ? undefined : text }];
		}),
	);
}

/** A holder is the first of those that were appended. */
function withFirstHolders(fields: Record<string, unknown>): Fields {
	const entries = Object.entries(fields).map(([field, value]) => [
		field,
		Array.isArray(value) ? value[0] : value,
	]);
	return Object.fromEntries(entries);
}
