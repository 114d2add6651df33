// A workbench for the lease's unit tests: one virtual time, one store in memory, and leases of several processes on it.
import type {
	AtomicStore,
	CreateLeasesOptions,
	Fields,
	Leases,
	SessionReport,
	Wait,
} from "../../src/index.ts";
import { createLeases, type VirtualTime } from "../../src/index.ts";
import { type CallLog, inShort, logCalls } from "./call-log.ts";
import { scripted } from "./decisions.ts";
import { type Decide, type Decision, type Fate, faultyStore } from "./faulty-store.ts";
import { type RewindableStore, rewindableStore } from "./rewindable-store.ts";
import { createSimulation, type SimulatedProcess } from "./simulation.ts";

export const TTL_MS = 15_000;
export const SKEW_MS = 1_000;
export const SESSION = "s";

export interface Worker {
	readonly process: SimulatedProcess;
	readonly leases: Leases<unknown>;
	/** What the store was asked by this worker since the last time, in short: `["read", "bids:1 holder:1"]`. */
	calls(): string[];
}

export interface WorkerOptions extends Omit<Partial<CreateLeasesOptions<unknown>>, "ports"> {
	/** What happens to this worker's calls: a script, or a function. @default they run */
	readonly faults?: readonly (Decision | Fate)[] | Decide;
	readonly wallAheadMs?: number;
}

export interface Bench {
	readonly time: VirtualTime;
	readonly wait: Wait;
	/** The store itself, without faults. */
	readonly store: RewindableStore;
	/** The record of `SESSION`. */
	record(): Promise<Fields>;
	/** The value that stands, `undefined` for none. */
	value(): Promise<unknown>;
	/** What somebody who only looks is shown of `SESSION`. */
	inspect(): Promise<SessionReport>;
	/** Starts a worker process with leases on the store. */
	worker(name: string, options?: WorkerOptions): Worker;
}

export function createBench(): Bench {
	const simulation = createSimulation();
	const { time } = simulation;
	const store = rewindableStore();
	let looks = 0;
	const inspect = () =>
		createLeases({ store, ports: simulation.start(`look-${++looks}`).ports }).inspect(SESSION);
	return {
		time,
		wait: time.wait,
		store,
		record: () => store.read(SESSION),
		inspect,
		async value() {
			const { valueText } = await inspect();
			return valueText === undefined ? undefined : JSON.parse(valueText);
		},
		worker(name, { faults = [], wallAheadMs = 0, store: own = store, ...options } = {}) {
			const process = simulation.start(name, { wallAheadMs });
			const decide = typeof faults === "function" ? faults : scripted(faults);
			const faulty = faultyStore(own, {
				wait: time.wait,
				decide,
				crash: (when) => (when === "now" ? process.crash() : process.crashAtNextCall()),
			});
			const log: CallLog = logCalls(process.connect(faulty));
			const leases = createLeases({
				owner: name,
				...options,
				store: log as AtomicStore,
				ports: process.ports,
			});
			return { process, leases, calls: () => log.take().map(inShort) };
		},
	};
}

/** A test body that runs on a bench of its own, in virtual time. */
export function onBench(body: (bench: Bench) => Promise<void>): () => Promise<void> {
	return () => {
		const bench = createBench();
		return bench.time.run(body(bench));
	};
}

/** The error that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
	try {
		await promise;
	} catch (error) {
		return error;
	}
	throw new Error("Expected a rejection.");
}
