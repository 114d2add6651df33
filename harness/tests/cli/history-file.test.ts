// A history file of a worker that was killed in the middle of a line, and what its next life makes of it.
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createHistoryFile } from "../../src/cli/history-file.ts";
import { HISTORY_HEADER, type HistoryLine, parseHistory } from "../../src/history/index.ts";
import { createFolder } from "./run-cli.ts";

const line = (op: string): HistoryLine => ({
	op,
	process: "a",
	type: "invoke",
	time: 1,
	call: "effect",
	key: "x".repeat(200),
});
const textOf = (...lines: readonly object[]) => lines.map((it) => `${JSON.stringify(it)}\n`).join("");

/** What is in the file after one more line. */
async function appendedTo(text: string): Promise<string> {
	await using folder = await createFolder();
	const path = await folder.write("history.jsonl", text);
	const file = createHistoryFile(path, { appends: true });
	file.record(line("new"));
	file.close();
	return await readFile(path, "utf8");
}

describe("a history that is gone on with", () => {
	const whole = textOf(HISTORY_HEADER, line("1"), line("2"));

	it("keeps all its lines, wherever the last one was torn", async () => {
		const last = textOf(line("2")).length;
		for (const bytes of [1, 2, 50, last - 1]) {
			const text = await appendedTo(whole.slice(0, -bytes));
			expect(text).toBe(textOf(HISTORY_HEADER, line("1"), line("new")));
			expect(parseHistory(text).operations).toHaveLength(2);
		}
		expect(await appendedTo(whole)).toBe(whole + textOf(line("new")));
	});

	it("begins anew where its header was torn, or nothing was written yet", async () => {
		for (const torn of ["", "{", JSON.stringify(HISTORY_HEADER)]) {
			expect(await appendedTo(torn)).toBe(textOf(HISTORY_HEADER, line("new")));
		}
	});

	it("is cut behind its last whole line also if what was torn is long", async () => {
		const torn = `{"op":"${"y".repeat(200_000)}`;
		expect(await appendedTo(whole + torn)).toBe(whole + textOf(line("new")));
	});

	it("is left as it is if it is none", async () => {
		await using folder = await createFolder();
		for (const text of ["some notes", "some notes\nand more", '{"format":"other"}\n{"torn']) {
			const path = await folder.write("notes", text);
			expect(() => createHistoryFile(path, { appends: true })).toThrow("to be a history, or not to be there");
			expect(await readFile(path, "utf8")).toBe(text);
		}
	});
});
