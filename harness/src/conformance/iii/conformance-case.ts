// A case of how iii's state answers: the state before, a call, its answer and the state after, as the table has them.
import { readFile } from "node:fs/promises";
import type { Json } from "../../engine/index.ts";

/** Where iii's state keeps its values; `file` is the kv adapter's `file_based`. */
export const ADAPTERS = ["kv", "file", "redis"] as const;
export type Adapter = (typeof ADAPTERS)[number];

/** The versions that answered otherwise than another one. */
export type Version = "0.21" | "0.23";

/** What comes of a call. */
export interface Expectation {
	/** Missing, and `rejected` missing too: the call answers `undefined`. */
	readonly answer?: Json;
	/** The code with which the call is rejected. */
	readonly rejected?: string;
	/** The rejection's message, where a version differs in it. */
	readonly message?: string;
	/** The value after the call; missing: so is the key. */
	readonly after?: Json;
}

export interface ConformanceCase extends Expectation {
	/** What the case shows, on kv. */
	readonly name: string;
	/** The value of the key `k` before; missing: so is the key. */
	readonly before?: Json;
	/** Calls that are made before the one that counts: function ids and payloads. */
	readonly first?: readonly (readonly [functionId: string, payload: Json])[];
	readonly call: string;
	/** Gets a scope, and the key `k` unless it has its own. */
	readonly payload: Json;
	/** The payload is sent as it is. */
	readonly bare?: boolean;
	/** What the engine's configuration has to limit. */
	readonly needs?: "max_value_bytes";
	/** What is expected instead, where an adapter or a version differs. */
	readonly on?: Readonly<Partial<Record<Adapter | Version, Expectation>>>;
}

export interface CaseTable {
	readonly cases: readonly ConformanceCase[];
	/** Every error in an answer has it; the table leaves it out. */
	readonly doc_url: string;
}

const FORMAT = "session-lease-conformance-1";

/** The table that this package ships. */
export async function readCaseTable(): Promise<CaseTable> {
	const path = new URL("../../../conformance/iii-cases.json", import.meta.url);
	const table = JSON.parse(await readFile(path, "utf8")) as CaseTable & { readonly format: string };
	if (table.format !== FORMAT)
		throw new Error(`Expected a table of the format ${FORMAT}, got ${table.format}.`);
	return table;
}
