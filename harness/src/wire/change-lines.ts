// Changes of an engine as a file keeps them: JSON lines, a header first.
import { isUtf8 } from "node:buffer";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { type Change, changesOf, type Kept } from "../engine/persistence.ts";
import { type ChangeIssue, changeIssue } from "./change-form.ts";
import { ServeError } from "./serve-error.ts";

const HEADER = JSON.stringify({ format: "session-lease-engine", version: 1 });

export const lineOf = (change: Change): string => `${JSON.stringify(change)}\n`;

/**
 * The changes that a file keeps, none if there is no file. A last line without its end was never acknowledged: it was
 * torn when its writer died, and is passed over.
 * @throws ServeError (`file_unusable`) naming the file and the line.
 */
export function readChanges(path: string): Change[] {
	const [header, ...rest] = linesOf(contentOf(path));
	const refuse = (line: number, issue: ChangeIssue) => {
		if (issue === undefined) return;
		throw new ServeError("file_unusable", `${path}, line ${line}: ${issue}`);
	};
	if (header && header.toString() !== HEADER) refuse(1, `Expected ${HEADER}.`);
	return rest.map((line, index) => {
		const change = parse(line);
		refuse(index + 2, changeIssue(change));
		return change as Change;
	});
}

/** Replaces the file as a whole: whoever reads it finds the old one or the new one. */
export function writeChanges(path: string, kept: Kept): void {
	const temporary = `${path}.new`;
	const file = openSync(temporary, "w");
	try {
		writeAll(file, `${HEADER}\n`);
		for (const change of changesOf(kept)) writeAll(file, lineOf(change));
		// Else a crash of the machine may leave the new name with nothing in it.
		fsyncSync(file);
	} finally {
		closeSync(file);
	}
	renameSync(temporary, path);
}

/** One write may take less than all of it. */
export function writeAll(file: number, text: string): void {
	let left = Buffer.from(text);
	while (left.length > 0) left = left.subarray(writeSync(file, left));
}

function contentOf(path: string): Buffer {
	try {
		return readFileSync(path);
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
		throw new ServeError("file_unusable", `Cannot read ${path}: ${(cause as Error).message}.`, { cause });
	}
}

/** Those that have their end. */
function linesOf(content: Buffer): Buffer[] {
	const lines: Buffer[] = [];
	let start = 0;
	for (let end = content.indexOf("\n"); end !== -1; end = content.indexOf("\n", start)) {
		lines.push(content.subarray(start, end));
		start = end + 1;
	}
	return lines;
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
