// The journal: every change of state and queues is in a file before it is acknowledged.
import { closeSync } from "node:fs";
import { createFold, type Kept, type Persistence } from "../engine/persistence.ts";
import type { Processes } from "../system/processes.ts";
import { lineOf, readChanges, type WrittenFile, writeAll, writeChanges } from "./change-lines.ts";
import { holdFile } from "./hold-file.ts";
import { ServeError } from "./serve-error.ts";

/** A persistence that holds something open. */
export interface OpenPersistence extends Persistence {
	close(): void;
}

export interface JournalOptions {
	readonly processes: Processes;
	/** How long the file becomes at least before what does not count any more is left out. @default 256 MiB */
	readonly compactAtBytes?: number;
}

const COMPACT_AT_BYTES = 256 * 1024 * 1024;

/**
 * Reads the journal, leaves in it what still counts, and appends to it from then on; whenever it has grown past a bound,
 * and to twice of what was left the last time, only what counts is left again. The death of this process takes
 * nothing back that was acknowledged; that of the machine may, since nothing waits for the disk. One engine at a time.
 * @throws ServeError (`file_unusable`)
 */
export function openJournal(path: string, options: JournalOptions): OpenPersistence {
	const { processes, compactAtBytes = COMPACT_AT_BYTES } = options;
	return holdFile(path, processes, (giveBack) => appendTo(path, { compactAtBytes, giveBack }));
}

function appendTo(
	path: string,
	{ compactAtBytes, giveBack }: { readonly compactAtBytes: number; readonly giveBack: () => void },
): OpenPersistence {
	const fold = createFold(readChanges(path));
	const kept = fold.kept();
	let { file, bytes } = openAnew(path, kept);
	let compactAt = Math.max(compactAtBytes, 2 * bytes);
	let failure: Error | undefined;

	const compact = () => {
		try {
			const former = file;
			({ file, bytes } = writeChanges(path, fold.kept()));
			closeSync(former);
		} catch {
			// The file is as it was, and has everything: it is tried again when it has doubled.
		}
		compactAt = Math.max(compactAtBytes, 2 * bytes);
	};

	return {
		adapter: { name: "journal", config: { file_path: path } },
		kept,
		keep(change) {
			// After a line that was written in part, nothing may follow: the next start would refuse the file.
			if (failure) throw failure;
			// Before anything is written: a change that is too long for a text fails alone.
			const line = lineOf(change);
			try {
				bytes += writeAll(file, line);
			} catch (cause) {
				failure = new Error(`Cannot write ${path}: ${(cause as Error).message}.`, { cause });
				throw failure;
			}
			fold.add(change);
			if (bytes >= compactAt) compact();
		},
		close() {
			failure ??= new Error(`${path} is closed.`);
			closeSync(file);
			giveBack();
		},
	};
}

function openAnew(path: string, kept: Kept): WrittenFile {
	try {
		return writeChanges(path, kept);
	} catch (cause) {
		throw new ServeError("file_unusable", `Cannot write ${path}: ${(cause as Error).message}.`, { cause });
	}
}
