// What a process has been told so far, as a short key: its code is deterministic, so this is the process.
import { createHash } from "node:crypto";

/** 96 bits: among a million texts, two share a key with a probability of 1 in 10^17. */
export const keyOf = (text: string): string => createHash("sha1").update(text).digest("base64").slice(0, 16);

type Entry = string | number | (() => string);

/** A chain of everything a process could see. An entry may be worked out later: most are never asked for. */
export class HistoryKey {
	#key = "";
	#entries: Entry[] = [];

	/** A function has to give the same text whenever it is called. */
	add(entry: Entry): void {
		this.#entries.push(entry);
	}

	/** One link for each entry, so that it does not matter when it is asked for. */
	get(): string {
		for (const entry of this.#entries) {
			const text = typeof entry === "function" ? entry() : String(entry);
			this.#key = keyOf(`${this.#key} ${text}`);
		}
		this.#entries = [];
		return this.#key;
	}
}
