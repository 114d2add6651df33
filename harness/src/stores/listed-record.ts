// A record as `list` answers it: one that is none of a lease's hides no other.
import type { Fields, StoredRecord } from "../lease/atomic-store.ts";
import { hasCode } from "../lease/errors.ts";

/** @throws what `fields` throws, unless that is about the record (`record_invalid`) */
export async function listedRecord(
	key: string,
	fields: () => Fields | Promise<Fields>,
): Promise<StoredRecord> {
	try {
		return { key, fields: await fields() };
	} catch (error) {
		if (hasCode(error, "record_invalid")) return { key, error };
		throw error;
	}
}

/** What is left of a record whose fields were all removed is none. */
export const isGone = (record: StoredRecord): boolean =>
	"fields" in record && Object.keys(record.fields).length === 0;
