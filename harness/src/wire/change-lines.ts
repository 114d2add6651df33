// Changes of an engine as a file keeps them: JSON lines, a header first.
import { isUtf8 } from "node:buffer";
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { type Change, changesOf, type Kept } from "../engine/persistence.ts";
import { type ChangeIssue, changeIssue } from "./change-form.ts";
import { ServeError } from "./serve-error.ts";

const HEADER = JSON.stringify({ format: "session-lease-engine", version: 1 });

const CHUNK_BYTES = 1024 * 1024;

export const lineOf = (change: Change): string => `${JSON.stringify(change)}\n`;

/** An open file, to be appended to or closed by whoever asked for it. */
export interface WrittenFile {
	readonly file: number;
	readonly bytes: number;
}

/**
 * The changes that a file keeps, none if there is no file. A last line without its end was never acknowledged: it was
 * torn when its writer died, and is passed over.
 * @throws ServeError (`file_unusable`) naming the file and the line, as soon as it comes to that one.
 */
export function* readChanges(path: string): Generator<Change> {
	let number = 0;
	for (const line of readLines(path)) {
		number++;
		const isHeader = number === 1;
		const change = isHeader ? undefined : parse(line);
		const issue = isHeader ? headerIssue(line) : changeIssue(change);
		if (issue !== undefined) throw new ServeError("file_unusable", `${path}, line ${number}: ${issue}`);
		if (!isHeader) yield change as Change;
	}
}

/** Replaces the file as a whole: whoever reads it finds the old one or the new one, and if this throws, the old one. */
export function writeChanges(path: string, kept: Kept): WrittenFile {
	const temporary = `${path}.new`;
	const file = openSync(temporary, "w");
	try {
		let bytes = writeAll(file, `${HEADER}\n`);
		for (const change of changesOf(kept)) bytes += writeAll(file, lineOf(change));
		// Else a crash of the machine may leave the new name with nothing in it.
		fsyncSync(file);
		renameSync(temporary, path);
		return { file, bytes };
	} catch (error) {
		closeSync(file);
		rmSync(temporary, { force: true });
		throw error;
	}
}

/** One write may take less than all of it. Answers how many bytes it was. */
export function writeAll(file: number, text: string): number {
	const bytes = Buffer.from(text);
	let left = bytes;
	while (left.length > 0) left = left.subarray(writeSync(file, left));
	return bytes.length;
}

/** Those that have their end, read piece by piece: a file may be longer than a buffer can be. */
function* readLines(path: string): Generator<Buffer> {
	const file = openToRead(path);
	if (file === undefined) return;
	try {
		let begun: Buffer[] = [];
		for (;;) {
			const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
			const read = chunk.subarray(0, readSync(file, chunk));
			if (read.length === 0) return;
			let start = 0;
			for (let end = read.indexOf("\n"); end !== -1; end = read.indexOf("\n", start)) {
				yield Buffer.concat([...begun, read.subarray(start, end)]);
				begun = [];
				start = end + 1;
			}
			begun.push(read.subarray(start));
		}
	} catch (cause) {
		throw unreadable(path, cause);
	} finally {
		closeSync(file);
	}
}

function openToRead(path: string): number | undefined {
	try {
		return openSync(path, "r");
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw unreadable(path, cause);
	}
}

function unreadable(path: string, cause: unknown): ServeError {
	return new ServeError("file_unusable", `Cannot read ${path}: ${(cause as Error).message}.`, { cause });
}

function headerIssue(line: Buffer): ChangeIssue {
	return line.toString() === HEADER ? undefined : `Expected ${HEADER}.`;
}

function parse(line: Buffer): unknown {
	if (!isUtf8(line)) return undefined;
	try {
		return JSON.parse(line.toString());
	} catch {
		// Reported with its line, as whatever else is no change.
		return undefined;
	}
}
