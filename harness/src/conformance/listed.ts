// What a store lists, collected.
import type { AtomicStore, StoredRecord } from "../lease/atomic-store.ts";

export async function listedOf(store: AtomicStore): Promise<readonly StoredRecord[]> {
	const listed: StoredRecord[] = [];
	for await (const record of store.list?.() ?? []) listed.push(record);
	return listed;
}

export async function keysOf(store: AtomicStore): Promise<readonly string[]> {
	return (await listedOf(store)).map(({ key }) => key);
}
