// The history of a worker process: appended to a file, in the microseconds that all processes of a machine share.
import type { RecordOptions } from "../history/record-call.ts";
import { createHistoryFile } from "./history-file.ts";

export interface WorkerHistory {
	readonly recording: RecordOptions;
	/** Aborts with the reason when a line could not be written: there is no history then. */
	readonly failed: AbortSignal;
	close(): void;
}

/** @throws InputError that names the file. */
export function createWorkerHistory(path: string, workerName: string): WorkerHistory {
	const file = createHistoryFile(path, { appends: true });
	const failed = new AbortController();
	const startedAt = microseconds();
	let ops = 0;
	return {
		recording: {
			// A restarted worker is another process.
			process: `${workerName}:${process.pid}`,
			time: microseconds,
			// In a container every life of a worker may have one process id.
			newOp: () => `${workerName}:${process.pid}@${startedAt}/${++ops}`,
			record(line) {
				try {
					file.record(line);
				} catch (error) {
					failed.abort(error);
					throw error;
				}
			},
		},
		failed: failed.signal,
		close: () => file.close(),
	};
}

const NANOSECONDS_OF_MICROSECOND = 1_000n;

/** Since the machine was started: below 2^53 for 285 years. */
function microseconds(): number {
	return Number(process.hrtime.bigint() / NANOSECONDS_OF_MICROSECOND);
}
