// What happened in a simulation: what landed in the store, and what each process was told.
//
// Values are lists of tokens; every write appends one of its own to what its lease loaded. So a value tells its history.
import type { AtomicStore, FieldOp, Fields, Lease } from "../../src/index.ts";

/** A moment in the store: batches land one after the other, and a store that forgets begins a new period. */
export interface Landing {
	readonly order: number;
	readonly period: number;
}

export interface GrantEntry {
	readonly process: string;
	readonly id: string;
	readonly epoch: number;
	readonly loaded: readonly string[];
	/** When the winning bid landed. */
	readonly bid: Landing;
	readonly atMs: number;
}

export interface WriteEntry {
	readonly id: string;
	readonly epoch: number;
	readonly token: string;
	/** As the writer was told; one that was told nothing is in doubt. */
	outcome: "acknowledged" | "void" | "unknown";
}

export interface Counts {
	grants: number;
	takeovers: number;
	seals: number;
	bounces: number;
	acknowledged: number;
	unknown: number;
	void: number;
	released: number;
	abandoned: number;
	broken: number;
	crashes: number;
	rewinds: number;
}

export interface History {
	readonly grants: readonly GrantEntry[];
	readonly writes: readonly WriteEntry[];
	/** By token: when it first landed while its writer was the head. */
	readonly landedAsHead: ReadonlyMap<string, Landing>;
	/** By period: the tokens that the store still had when the period began. */
	readonly kept: readonly (readonly string[])[];
	/**
	 * Periods in which a batch of a lease that the store had forgotten took an epoch, or haunted out the bid of a new one:
	 * a known limit of a store that forgets, since epochs are given out again and names of bids carry no lease id.
	 */
	readonly haunted: ReadonlySet<number>;
	readonly counts: Counts;
}

export interface Recorder extends History {
	readonly writes: WriteEntry[];
	/** The store, with what lands in it written down. */
	watch(store: AtomicStore): AtomicStore;
	/** Whether somebody of this name has taken an epoch between the two, both excluded. */
	brokenBetween(lower: number, higher: number, owner: string): boolean;
	granted(process: string, lease: Lease<string[]>, atMs: number): GrantEntry;
	writing(grant: GrantEntry, token: string): WriteEntry;
	/** The store has forgotten; these tokens are left of the value. */
	rewound(kept: readonly string[]): void;
}

const HOLDER = /^holder:(\d+)$/;
const STATED = /^\w+:(\d+)\.([\w-]+)\.\d+$/;
const VALUE = /^value:(\d+)\.([\w-]+)\.(\d+)$/;

export function createRecorder(): Recorder {
	let order = 0;
	const bids = new Map<string, Landing & { readonly epoch: number; readonly owner: string }>();
	const haunted = new Set<number>();
	const grants: GrantEntry[] = [];
	const granted = new Set<string>();
	const writes: WriteEntry[] = [];
	const landedAsHead = new Map<string, Landing>();
	const kept: (readonly string[])[] = [[]];
	const counts = startCounts();

	const noteBid = (op: FieldOp, before: Fields, landing: Landing) => {
		const epoch = Number(HOLDER.exec(op.field)?.[1] ?? 0);
		if (op.op !== "setOnce" || before[op.field] !== undefined) return;
		const bid = `${epoch}.${op.value.id}`;
		if ((bids.get(bid)?.period ?? landing.period) < landing.period) haunted.add(landing.period);
		bids.set(bid, { ...landing, epoch, owner: String(op.value.owner) });
	};
	const noteSweep = (op: FieldOp, before: Fields, landing: Landing, writer: string) => {
		if (op.op !== "remove" || typeof before[op.field] !== "object") return;
		if ((bids.get(writer)?.period ?? landing.period) < landing.period) haunted.add(landing.period);
	};
	const noteValue = (op: FieldOp, before: Fields, landing: Landing) => {
		const [, epoch, id, batch] = VALUE.exec(op.field) ?? [];
		if (op.op !== "set" || id === undefined) return;
		if (batch === "1" && !granted.has(id)) counts.seals++;
		const token = tokensOf(op.value as string).at(-1);
		if (token === undefined || landedAsHead.has(token) || headOf(before) !== `${epoch}.${id}`) return;
		landedAsHead.set(token, landing);
	};
	const note = (before: Fields, ops: readonly FieldOp[]) => {
		const landing = { order: ++order, period: kept.length - 1 };
		const [, epoch, id] = STATED.exec(ops[0]?.field ?? "") ?? [];
		for (const op of ops) {
			noteBid(op, before, landing);
			noteSweep(op, before, landing, `${epoch}.${id}`);
			noteValue(op, before, landing);
		}
	};

	return {
		grants,
		writes,
		landedAsHead,
		kept,
		haunted,
		counts,
		brokenBetween: (lower, higher, owner) =>
			[...bids.values()].some((bid) => bid.owner === owner && bid.epoch > lower && bid.epoch < higher),
		watch: (store) => ({
			...store,
			async update(key, ops) {
				const before = await store.update(key, ops);
				note(before, ops);
				return before;
			},
		}),
		granted(process, lease, atMs) {
			const { id, epoch, value = [] } = lease;
			const bid = bids.get(`${epoch}.${id}`);
			if (!bid) throw new Error(`Epoch ${epoch} was granted to ${id}, whose bid never landed.`);
			const entry: GrantEntry = { process, id, epoch, loaded: value, bid, atMs };
			granted.add(id);
			grants.push(entry);
			counts.grants++;
			return entry;
		},
		writing({ id, epoch }, token) {
			const entry: WriteEntry = { id, epoch, token, outcome: "unknown" };
			writes.push(entry);
			return entry;
		},
		rewound(tokens) {
			kept.push(tokens);
			counts.rewinds++;
		},
	};
}

/** `<epoch>.<id>` of the highest epoch that has a holder. */
function headOf(fields: Fields): string | undefined {
	let highest = 0;
	for (const field of Object.keys(fields)) highest = Math.max(highest, Number(HOLDER.exec(field)?.[1] ?? 0));
	const holder = fields[`holder:${highest}`];
	return typeof holder === "object" ? `${highest}.${holder.id}` : undefined;
}

export function tokensOf(text: string | undefined): string[] {
	return text === undefined || text === "" ? [] : JSON.parse(text);
}

function startCounts(): Counts {
	return {
		grants: 0,
		takeovers: 0,
		seals: 0,
		bounces: 0,
		acknowledged: 0,
		unknown: 0,
		void: 0,
		released: 0,
		abandoned: 0,
		broken: 0,
		crashes: 0,
		rewinds: 0,
	};
}
