// State as iii's file-based adapter keeps it: acknowledged from memory, written to a file every now and then.

import type { Json } from "../engine/json.ts";
import { foldChanges } from "../engine/persistence.ts";
import type { Wait } from "../lease/clock.ts";
import { readChanges, writeChanges } from "./change-lines.ts";
import type { OpenPersistence } from "./journal.ts";
import { ServeError } from "./serve-error.ts";

export interface StateFileOptions {
	/** How often what has changed is written. */
	readonly flushEveryMs: number;
	readonly wait: Wait;
	/** Hears why the file could not be written; it is tried again at the next time. */
	readonly onFailure: (sentence: string) => void;
}

/**
 * What was acknowledged since the last flush is gone if the process is killed; closing flushes. Messages are not kept.
 * @throws ServeError (`file_unusable`)
 */
export function openStateFile(path: string, options: StateFileOptions): OpenPersistence {
	const { flushEveryMs, wait, onFailure } = options;
	const changes = readChanges(path);
	const { state, messages } = foldChanges(changes);
	if (messages.length > 0) {
		throw new ServeError(
			"file_unusable",
			`${path} is a journal: it keeps messages, and a state file would not.`,
		);
	}
	const scopes = new Map([...state].map(([scope, values]) => [scope, new Map<string, Json>(values)]));
	const closed = new AbortController();
	let changed = false;

	const flush = () => {
		if (!changed) return;
		changed = false;
		try {
			writeChanges(path, { state: scopes, messages: [] });
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
		kept: { state, messages },
		keep(change) {
			if (change.change === "set") {
				const values = scopes.get(change.scope) ?? new Map<string, Json>();
				scopes.set(change.scope, values.set(change.key, change.value));
			} else if (change.change === "delete") {
				scopes.get(change.scope)?.delete(change.key);
			} else {
				return;
			}
			changed = true;
		},
		close() {
			closed.abort();
			flush();
		},
	};
}
