// A port on the memory of this process: right, slow, busy, or wrong in one way that shows without any server.
import type { Client, Port } from "../../src/conformance/index.ts";
import { applyOps, type FieldOp, type Fields, type StoredRecord } from "../../src/index.ts";
import { TransientError } from "../../src/lease/errors.ts";
import { checkBatch, checkKey } from "../../src/stores/check-batch.ts";
import { recordInvalid } from "../../src/stores/record-text.ts";
import { realWait } from "../../src/system/real-time.ts";

/** What a port does otherwise than it should; `undefined` fields are done right. */
interface Otherwise {
	readonly apply?: (before: Fields, ops: readonly FieldOp[]) => Fields;
	/** After a batch: what it was, and what it came to. */
	readonly applied?: (records: Records, key: string, before: Fields) => void;
	/** What a client is shown of a record that another one has written last. */
	readonly shownToOthers?: (record: Fields, before: Fields) => Fields;
	readonly listsMax?: number;
	readonly listEndsAtForeign?: boolean;
	readonly overwritesForeign?: boolean;
}

type Records = Map<string, Fields | typeof FOREIGN>;
const FOREIGN = "no record of a lease";

const first = (fields: Fields, count: number): Fields =>
	Object.fromEntries(Object.entries(fields).slice(0, count));

const changed = (fields: Fields, change: (value: Fields[string]) => Fields[string]): Fields =>
	Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, change(value)]));

const COMES_BACK_MS = 50;

/** One way in which a store can be wrong. */
export type MemoryFlaw =
	| "brings removed fields back"
	| "shows removed fields to other clients"
	| "lists a hundred records at most"
	| "counts in 32 bits"
	| "cuts long texts"
	| "applies 25 ops of a batch"
	| "keeps a hundred fields"
	| "ends its list at a foreign record"
	| "overwrites foreign records";

const FLAWS: Readonly<Record<MemoryFlaw, Otherwise>> = {
	"brings removed fields back": {
		applied(records, key, before) {
			setTimeout(() => records.set(key, { ...before, ...(records.get(key) as Fields) }), COMES_BACK_MS);
		},
	},
	"shows removed fields to other clients": { shownToOthers: (record, before) => ({ ...before, ...record }) },
	"lists a hundred records at most": { listsMax: 100 },
	"counts in 32 bits": {
		apply: (before, ops) =>
			changed(applyOps(before, ops), (value) => (typeof value === "number" ? value | 0 : value)),
	},
	"cuts long texts": {
		apply: (before, ops) =>
			changed(applyOps(before, ops), (value) =>
				typeof value === "string" ? value.slice(0, 1_000_000) : value,
			),
	},
	"applies 25 ops of a batch": { apply: (before, ops) => applyOps(before, ops.slice(0, 25)) },
	"keeps a hundred fields": { apply: (before, ops) => first(applyOps(before, ops), 100) },
	"ends its list at a foreign record": { listEndsAtForeign: true },
	"overwrites foreign records": { overwritesForeign: true },
};

/** What is right for a store to be, and no reason to fail. */
export interface Pace {
	/** For how long a call is under way. @default 0 */
	readonly callMs?: number;
	/** Every how many calls the store says that it is too busy and has done nothing. @default never */
	readonly busyEvery?: number;
}

export function memoryPort(flaw?: MemoryFlaw, pace: Pace = {}): Port {
	const otherwise: Otherwise = flaw === undefined ? {} : FLAWS[flaw];
	return {
		name: flaw ?? "a store in memory",
		capabilities: { server: false },
		async open() {
			const records: Records = new Map();
			const writers = new Map<string, { readonly client: Client; readonly before: Fields }>();
			return {
				connect: async () => connectTo(records, writers, otherwise, pace),
				spoil: async (key) => void records.set(key, FOREIGN),
				close: async () => undefined,
			};
		},
	};
}

type Writers = Map<string, { readonly client: Client; readonly before: Fields }>;

let calls = 0;

async function underWay<T>({ callMs = 0, busyEvery = 0 }: Pace, call: () => T): Promise<T> {
	if (busyEvery > 0 && ++calls % busyEvery === 0) {
		throw new TransientError("The store is too busy.", { code: "store_unavailable" });
	}
	if (callMs > 0) await realWait(callMs / 2);
	const answer = call();
	if (callMs > 0) await realWait(callMs / 2);
	return answer;
}

function connectTo(records: Records, writers: Writers, otherwise: Otherwise, pace: Pace): Client {
	const { apply = applyOps, applied, shownToOthers, overwritesForeign = false } = otherwise;
	const recordOf = (key: string): Fields => {
		const record = records.get(key) ?? {};
		if (record === FOREIGN) throw recordInvalid(key, "it is a text");
		return record;
	};
	const client: Client = {
		async update(key, ops) {
			checkBatch(key, ops);
			return underWay(pace, () => {
				if (overwritesForeign && records.get(key) === FOREIGN) {
					records.set(key, apply({}, ops));
					throw recordInvalid(key, "it was a text");
				}
				const before = recordOf(key);
				records.set(key, apply(before, ops));
				if (ops.length > 0) writers.set(key, { client, before });
				applied?.(records, key, before);
				return before;
			});
		},
		async read(key) {
			checkKey(key);
			return underWay(pace, () => {
				const writer = writers.get(key);
				if (!writer || writer.client === client) return recordOf(key);
				return shownToOthers?.(recordOf(key), writer.before) ?? recordOf(key);
			});
		},
		async *list() {
			yield* await underWay(pace, () => listed(records, otherwise));
		},
	};
	return client;
}

function listed(records: Records, { listsMax, listEndsAtForeign = false }: Otherwise): StoredRecord[] {
	return [...records].slice(0, listsMax).flatMap(([key, fields]): StoredRecord[] => {
		if (fields !== FOREIGN) return Object.keys(fields).length > 0 ? [{ key, fields }] : [];
		const error = recordInvalid(key, "it is a text");
		if (listEndsAtForeign) throw error;
		return [{ key, error }];
	});
}
