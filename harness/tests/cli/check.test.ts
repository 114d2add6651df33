// `session-lease check`, and the histories that `session-lease run --history` writes for it.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createHistoryFile } from "../../src/cli/history-file.ts";
import type { HistoryReport } from "../../src/history/index.ts";
import { granted, ok, op, released, textOf } from "../history/told.ts";
import { createFolder, EXAMPLE, runCli, runProgramHere } from "./run-cli.ts";

const fine = textOf([granted(1, 2, 1), released(3, 4, 1, "x")]);
const next = textOf([granted(5, 6, 2, "x")]);
const stale = textOf([granted(5, 6, 2)]);

describe("session-lease check", () => {
	it.each([
		["held", fine, 0],
		["violated", textOf([granted(1, 2, 1), granted(3, 4, 1)]), 2],
		["inconclusive", textOf([]), 4],
	])("ends with the exit code of its verdict: %s", async (verdict, text, exitCode) => {
		await using folder = await createFolder();
		const path = await folder.write("history.jsonl", text);
		const shown = await runProgramHere(["check", path]);
		expect(shown).toMatchObject({ exitCode, error: "" });
		expect(shown.out.toLowerCase()).toContain(`\n\n${verdict}`);
		const { out, ...result } = await runProgramHere(["check", path, "--json"]);
		expect(result).toEqual({ exitCode, error: "" });
		expect((JSON.parse(out) as HistoryReport).verdict).toBe(verdict);
	});

	it("reads standard input, and judges several files as one history", async () => {
		await using folder = await createFolder();
		const path = await folder.write("history.jsonl", fine);
		expect(await runProgramHere(["check", "-"], fine)).toMatchObject({ exitCode: 0 });
		expect(await runProgramHere(["check", path, "-"], next)).toMatchObject({ exitCode: 0 });
		const { exitCode, out } = await runProgramHere(["check", "-", path], stale);
		expect(exitCode).toBe(2);
		expect(out).toContain("operation 1 of p1 in standard input loaded");
	});

	it("gives up at the limit of steps, and never passes then", async () => {
		const { exitCode, out } = await runProgramHere(["check", "-", "--steps", "1"], fine);
		expect(exitCode).toBe(4);
		expect(out).toContain("Inconclusive: more steps may tell");
	});

	it.each([
		["a line that is not JSON", `${fine}{`, "standard input, line 6: This is not JSON"],
		[
			"another version",
			fine.replace('"version":1', '"version":2'),
			"standard input, line 1: Expected version 1",
		],
		[
			"a completion without its invoke",
			fine.replace(/.*"invoke".*\n/, ""),
			"standard input, line 2: Operation 1 was never invoked.",
		],
		["no history", "", "standard input, line 1: Expected the header"],
	])("refuses %s by its line", async (_, text, message) => {
		const { exitCode, out, error } = await runProgramHere(["check", "-"], text);
		expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
		expect(error).toMatch(/^session-lease: .+\n$/);
		expect(error).toContain(message);
	});

	it.each([
		[["check"], "Expected the path of a history"],
		[["check", "-", "-"], '"-" was given twice'],
		[["check", "no-such.jsonl"], "no-such.jsonl: there is no such file"],
		[["check", "-", "--steps", "0"], "Expected --steps to be an integer from 1"],
		[["check", "-", "--workers", "2"], "--workers is no option of check"],
		[["run", EXAMPLE, "--steps", "2"], "--steps is no option of run"],
		[["run", EXAMPLE, "--history", ""], "Expected --history to be a path"],
		[
			["run", EXAMPLE, "--history", "no-such/folder/history.jsonl"],
			"Cannot write no-such/folder/history.jsonl",
		],
	])("%j is refused by name", async (given, message) => {
		const { exitCode, out, error } = await runProgramHere(given);
		expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
		expect(error).toContain(message);
	});
});

/** Runs the example with these options, and checks what it has recorded. */
async function runAndCheck(...options: readonly string[]) {
	await using folder = await createFolder();
	const path = join(folder.path, "history.jsonl");
	const ran = await runCli(["run", EXAMPLE, "--history", path, ...options], {
		LEDGER: join(folder.path, "ledger"),
	});
	const checked = await runCli(["check", path, "--json"]);
	const report: HistoryReport = JSON.parse(checked.out);
	return { ran: ran.exitCode, checked: checked.exitCode, report, text: await readFile(path, "utf8") };
}

const UNSERIALIZED_ATTEMPTS_MAX = 5;

describe("session-lease run --history", () => {
	it.each([[[]], [["--crash", "2", "--ttl", "500"]], [["--duplicate"]]])(
		"writes a history that holds, with %j",
		async (options) => {
			const { ran, checked, report } = await runAndCheck(...options);
			expect({ ran, checked }).toEqual({ ran: 0, checked: 0 });
			const unevaluated = report.checks.filter(({ evaluated }) => evaluated === 0).map(({ name }) => name);
			expect(unevaluated).toEqual(["versioned register"]);
		},
	);

	it("writes one that is violated without the lease: effects are begun twice", async () => {
		for (let attempt = 1; attempt <= UNSERIALIZED_ATTEMPTS_MAX; attempt++) {
			const { ran, checked, report } = await runAndCheck("--no-serialize");
			if (checked === 0) continue;
			expect({ ran, checked }).toEqual({ ran: 2, checked: 2 });
			const violated = report.checks.filter(({ verdict }) => verdict === "violated").map(({ name }) => name);
			expect(violated).toEqual(["duplicate effects"]);
			return;
		}
		expect.fail(`No effect was begun twice in ${UNSERIALIZED_ATTEMPTS_MAX} attempts.`);
	});

	it("has each line in the file before anybody goes on, and starts the file anew", async () => {
		await using folder = await createFolder();
		const path = await folder.write("history.jsonl", "old");
		const file = createHistoryFile(path);
		const head = { op: 1, process: "a", type: "invoke" } as const;
		file.record({ ...head, time: 1, key: "s", call: "acquire" });
		const { exitCode } = await runProgramHere(["check", path]);
		expect(exitCode).toBe(4);
		expect((await readFile(path, "utf8")).split("\n")).toHaveLength(3);
		file.close();
		// A closed file cannot be written: as a full disk, it fails this line and every one after it.
		expect(() => file.record({ ...head, time: 2, key: "s", call: "acquire" })).toThrow(
			`Cannot write ${path}`,
		);
		expect(file.failure?.message).toContain("Cannot write");
	});
});

it("shows the lines of an operation as they can be pasted into a history", async () => {
	const effect = op(1, 2, { call: "effect", key: "e" }, ok());
	const { out } = await runProgramHere(["check", "-"], textOf([effect, effect]));
	const pasted = out.split("\n").flatMap((line) => /^ {2}line \d+: (.*)$/.exec(line)?.[1] ?? []);
	const [header] = fine.split("\n");
	expect((await runProgramHere(["check", "-"], [header, ...pasted].join("\n"))).out).toBe(out);
});
