// `session-lease incidents`, on the library's own and on incidents by hand.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { IncidentsArguments } from "../../src/cli/incidents-arguments.ts";
import { incidentsCommand } from "../../src/cli/incidents-command.ts";
import { InputError } from "../../src/cli/input-error.ts";
import { readScenario, readScenarios } from "../../src/cli/scenario-module.ts";
import { explore, type Report } from "../../src/explore.ts";
import type { HeldScenario, Incident, IncidentCase } from "../../src/incidents/incident.ts";
import { incidents } from "../../src/incidents/index.ts";
import { type IncidentReport, runIncident } from "../../src/incidents/run-incident.ts";
import { realClock } from "../../src/system/real-time.ts";
import { counts, HELD, incidentOf, loses } from "../report/incident-fixture.ts";
import { type CliResult, createFolder, runProgramHere } from "./run-cli.ts";

interface Given extends Partial<IncidentsArguments> {
	readonly signal?: AbortSignal;
}

/** The command, on incidents of the test's own. */
async function run(known: readonly Incident[], given: Given = {}): Promise<CliResult> {
	const { signal = new AbortController().signal, ...typed } = given;
	const nothing = { incidentName: undefined, full: false, mermaidPath: undefined, json: false };
	let out = "";
	let error = "";
	const exitCode = await incidentsCommand(
		{ command: "incidents", ...nothing, ...typed },
		{
			clock: realClock,
			signal,
			writeOut: (text) => {
				out += text;
			},
			writeError: (text) => {
				error += text;
			},
		},
		known,
	);
	return { exitCode, out, error };
}

const jsonOf = ({ out }: CliResult): readonly IncidentReport[] => JSON.parse(out) as IncidentReport[];

describe("session-lease incidents", () => {
	it("ends with 0 if all that was broken breaks, and all that prevents it holds", async () => {
		const { exitCode, out, error } = await run([incidentOf(), incidentOf({}, "other")]);
		expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
		for (const shown of ["counter: A counter loses counts", "other: A counter", "held: all 2 schedules"])
			expect(out).toContain(shown);
		expect(out).toMatch(/^2 incidents: /m);
	});

	it("shows the one that is named", async () => {
		const { out } = await run([incidentOf(), incidentOf({}, "other")], { incidentName: "other" });
		expect(out).toMatch(/^other: /);
		expect(out).not.toContain("counter: A counter");
	});

	it("explores with --full what takes minutes, and says without it what was left out", async () => {
		const namesOf = ({ cases }: IncidentReport) =>
			cases.map(({ held, leftOut }) => [
				held.map(({ report }) => report.scenario),
				leftOut.map(({ scenario }) => scenario),
			]);
		const names = HELD.map(({ scenario }) => scenario.name);
		const [short] = jsonOf(await run([incidentOf()], { json: true }));
		expect(short && namesOf(short)).toEqual([[names.slice(0, 2), names.slice(2)]]);
		const [full] = jsonOf(await run([incidentOf()], { json: true, full: true }));
		expect(full && namesOf(full)).toEqual([[names, []]]);
	});

	it("answers its reports as JSON", async () => {
		const { exitCode, out } = await run([incidentOf()], { json: true });
		expect(exitCode).toBe(0);
		const [report] = JSON.parse(out);
		expect(report).toMatchObject({ name: "counter", sources: incidentOf().sources });
		expect(report.cases).toMatchObject([
			{
				broken: { breaks: "both are counted", report: { verdict: "violated" } },
				reported: { report: { verdict: "violated", mode: "pct", limits: { seed: 2 } } },
				held: [
					{ extent: "all", report: { verdict: "held", complete: true } },
					{ extent: { drawn: 120, seed: 3 }, report: { verdict: "held", schedules: 120 } },
				],
			},
		]);
		expect(out).not.toContain("differs");
	});

	it("writes the schedules as diagrams", async () => {
		await using folder = await createFolder();
		const mermaidPath = join(folder.path, "incidents.md");
		await run([incidentOf(), incidentOf({}, "other")], { mermaidPath });
		const text = await readFile(mermaidPath, "utf8");
		expect(text.match(/^```mermaid\nsequenceDiagram$/gm)).toHaveLength(2);
		await expect(run([incidentOf()], { mermaidPath: join(folder.path, "no", "x.md") })).rejects.toThrow(
			"x.md",
		);
	});

	it("stops between two schedules when it is interrupted", async () => {
		const signal = AbortSignal.abort(new InputError("Ended."));
		await expect(run([incidentOf()], { signal })).rejects.toThrow("Ended.");
		expect(await runProgramHere(["incidents"], "", signal)).toMatchObject({ exitCode: 1, out: "" });
	});
});

describe("what is not as it should be is told, with exit code 2", () => {
	const breaks = "both are counted";
	const vacuous = { ...counts(), name: "vacuous", properties: [] };
	const held = (scenario: HeldScenario["scenario"]): Partial<IncidentCase> => ({
		held: [{ scenario, extent: "all" }],
	});

	it.each<[string, Partial<IncidentCase>, string, string]>([
		[
			"what was broken holds",
			{ broken: { scenario: counts(), breaks } },
			`"counter: incremented, 2 workers" was to break "${breaks}", and was found held.`,
			'held: all 2 schedules of "counter: incremented, 2 workers"',
		],
		[
			"something else breaks",
			{ broken: { scenario: loses(), breaks: "nobody counts" } },
			`"counter: as it was, 2 workers" was to break "nobody counts", and broke: "${breaks}".`,
			"replay string  sl1|counter: as it was, 2 workers|",
		],
		[
			"what was reported is not found",
			{ reported: { scenario: loses(3), options: { preemptionsMax: 0 }, breaks } },
			`"counter: as it was, 3 workers" was to break "${breaks}", and was found held.`,
			"complete up to 0 preemptions",
		],
		[
			"what prevents it does not",
			held(loses()),
			`"counter: as it was, 2 workers" was to hold, and broke: "${breaks}".`,
			"replay string  sl1|counter: as it was, 2 workers|",
		],
		[
			"nothing was shown",
			held(vacuous),
			'"vacuous" was to hold, and was found vacuous: The scenario states no property.',
			"vacuous: all 2 schedules",
		],
		[
			"a scenario is refused",
			held({ ...counts(), name: "a|b" }),
			'"a|b" was to hold, and was found refused: Expected the scenario\'s `name`',
			"refused: ",
		],
	])("%s", async (_, change, differs, shown) => {
		const { exitCode, out } = await run([incidentOf(change), incidentOf({}, "other")]);
		expect(exitCode).toBe(2);
		expect(out).toContain(`✗ ${differs}`);
		expect(out).toContain(shown);
		expect(out.slice(out.indexOf("Not as it should be:"))).toContain(`- ${differs}`);
		const asJson = await run([incidentOf(change), incidentOf({}, "other")], { json: true });
		expect(asJson.exitCode).toBe(2);
		expect(JSON.stringify(jsonOf(asJson)[0])).toContain(JSON.stringify(differs).slice(1, -1));
	});

	it.each<[HeldScenario["extent"], Partial<Report>]>([
		["all", { preemptionsCovered: 2, complete: false }],
		["all", { preemptionsCovered: undefined, complete: false }],
		[{ preemptionsMax: 2 }, { preemptionsCovered: 1 }],
		[{ preemptionsMax: 2 }, { preemptionsCovered: undefined }],
		[{ drawn: 10 }, { mode: "pct", schedules: 9, preemptionsCovered: undefined }],
	])("not as many schedules as it says: %j, %j", async (extent, change) => {
		const incident = incidentOf({ held: [{ scenario: counts(), extent }] });
		const { cases } = await runIncident(incident, {
			explore: async (scenario, options) => {
				const report = await explore(scenario, options);
				return report.verdict === "held" ? { ...report, ...change } : report;
			},
		});
		expect(cases[0]?.held[0]?.differs).toContain("was not explored as far as it says");
	});
});

describe("the library's own incidents", () => {
	it("are refused by name if there are none of that name, and told which there are", async () => {
		const { exitCode, out, error } = await runProgramHere(["incidents", "nope"]);
		expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
		expect(error).toContain('There is no incident "nope"; there are ');
		for (const { name } of incidents) expect(error).toContain(`"${name}"`);
		const { out: help } = await runProgramHere(["incidents", "--help"]);
		for (const { name } of incidents) expect(help).toContain(name);
	});

	it.each([
		[["incidents", "one", "two"], '"two" is one argument too many'],
		[["incidents", "--mermaid="], "Expected --mermaid to be a path"],
		[["incidents", "--mode", "pct"], "--mode is no option of incidents"],
		[["explore", "--full"], "--full is no option of explore"],
	])("%j is refused", async (given, named) => {
		const { exitCode, out, error } = await runProgramHere(given);
		expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
		expect(error).toContain(named);
	});

	const own = incidents.flatMap(({ name, cases }) =>
		cases.flatMap(({ broken, reported, held }) =>
			[broken, reported, ...held].map((entry) => ({ incident: name, extent: undefined, ...entry })),
		),
	);

	it("have scenarios that explore and replay find by name, and that explore does not run unasked", async () => {
		const unasked = (await readScenarios(undefined)).map(({ name }) => name);
		for (const { incident, scenario } of own) {
			expect(scenario.name.startsWith(`${incident}: `), scenario.name).toBe(true);
			const found = await readScenario(undefined, scenario.name);
			expect([found.name, found.faults]).toEqual([scenario.name, scenario.faults]);
			expect(unasked).not.toContain(scenario.name);
		}
		const entries = own.map(({ scenario, extent }) => JSON.stringify([scenario.name, extent]));
		expect(entries.filter((entry, index) => entries.indexOf(entry) !== index)).toEqual([]);
	});

	it("can be explored and replayed", async () => {
		const { broken } = incidents[0]?.cases[0] ?? incidentOf().cases[0] ?? {};
		const { options, scenario } = broken ?? { scenario: loses() };
		const { counterexample } = await explore(scenario, options);
		const again = await runProgramHere(["replay", counterexample?.replay ?? ""]);
		expect(again).toMatchObject({ exitCode: 2, error: "" });
		const explored = await runProgramHere(["explore", scenario.name, "--schedules", "1", "--json"]);
		expect(JSON.parse(explored.out)).toMatchObject([{ scenario: scenario.name, schedules: 1 }]);
	});
});
