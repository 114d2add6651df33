// `session-lease explore` and `session-lease replay`, on scenarios out of somebody's module.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError } from "../../src/cli/input-error.ts";
import { readScenarios } from "../../src/cli/scenario-module.ts";
import { spaces } from "../../src/explore/spaces/index.ts";
import { encodeReplay, type Report } from "../../src/explore.ts";
import { type CliResult, createFolder, type Folder, runCli, runProgramHere } from "./run-cli.ts";

/** Two that add one to a number; `work` is the body of how. */
const scenarioText = (name: string, work: string, sentence = "nothing is lost") => `{
	name: ${JSON.stringify(name)},
	properties: [
		{ kind: "eventually", sentence: ${JSON.stringify(sentence)}, judge: ({ fields }) => fields("count").n === 2 },
	],
	setup(world) {
		for (const name of ["a", "b"]) world.process(name, (process) => process.task(async () => { const { store } = process; ${work} }));
	},
}`;
const LOSES = `const { n = 0 } = await store.read("count");
	await store.update("count", [{ op: "set", field: "n", value: n + 1 }]);`;
const COUNTS = `await store.update("count", [{ op: "increment", field: "n", by: 1 }]);`;

const loses = scenarioText("it's lost", LOSES);
const counts = scenarioText("counted", COUNTS);
const vacuous = counts.replace('"counted"', '"vacuous"').replace("judge:", "when: () => false, judge:");

const asModule = (...exported: readonly string[]) =>
	exported.map((text, index) => `export const scenario${index} = ${text};\n`).join("");

const write = (folder: Folder, text: string) => folder.write("races.mjs", text);

const jsonOf = ({ out }: CliResult): readonly Report[] => JSON.parse(out) as Report[];

describe("session-lease explore", () => {
	it.each([
		["held", "counts", [], 0],
		["violated", "loses", [], 2],
		["vacuous", "vacuous", [], 4],
		["held", "counts", ["--complete"], 0],
		["held", "counts", ["--complete", "--schedules", "1"], 4],
		["violated", "loses", ["--complete", "--schedules", "1000"], 2],
		["held", "loses", ["--preemptions", "0"], 0],
	] as const)(
		"ends with the exit code of what it found: %s, %s %j",
		async (verdict, name, options, exitCode) => {
			await using folder = await createFolder();
			const path = await write(folder, asModule({ counts, loses, vacuous }[name]));
			const given = ["explore", "--from", path, ...options];
			const shown = await runProgramHere(given);
			expect(shown).toMatchObject({ exitCode, error: "" });
			expect(shown.out).toMatch(new RegExp(`^${verdict}: `));
			const asJson = await runProgramHere([...given, "--json"]);
			expect(asJson).toMatchObject({ exitCode, error: "" });
			expect(jsonOf(asJson).map((report) => report.verdict)).toEqual([verdict]);
		},
	);

	it("is not content with a scenario that does something else each time", async () => {
		await using folder = await createFolder();
		const fickle = loses.replace("setup(world) {", "setup(world) { globalThis.fickle = !globalThis.fickle;");
		const text = asModule(
			fickle.replace('"b"]', '"b", ...(globalThis.fickle ? ["c"] : [])]').replace("=== 2", ">= 0"),
		);
		const { exitCode, out } = await runProgramHere(["explore", "--from", await write(folder, text)]);
		expect(out).toMatch(/^not deterministic: /);
		expect(exitCode).toBe(4);
	});

	it("explores all that a module exports, in lists and by default too, each once", async () => {
		await using folder = await createFolder();
		const third = scenarioText("third", COUNTS);
		const text = `const loses = ${loses};
			export default ${third};
			export const list = [${counts}, loses];
			export const other = 7;
			export { loses, loses as again };`;
		const path = await write(folder, text);
		const all = await runProgramHere(["explore", "--from", path, "--json"]);
		expect(
			jsonOf(all)
				.map(({ scenario }) => scenario)
				.sort(),
		).toEqual(["counted", "it's lost", "third"]);
		expect(all.exitCode).toBe(2);
		const { out } = await runProgramHere(["explore", "--from", path]);
		for (const name of ["counted", "it's lost", "third"]) expect(out).toContain(`"${name}"`);
		const one = await runProgramHere(["explore", "counted", "--from", path, "--json"]);
		expect(jsonOf(one)).toHaveLength(1);
		expect(one.exitCode).toBe(0);
	});

	it("ends with the worst of several: violated, though another one is only vacuous", async () => {
		await using folder = await createFolder();
		const exitCodeOf = async (...exported: string[]) =>
			(
				await runProgramHere([
					"explore",
					"--from",
					await folder.write(`${exported.length}.mjs`, asModule(...exported)),
				])
			).exitCode;
		expect(await exitCodeOf(vacuous, loses, counts)).toBe(2);
		expect(await exitCodeOf(vacuous, counts)).toBe(4);
	});

	it.each(["random", "pct"])("draws schedules from a seed: %s", async (mode) => {
		await using folder = await createFolder();
		const path = await write(folder, asModule(counts));
		const given = ["explore", "--from", path, "--mode", mode, "--seed", "7", "--schedules", "12", "--json"];
		const [first, second] = [await runProgramHere(given), await runProgramHere(given)];
		expect(jsonOf(first)).toMatchObject([{ mode, schedules: 12, limits: { seed: 7, schedulesMax: 12 } }]);
		expect(first).toEqual(second);
	});

	it("explores the library's own scenarios if no module is named", async () => {
		expect(await readScenarios(undefined)).toBe(spaces);
		const name = spaces[0]?.name ?? "none";
		const shown = await runProgramHere(["explore", name, "--schedules", "3", "--json"]);
		expect(jsonOf(shown)).toMatchObject([{ scenario: name, schedules: 3 }]);
	});

	it("stops between two schedules when it is interrupted", async () => {
		await using folder = await createFolder();
		const path = await write(folder, asModule(counts));
		const signal = AbortSignal.abort(new InputError("Ended."));
		expectRefusal(await runProgramHere(["explore", "--from", path], "", signal), "Ended.");
	});
});

describe("what explore prints", () => {
	it("is a line that can be pasted back, quotes in the name included", async () => {
		await using folder = await createFolder();
		const path = await write(folder, asModule(counts, loses));
		const explored = await runCli(["explore", "it's lost", "--from", path]);
		const [, line = ""] = /^run it again {3}(session-lease replay '.*)$/m.exec(explored.out) ?? [];
		expect(line).toContain("--from");
		const words = line.replaceAll("'\\''", "\u0000").match(/'[^']*'|[^ ]+/g) ?? [];
		const given = words.slice(1).map((word) => word.replaceAll("'", "").replaceAll("\u0000", "'"));
		const again = await runCli(given);
		expect(again).toMatchObject({ exitCode: 2, error: "" });
		expect(again.out).toMatch(/^violated: the replayed schedule of "it's lost"/);
		expect(again.out).toContain("eventually: nothing is lost");
	});

	it("goes into files as well: a page and a diagram", async () => {
		await using folder = await createFolder();
		const path = await write(folder, asModule(loses));
		const [html, mermaid] = [join(folder.path, "race.html"), join(folder.path, "race.mmd")];
		const pictures = ["--from", path, "--html", html, "--mermaid", mermaid];
		const [report] = jsonOf(await runProgramHere(["explore", ...pictures, "--json"]));
		const explored = [await readFile(html, "utf8"), await readFile(mermaid, "utf8")];
		expect(explored[0]).toMatch(/^<!doctype html>/i);
		expect(explored[1]).toContain("sequenceDiagram");
		for (const text of explored) expect(text).toContain("nothing is lost");
		expect(explored[0]).toContain(` --from ${path}</code>`);
		const again = ["--from", path, "--html", `${html}.again`, "--mermaid", `${mermaid}.again`];
		await runProgramHere(["replay", report?.counterexample?.replay ?? "", ...again]);
		expect(await readFile(`${html}.again`, "utf8")).toMatch(/^<!doctype html>/i);
		expect(await readFile(`${mermaid}.again`, "utf8")).toContain("nothing is lost");
	});
});

describe("session-lease replay", () => {
	const replayOf = (name: string, labels: readonly string[]) => encodeReplay({ scenario: name, labels });

	it("ends with 0 if the schedule holds now", async () => {
		await using folder = await createFolder();
		const path = await write(folder, asModule(counts));
		const given = ["replay", replayOf("counted", ["b"]), "--from", path];
		expect(await runProgramHere(given)).toMatchObject({ exitCode: 0, error: "" });
		const { out } = await runProgramHere([...given, "--json"]);
		expect(JSON.parse(out)).toMatchObject({ verdict: "held", mode: "replay", schedules: 1 });
	});

	it.each([
		[
			"a schedule that does not fit any more",
			replayOf("counted", ["nobody"]),
			"Expected nobody to be possible",
		],
		["one that is longer than the scenario", replayOf("counted", ["a", "b", "a"]), "any more"],
		["a scenario that is not there", replayOf("gone", ["b"]), 'no scenario "gone"; there are "counted"'],
		["a damaged string", replayOf("counted", ["b"]).replace("|b|", "|a|"), "damaged"],
		["another version", "sl9|counted|b|abcdef", "sl9"],
		["no replay string at all", "counted", "sl1"],
	])("refuses %s", async (_, replay, named) => {
		await using folder = await createFolder();
		const path = await write(folder, asModule(counts));
		await expectRefused(["replay", replay, "--from", path], named);
	});
});

describe("a module that cannot be used is refused by name", () => {
	it.each([
		["no scenarios", "export const name = 1;", "exports no scenario"],
		["two of one name", asModule(counts, counts), 'two scenarios named "counted"'],
		["no JavaScript", "export const = 1;", "races.mjs"],
		["one that throws", 'throw new Error("no database");', "no database"],
		[
			"one with a setup that throws",
			asModule(counts.replace("setup(world) {", 'setup() { throw new Error("oh no");')),
			"oh no",
		],
	])("%s", async (_, text, named) => {
		await using folder = await createFolder();
		await expectRefused(["explore", "--from", await write(folder, text)], named);
	});

	it("no such file", () => expectRefused(["explore", "--from", "no-such.mjs"], "no-such.mjs"));

	it("TypeScript, where Node does not read it", async () => {
		await using folder = await createFolder();
		const path = await folder.write("races.ts", `const one: object = ${counts};\nexport { one };\n`);
		const shown = await runCli(["explore", "--from", path]);
		const reads = (process.features as { typescript?: unknown }).typescript;
		if (reads) expect(shown).toMatchObject({ exitCode: 0 });
		else expectRefusal(shown, "does not read TypeScript");
	});

	it("no such scenario", async () => {
		await using folder = await createFolder();
		await expectRefused(["explore", "x", "--from", await write(folder, asModule(counts))], 'no scenario "x"');
	});

	it("files that cannot be written", async () => {
		await using folder = await createFolder();
		const path = await write(folder, asModule(counts));
		const given = ["explore", "--from", path, "--html", join(folder.path, "no", "page.html")];
		await expectRefused(given, "page.html");
		expect(await readdir(folder.path)).toEqual(["races.mjs"]);
	});

	it("a page of several scenarios", async () => {
		await using folder = await createFolder();
		const path = await write(folder, asModule(counts, loses));
		for (const option of ["--html", "--mermaid"]) {
			await expectRefused(["explore", "--from", path, option, join(folder.path, "x")], "one scenario");
		}
	});
});

describe("arguments that cannot be used are refused by name", () => {
	const numbers = ["seed", "schedules", "preemptions"].flatMap((option) =>
		["-1", "NaN", "1.5", "", "1e3", ...(option === "preemptions" ? [] : ["0"])].map(
			(value) => [option, value] as const,
		),
	);
	it.each(numbers)("--%s %j", async (option, value) => {
		const mode = option === "seed" ? ["--mode", "pct"] : [];
		await expectRefused(["explore", ...mode, `--${option}=${value}`], `Expected --${option} to be`);
	});

	it.each([
		[["explore", "one", "two"], '"two" is one argument too many'],
		[["explore", "--mode", "fast"], "Expected --mode to be exhaustive, random or pct"],
		[["explore", "--seed", "2"], "--seed is for --mode random"],
		[["explore", "--mode", "pct", "--preemptions", "2"], "--preemptions is not for --mode pct"],
		[["explore", "--mode", "random", "--complete"], "--complete is not for --mode random"],
		[["explore", "--preemptions", "1", "--complete"], "exclude each other"],
		[["explore", "--html="], "Expected --html to be a path"],
		[["explore", "--from="], "Expected --from to be a path"],
		[["explore", "--workers", "2"], "--workers is no option of explore"],
		[["replay"], "Expected a replay string"],
		[["replay", "sl1|two", "approvals|a|x"], "in quotes"],
		[["replay", "sl1|x|a|x", "--seed", "1"], "--seed is no option of replay"],
		[["run", "turn.json", "--from", "x.js"], "--from is no option of run"],
	])("%j", (given, named) => expectRefused(given, named));
});

async function expectRefused(given: readonly string[], named: string): Promise<void> {
	expectRefusal(await runProgramHere(given), named);
}

/** One sentence that names what is wrong; nothing was shown besides. */
function expectRefusal({ exitCode, out, error }: CliResult, named: string): void {
	expect(error).toMatch(/^session-lease: /);
	expect(error).toContain(named);
	expect(error).not.toMatch(/\n\s+at /);
	expect(out).toBe("");
	expect(exitCode).toBe(1);
}
