import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { explore } from "../../src/explore/explore.ts";
import type { Scenario } from "../../src/explore/scenario.ts";
import { soakTimes } from "../support/soak.ts";
import { endStatesFound, endStatesThereAre } from "./end-states.ts";
import { type ExplorerMutant, explorerMutants } from "./explorer-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { type Copy, makeCopies } from "./patched-copies.ts";
import { spaces } from "./spaces/index.ts";
import { sections } from "./specimens.ts";
import { type NoticedRow, type SpecimenRow, specimensTable } from "./specimens-table.ts";

const SCHEDULES_MAX = 10_000;
/** Some thousand files, on a machine that has other things to do. */
const REMOVAL_MS = 60_000;
/** Lines of a diagram that fit a screen. */
const SCREEN_STEPS = 24;

const specimens = sections.flatMap(({ mutants }) => mutants);
const patchedMutants = specimens.filter(({ patches }) => patches.length > 0);
const brokenExplorers = explorerMutants.map((mutant) => {
	const specimen = specimens.find(({ name }) => name === mutant.specimen);
	return { name: mutant.name, patches: [...mutant.patches, ...(specimen?.patches ?? [])] };
});
const copies = makeCopies("mutants", [...patchedMutants, ...brokenExplorers]);
const copyOf = (mutant: Pick<Mutant, "name" | "patches">): Promise<Copy> =>
	mutant.patches.length > 0 ? copies.patched(mutant) : copies.unpatched();

function scenarioOf({ spaces }: Copy, name: string): Scenario {
	const scenario = spaces.find((it) => it.name === name);
	if (!scenario) throw new Error(`There is no scenario "${name}".`);
	return scenario;
}

describe.each(sections)("$title", ({ mutants }) => {
	it.each(mutants)("finds what is broken: $name", async (mutant) => {
		rows.set(mutant.name, await find(mutant));
	});
});

const rows = new Map<string, SpecimenRow>();

async function find(mutant: Mutant): Promise<SpecimenRow> {
	const { name, breaks, options, finds } = mutant;
	const copy = await copyOf(mutant);
	const scenario = scenarioOf(copy, mutant.scenario);
	const { counterexample, schedules, reasons } = await copy.explore(scenario, options);
	if (!counterexample) throw new Error(`Nothing was found in ${schedules} schedules. ${reasons.join(" ")}`);
	const { violation, preemptions, faults, steps, replay } = counterexample;
	expect(violation.sentence).toBe(finds);
	expect(schedules).toBeLessThanOrEqual(SCHEDULES_MAX);
	const again = await copy.explore(scenario, { replay });
	expect(again.counterexample?.violation).toEqual(violation);
	const found = violation.kind === "never" ? finds : `not so: ${finds}`;
	return { name, breaks, found, scenario: scenario.name, schedules, preemptions, faults, steps, replay };
}

if (soakTimes === 1)
	process.stdout.write(
		"not tested here: the lease as it is where each mutant is found (npm run soak does)\n",
	);

describe.skipIf(soakTimes === 1)("the lease as it is", () => {
	/** Each scenario once for each way of exploring it, as far as any mutant needs it. */
	const controls = new Map<string, Mutant>();
	for (const mutant of patchedMutants) {
		const { mode, preemptionsMax, seed } = mutant.options;
		const key = JSON.stringify([mutant.scenario, mode, preemptionsMax, seed]);
		const known = controls.get(key);
		if ((known?.options.schedulesMax ?? 0) < (mutant.options.schedulesMax ?? 0)) controls.set(key, mutant);
	}

	it.each([...controls.values()])("holds in $scenario, $options", async ({ scenario, options }) => {
		const copy = await copies.unpatched();
		const report = await copy.explore(scenarioOf(copy, scenario), options);
		expect({
			verdict: report.verdict,
			reasons: report.reasons,
			found: report.counterexample?.replay,
		}).toEqual({
			verdict: "held",
			reasons: [],
			found: undefined,
		});
	});
});

describe("the counter lease", () => {
	it("holds in every schedule of its first batch", async () => {
		const copy = await copies.unpatched();
		const report = await copy.explore(scenarioOf(copy, "counter lease, one batch"));
		expect(report).toMatchObject({ verdict: "held", complete: true });
	});

	it("lets two in from its second batch on, without any crash, in a schedule that fits a screen", () => {
		const row = rows.get("counter-lease");
		expect(row?.faults).toEqual([]);
		expect(row?.schedules).toBeLessThan(1_000);
		expect(row?.steps).toBeLessThanOrEqual(SCREEN_STEPS);
	});
});

/** Those that can be run in every order, without cutting what was seen before. */
const smallSpaces = spaces.filter(({ name }) => name.startsWith("small"));
const thereAre = new Map<string, readonly string[]>();

describe("the explorer", () => {
	it.each(smallSpaces)("reaches every end that there is: $name", async (scenario) => {
		const { ends } = await endStatesThereAre(scenario, SCHEDULES_MAX);
		thereAre.set(scenario.name, ends);
		expect(await endStatesFound(scenario, explore)).toEqual(ends);
	});

	it.each(explorerMutants)("is noticed when it is broken: $name", async (mutant) => {
		const { name, breaks, scenario } = mutant;
		noticed.set(name, { name, breaks, scenario, noticed: await notice(mutant) });
	});
});

const noticed = new Map<string, NoticedRow>();

async function notice(mutant: ExplorerMutant): Promise<string> {
	const copy = await copyOf(mutant);
	const scenario = scenarioOf(copy, mutant.scenario);
	if (mutant.notice === "ends") {
		const ends = thereAre.get(mutant.scenario) ?? [];
		const found = await endStatesFound(scenario, copy.explore);
		const missed = ends.filter((end) => !found.includes(end));
		expect(missed).not.toEqual([]);
		return `${missed.length} of ${ends.length} end states are never reached`;
	}
	if (mutant.notice === "missed") {
		const specimen = specimens.find(({ name }) => name === mutant.specimen);
		const report = await copy.explore(scenario, specimen?.options);
		expect(report.counterexample).toBeUndefined();
		return `the specimen ${mutant.specimen} is not found`;
	}
	const real = await copies.unpatched();
	const rightly = await real.explore(scenarioOf(real, mutant.scenario), mutant.options);
	expect(rightly.verdict).toBe("held");
	const { verdict, reasons, counterexample } = await copy.explore(scenario, mutant.options);
	expect(verdict).toBe(mutant.notice);
	return counterexample
		? `is said to be violated: ${counterexample.violation.sentence}`
		: `vacuous: ${reasons.join(" ")}`;
}

describe("docs/specimens.md", () => {
	const path = new URL("../../../docs/specimens.md", import.meta.url);

	it("says what was found", () => {
		const table = specimensTable(
			sections.map(({ title, mutants }) => ({
				title,
				rows: mutants.flatMap(({ name }) => rows.get(name) ?? []),
			})),
			explorerMutants.flatMap(({ name }) => noticed.get(name) ?? []),
		);
		if (process.env.SESSION_LEASE_WRITE) {
			mkdirSync(new URL(".", path), { recursive: true });
			writeFileSync(path, table);
		}
		expect(table).toBe(readFileSync(path, "utf8"));
	});
});

afterAll(() => copies.remove(), REMOVAL_MS);
