// State as iii's file-based adapter keeps it: acknowledged from memory, written to a file every now and then.
import { closeSync } from "node:fs";
import { createFold } from "../engine/persistence.ts";
import type { Wait } from "../lease/clock.ts";
import type { Processes } from "../system/processes.ts";
import { readChanges, writeChanges } from "./change-lines.ts";
import { holdFile } from "./hold-file.ts";
import type { OpenPersistence } from "./journal.ts";
import { ServeError } from "./serve-error.ts";

export interface StateFileOptions {
	/** How often what has changed is written. */
	readonly flushEveryMs: number;
	readonly wait: Wait;
	readonly processes: Processes;
	/** Hears why the file could not be written; it is tried again at the next time. */
	readonly onFailure: (sentence: string) => void;
}

/**
 * What was acknowledged since the last flush is gone if the process is killed; closing flushes. Messages are not kept.
 * One engine at a time.
 * @throws ServeError (`file_unusable`)
 */
export function openStateFile(path: string, options: StateFileOptions): OpenPersistence {
	return holdFile(path, options.processes, (giveBack) => flushTo(path, { ...options, giveBack }));
}

function flushTo(
	path: string,
	{ flushEveryMs, wait, onFailure, giveBack }: StateFileOptions & { readonly giveBack: () => void },
): OpenPersistence {
	const fold = createFold(readChanges(path));
	if (fold.kept().messages.length > 0) {
		const reason = `${path} is a journal: it keeps messages, and a state file would not.`;
		throw new ServeError("file_unusable", reason);
	}
	const closed = new AbortController();
	let changed = false;

	const flush = () => {
		if (!changed) return;
		changed = false;
		try {
			closeSync(writeChanges(path, fold.kept()).file);
		} catch (error) {
			changed = true;
			onFailure(`Cannot write ${path}: ${(error as Error).message}.`);
		}
	};

	const flushNowAndThen = async () => {
		while (!closed.signal.aborted) {
			await wait(flushEveryMs, { signal: closed.signal, background: true });
			flush();
		}
	};
	// Rejected when it is closed, and then only.
	flushNowAndThen().catch(() => undefined);

	return {
		adapter: {
			name: "kv",
			config: { store_method: "file_based", file_path: path, save_interval_ms: flushEveryMs },
		},
		kept: fold.kept(),
		keep(change) {
			if (change.change !== "set" && change.change !== "delete") return;
			fold.add(change);
			changed = true;
		},
		close() {
			closed.abort();
			flush();
			giveBack();
		},
	};
}
