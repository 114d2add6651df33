// What a process that died in the middle of a line has left at the end of a history: cut off, so that the rest is one.
import { fstatSync, ftruncateSync, readSync } from "node:fs";
import { HISTORY_HEADER } from "../history/history.ts";
import { headerIssue } from "../history/line-form.ts";
import { InputError } from "./input-error.ts";

const NEW_LINE = 0x0a;
const CHUNK_BYTES = 65_536;
/** As much as a first line has that says what the file is. */
const HEADER_BYTES_MAX = 1_000;

/** Cuts an open file behind its last line that is whole. @throws InputError, and cuts nothing, if it is no history. */
export function cutTornEnd(file: number, path: string): void {
	const { size } = fstatSync(file);
	if (size === 0) return;
	expectHistory(read(file, 0, Math.min(size, HEADER_BYTES_MAX)).toString(), path);
	const end = endOfLastLine(file, size);
	if (end < size) ftruncateSync(file, end);
}

function expectHistory(beginning: string, path: string): void {
	const [first = "", ...more] = beginning.split("\n");
	// The header itself may be what was torn.
	if (more.length === 0 && JSON.stringify(HISTORY_HEADER).startsWith(first)) return;
	if (headerIssue(jsonOf(first)) === undefined) return;
	throw new InputError(
		`Expected ${path} to be a history, or not to be there: its first line is another one.`,
	);
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function endOfLastLine(file: number, size: number): number {
	for (let to = size; to > 0; ) {
		const from = Math.max(0, to - CHUNK_BYTES);
		const last = read(file, from, to).lastIndexOf(NEW_LINE);
		if (last >= 0) return from + last + 1;
		to = from;
	}
	return 0;
}

function read(file: number, from: number, to: number): Buffer {
	const bytes = Buffer.alloc(to - from);
	return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
}
