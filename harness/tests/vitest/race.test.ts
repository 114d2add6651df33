import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeReplay, explorationText, explore, type Scenario } from "../../src/explore.ts";
import { fileNameOf } from "../../src/vitest/artefacts.ts";
import { type RaceOptions, runRace } from "../../src/vitest/race.ts";
import { createFolder } from "../cli/run-cli.ts";
import { increment, readThenWrite, vacuous } from "../support/race-scenarios.ts";

interface Outcome {
	readonly error: Error | undefined;
	readonly message: string;
	readonly printed: readonly string[];
}

interface Asked {
	readonly scenario: Scenario;
	readonly testName?: string;
	readonly options?: RaceOptions;
	readonly environment?: Record<string, string>;
	readonly signal?: AbortSignal;
}

async function raceOf({
	scenario,
	testName = "a race",
	options = {},
	environment = {},
	...rest
}: Asked): Promise<Outcome> {
	const printed: string[] = [];
	const ports = { environment, print: (text: string) => printed.push(text) };
	const error = await runRace({ testName, scenario, options, ...rest }, ports).then(
		() => undefined,
		(thrown: Error) => thrown,
	);
	return { error, message: error?.message ?? "", printed };
}

const replay = (await explore(readThenWrite())).counterexample?.replay ?? "";

const encoded = (labels: readonly string[]) => encodeReplay({ scenario: "read, then write", labels });

const HELD: unknown = expect.stringMatching(/^held: all \d+ schedules? of ".+", complete/);

describe("a race", () => {
	it("says in a line how much was run, and leaves nothing behind, if it holds", async () => {
		await using folder = await createFolder();
		const outcome = await raceOf({
			scenario: increment(),
			options: { folder: join(folder.path, "x"), complete: true },
		});
		expect(outcome).toMatchObject({ error: undefined, printed: [HELD] });
		expect(await readdir(folder.path)).toEqual([]);
	});

	it("fails with the report, the pictures' paths and the line to paste", async () => {
		await using folder = await createFolder();
		const inside = join(folder.path, "deep", "inside");
		const { message } = await raceOf({ scenario: readThenWrite("lost update"), options: { folder: inside } });
		const report = await explore(readThenWrite("lost update"));
		const runAgain = `SESSION_LEASE_REPLAY='${report.counterexample?.replay}' npx vitest run -t 'a race'`;
		expect(message).toContain(explorationText(report, { runAgain }).trimEnd());
		expect(message).toContain(`\nrun it again   ${runAgain}\n`);
		expect(await readdir(inside)).toEqual(["lost-update.html", "lost-update.mmd"]);
		expect(await readFile(join(inside, "lost-update.html"), "utf8")).toContain(`<code>${runAgain}</code>`);
		for (const name of await readdir(inside)) {
			expect(message.split("\n")).toContain(join(inside, name));
			expect(await readFile(join(inside, name), "utf8")).toContain("nothing is lost");
		}
	});

	it("leaves the same bytes each time", async () => {
		await using folder = await createFolder();
		const run = async () => {
			await raceOf({ scenario: readThenWrite("same"), options: { folder: folder.path } });
			return Promise.all(["same.html", "same.mmd"].map((name) => readFile(join(folder.path, name), "utf8")));
		};
		expect(await run()).toEqual(await run());
	});

	it("fails on what is vacuous, and on what is not complete if it has to be", async () => {
		expect((await raceOf({ scenario: vacuous() })).message).toContain("a third one comes");
		const options = { schedulesMax: 1, complete: true };
		expect((await raceOf({ scenario: increment(), options })).message).toContain("Expected every schedule");
		expect(await raceOf({ scenario: increment(), options: { schedulesMax: 1 } })).toMatchObject({
			error: undefined,
		});
	});

	it("explores as it is told to", async () => {
		const options = { preemptionsMax: 0 };
		expect(await raceOf({ scenario: readThenWrite(), options })).toMatchObject({ error: undefined });
	});

	it("shows what it found even if the pictures cannot be written", async () => {
		await using folder = await createFolder();
		const file = await folder.write("taken", "");
		const { message } = await raceOf({
			scenario: readThenWrite(),
			options: { folder: join(file, "inside") },
		});
		expect(message).toContain("nothing is lost");
		expect(message).toContain("could not be written");
		expect(message).toContain("SESSION_LEASE_REPLAY=");
	});

	it("quotes the test's name for the shell, and as the pattern that vitest takes it for", async () => {
		await using folder = await createFolder();
		const options = { folder: folder.path };
		const { message } = await raceOf({ scenario: readThenWrite(), testName: "it's a+b (twice)?", options });
		expect(message).toContain(String.raw`-t 'it'\''s a\+b \(twice\)\?'`);
	});

	it("is shown where it was defined", async () => {
		await using folder = await createFolder();
		const definedAt =
			"Error: x\n    at race (race-test.ts:1:1)\n    at mine.test.ts:7:3\n    at other (more.ts:1:1)";
		const race = { testName: "x", scenario: readThenWrite(), options: { folder: folder.path }, definedAt };
		const error = await runRace(race, { environment: {}, print: () => undefined }).catch(
			(thrown: Error) => thrown,
		);
		expect(error?.stack).toBe(
			`Error: ${error?.message}\n    at mine.test.ts:7:3\n    at other (more.ts:1:1)`,
		);
	});

	it("ends when its test has had its time", async () => {
		const ended = new AbortController();
		let schedules = 0;
		const scenario: Scenario = {
			...increment(),
			setup(world) {
				if (++schedules === 1) ended.abort(new Error("timed out"));
				return increment().setup(world);
			},
		};
		expect((await raceOf({ scenario, signal: ended.signal })).message).toBe("timed out");
		expect(schedules).toBe(1);
	});

	it("ends when its own signal says so, and is not complete then", async () => {
		const options = { signal: AbortSignal.abort(), complete: true };
		const signal = new AbortController().signal;
		const { message } = await raceOf({ scenario: increment(), options, signal });
		expect(message).toContain("0 schedules");
	});
});

describe("SESSION_LEASE_REPLAY", () => {
	const environment = { SESSION_LEASE_REPLAY: replay };

	it("has the race of its scenario run that schedule only, and fail again", async () => {
		await using folder = await createFolder();
		let setups = 0;
		const counted: Scenario = {
			...readThenWrite(),
			setup(world) {
				setups++;
				return readThenWrite().setup(world);
			},
		};
		const options = { folder: folder.path, complete: true };
		const { message } = await raceOf({ scenario: counted, options, environment });
		const report = await explore(readThenWrite(), { replay });
		expect(report.mode).toBe("replay");
		const runAgain = `SESSION_LEASE_REPLAY='${replay}' npx vitest run -t 'a race'`;
		expect(message).toContain(explorationText(report, { runAgain }).trimEnd());
		expect(setups).toBeLessThan(5);
	});

	it("prints the schedule, and passes, if it holds now: one schedule need not be all of them", async () => {
		const scenario = increment("read, then write");
		const fitting = { SESSION_LEASE_REPLAY: encoded(["b"]) };
		const { error, printed } = await raceOf({ scenario, options: { complete: true }, environment: fitting });
		expect(error).toBeUndefined();
		expect(printed).toHaveLength(1);
		expect(printed[0]).toContain("held: the replayed schedule");
	});

	it("fails if the schedule does not fit the scenario any more", async () => {
		const fitting = { SESSION_LEASE_REPLAY: encoded(["nobody"]) };
		const { message } = await raceOf({ scenario: readThenWrite(), environment: fitting });
		expect(message).toContain("Expected nobody to be possible");
	});

	it("leaves races of other scenarios alone, and stands for nothing if it is empty", async () => {
		const other = await raceOf({ scenario: increment(), options: { complete: true }, environment });
		expect(other).toMatchObject({ error: undefined, printed: [HELD] });
		const empty = { SESSION_LEASE_REPLAY: "" };
		expect(await raceOf({ scenario: increment(), environment: empty })).toMatchObject({
			error: undefined,
			printed: [HELD],
		});
	});

	it("fails every race if it is damaged: nobody would notice that it was not used", async () => {
		const damaged = { SESSION_LEASE_REPLAY: replay.replace("a", "b") };
		expect((await raceOf({ scenario: increment(), environment: damaged })).message).toContain("damaged");
	});
});

describe("the name of a picture's file", () => {
	it("is that of the scenario where it can be", () => {
		expect(fileNameOf("two approvals")).toBe("two-approvals");
	});

	it("is another one for each scenario, on any file system", () => {
		const names = [
			"two approvals",
			"two-approvals",
			"Two approvals",
			"two  approvals",
			"two/approvals",
			"../x",
			"é",
			"è",
		];
		names.push("x".repeat(300), "x".repeat(301), ".", "a".repeat(80), "a".repeat(81));
		const files = names.map((name) => fileNameOf(name).toLowerCase());
		expect(new Set(files).size).toBe(names.length);
		for (const file of files) expect(file).toMatch(/^[a-z0-9-]{1,90}$/);
	});
});
