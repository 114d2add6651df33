// The history of a job: its workers' leases, and the calls that they run as effects, in one order of time.
import type { HistoryLine } from "../history/history.ts";
import type { RecordOptions } from "../history/record-call.ts";
import { recordLeases } from "../history/record-leases.ts";
import type { Leases } from "../lease/leases.ts";
import type { TurnFunctions } from "../turn/functions.ts";
import type { TurnRecord } from "../turn/record.ts";
import { recordFunctions } from "../turn/record-functions.ts";

export interface JobHistory {
	/** The functions as a worker, by its readable name, runs them. */
	functionsOf(owner: string, functions: TurnFunctions): TurnFunctions;
	/** The leases as a worker uses them. */
	leasesOf(owner: string, leases: Leases<TurnRecord>): Leases<TurnRecord>;
}

export interface JobHistoryOptions {
	/** `undefined`: nothing is written down. */
	readonly record: ((line: HistoryLine) => void) | undefined;
	/** Monotonic milliseconds. */
	readonly nowMs: () => number;
}

const MICROSECONDS_OF_MS = 1_000;

export function createJobHistory({ record, nowMs }: JobHistoryOptions): JobHistory {
	let lastTime = 0;
	let lastOp = 0;
	// All of it happens in this process: no two lines need to have one time.
	const time = () => {
		lastTime = Math.max(lastTime + 1, nowMs() * MICROSECONDS_OF_MS);
		return lastTime;
	};
	const optionsOf = (owner: string): RecordOptions | undefined =>
		record && { process: owner, time, record, newOp: () => ++lastOp };
	return {
		functionsOf(owner, functions) {
			const options = optionsOf(owner);
			return options ? recordFunctions(functions, ({ id }) => id, options) : functions;
		},
		leasesOf(owner, leases) {
			const options = optionsOf(owner);
			return options ? recordLeases(leases, options) : leases;
		},
	};
}
