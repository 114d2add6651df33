// The record of a session as a scenario sets it up, and as a property reads it.
import type { Fields } from "../lease/atomic-store.ts";
import { parseRecord } from "../lease/record.ts";
import { isNoValue } from "../lease/schema.ts";
import { standingValue } from "../lease/standing.ts";

/** For `world.records.set`: a session whose first holder has saved this value, JSON, and released. */
export function releasedSession(
	value: NonNullable<unknown>,
	{ owed = false }: { readonly owed?: boolean } = {},
): Fields {
	return {
		"bids:1": 1,
		"holder:1": { id: "setup", owner: "setup", until: 0 },
		"value:1.setup.1": JSON.stringify(value),
		"owed:1.setup.1": owed,
		"done:1.setup": true,
	};
}

/** For a property: the value that stands in a session's record, `undefined` if there is none. */
export function sessionValue<R>(sessionId: string, fields: (key: string) => Fields): R | undefined {
	const text = standingValue(parseRecord(sessionId, fields(sessionId)))?.text ?? "";
	return isNoValue(text) ? undefined : (JSON.parse(text) as R);
}
