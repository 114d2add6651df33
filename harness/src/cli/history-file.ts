// A history as a file: each line is written before whoever called hears of its answer.
import { appendFileSync, closeSync, fstatSync, openSync } from "node:fs";
import { HISTORY_HEADER, type HistoryHeader, type HistoryLine } from "../history/history.ts";
import { cutTornEnd } from "./cut-torn-end.ts";
import { InputError, sentenceOf } from "./input-error.ts";

export interface HistoryFile {
	/**
	 * Appends a line: the death of this process cannot take it back.
	 * @throws InputError that names the file, if this line, or one before it, could not be written.
	 */
	readonly record: (line: HistoryLine) => void;
	/** Why a line could not be written: there is no history then. */
	readonly failure: InputError | undefined;
	close(): void;
}

export interface HistoryFileOptions {
	/** Goes on with a history that is there, behind its last whole line. @default false: starts it anew */
	readonly appends?: boolean;
}

/** @throws InputError that names the file. */
export function createHistoryFile(path: string, { appends = false }: HistoryFileOptions = {}): HistoryFile {
	let failure: InputError | undefined;
	const attempt = <R>(act: () => R): R => {
		if (failure) throw failure;
		try {
			return act();
		} catch (error) {
			failure =
				error instanceof InputError ? error : new InputError(`Cannot write ${path}: ${sentenceOf(error)}.`);
			throw failure;
		}
	};
	const file = attempt(() => openSync(path, appends ? "a+" : "w"));
	// No pipe: of what is in one, nothing is cut.
	if (appends && attempt(() => fstatSync(file).isFile())) attempt(() => cutTornEnd(file, path));
	const append = (line: HistoryHeader | HistoryLine) =>
		attempt(() => appendFileSync(file, `${JSON.stringify(line)}\n`));
	if (attempt(() => fstatSync(file).size) === 0) append(HISTORY_HEADER);
	return {
		record: append,
		get failure() {
			return failure;
		},
		close: () => closeSync(file),
	};
}
