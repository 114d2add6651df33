// The journal: every change of state and queues is in a file before it is acknowledged.
import { closeSync, openSync } from "node:fs";
import { foldChanges, type Persistence } from "../engine/persistence.ts";
import { lineOf, readChanges, writeAll, writeChanges } from "./change-lines.ts";
import { ServeError } from "./serve-error.ts";

/** A persistence that holds something open. */
export interface OpenPersistence extends Persistence {
	close(): void;
}

/**
 * Reads the journal, leaves in it what still counts, and appends to it from then on. The death of this process takes
 * nothing back that was acknowledged; that of the machine may, since nothing waits for the disk. One engine at a time.
 * @throws ServeError (`file_unusable`)
 */
export function openJournal(path: string): OpenPersistence {
	const kept = foldChanges(readChanges(path));
	const file = openAnew(path, () => writeChanges(path, kept));
	let failure: Error | undefined;
	return {
		adapter: { name: "journal", config: { file_path: path } },
		kept,
		keep(change) {
			// After a line that was written in part, nothing may follow: the next start would refuse the file.
			if (failure) throw failure;
			try {
				writeAll(file, lineOf(change));
			} catch (cause) {
				failure = new Error(`Cannot write ${path}: ${(cause as Error).message}.`, { cause });
				throw failure;
			}
		},
		close() {
			failure ??= new Error(`${path} is closed.`);
			closeSync(file);
		},
	};
}

function openAnew(path: string, rewrite: () => void): number {
	try {
		rewrite();
		return openSync(path, "a");
	} catch (cause) {
		throw new ServeError("file_unusable", `Cannot write ${path}: ${(cause as Error).message}.`, { cause });
	}
}
