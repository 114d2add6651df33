// What the tests of incidents share: that something breaks as it was told, and that it holds with its piece.
import { expect } from "vitest";
import { explore } from "../../src/explore/explore.ts";
import type { Report } from "../../src/explore/report.ts";
import type { BrokenScenario, HeldScenario, Incident } from "../../src/incidents/incident.ts";

/** Breaks the sentence that it says, and answers what was found. */
export async function expectBreaks({ scenario, options, breaks }: BrokenScenario): Promise<Report> {
	const report = await explore(scenario, options);
	expect(report.counterexample?.violation.sentence, scenario.name).toBe(breaks);
	return report;
}

/** What happens in the schedule that was found: a line for each step and each note, with whoever it is of. */
export function happeningsOf({ counterexample }: Report): string[] {
	return (counterexample?.trace ?? []).flatMap((entry) => {
		if (entry.type === "step") return [`${entry.actor} ${entry.title}`];
		return entry.type === "note" ? [`${entry.actor} notes ${entry.name}`] : [];
	});
}

/** Each pattern is found behind the one before it. */
export function expectInOrder(report: Report, patterns: readonly RegExp[]): void {
	const happenings = happeningsOf(report);
	let from = 0;
	for (const pattern of patterns) {
		const at = happenings.findIndex((line, index) => index >= from && pattern.test(line));
		expect(at, `${pattern} behind line ${from} of\n${happenings.join("\n")}`).toBeGreaterThanOrEqual(0);
		from = at + 1;
	}
}

/** The entries that are quick; the others take minutes, and are left to `npm run incidents`. */
export const quickOf = ({ cases }: Incident): readonly HeldScenario[] =>
	cases.flatMap(({ held }) => held.filter(({ takesLong }) => !takesLong));

const DRAWN = 80;

/**
 * Holds in some drawn schedules, and has been looked at. `npm run incidents` runs the others, all that the entry says,
 * and demands that what the scenario is about has happened in them.
 */
export async function expectHeld({ scenario }: HeldScenario): Promise<void> {
	const { counterexample, schedules, properties } = await explore(scenario, {
		mode: "pct",
		schedulesMax: DRAWN,
	});
	expect(counterexample?.violation, scenario.name).toBeUndefined();
	expect(schedules).toBe(DRAWN);
	for (const { sentence, evaluated } of properties) expect(evaluated, sentence).toBeGreaterThan(0);
}
