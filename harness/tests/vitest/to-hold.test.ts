import { describe, expect, it } from "vitest";
import { assertHolds, explorationText, explore, type Report } from "../../src/explore.ts";
import "../../src/vitest/index.ts";
import { fickle, increment, readThenWrite, vacuous } from "../support/race-scenarios.ts";

const held = await explore(increment());
const violated = await explore(readThenWrite());
const empty = await explore(vacuous());
const unstable = await explore(fickle());
const refused = await explore(increment(), { replay: "sl1|" });
const incomplete = await explore(increment(), { schedulesMax: 1 });

const messageOf = (act: () => void): string => {
	try {
		act();
	} catch (error) {
		return (error as Error).message;
	}
	throw new Error("Expected it to throw.");
};

it("is tried on every verdict", () => {
	const verdicts = [held, violated, empty, unstable, refused, incomplete].map(({ verdict }) => verdict);
	expect(verdicts).toEqual(["held", "violated", "vacuous", "not deterministic", "refused", "held"]);
	expect([held.complete, incomplete.complete]).toEqual([true, false]);
});

describe.each<[string, (report: Report, options?: { complete?: boolean }) => void]>([
	["assertHolds", assertHolds],
	["toHold", (report, options) => expect(report).toHold(options)],
])("%s", (_, demand) => {
	it("is content with what held", () => {
		demand(held);
		demand(incomplete);
		demand(held, { complete: true });
	});

	it.each([violated, empty, unstable, refused])(
		"shows the whole text of a report that is $verdict",
		(report) => {
			const { replay } = report.counterexample ?? {};
			const runAgain = replay && `await explore(scenario, { replay: ${JSON.stringify(replay)} })`;
			expect(messageOf(() => demand(report))).toBe(explorationText(report, runAgain ? { runAgain } : {}));
		},
	);

	it("demands every schedule if it is told to, and then says so", () => {
		const message = messageOf(() => demand(incomplete, { complete: true }));
		expect(message).toMatch(/^Expected every schedule to be run/);
		expect(message).toContain(explorationText(incomplete));
	});
});

describe("not.toHold", () => {
	it("is content with a schedule that breaks something", () => expect(violated).not.toHold());

	it.each([held, incomplete, empty, unstable, refused])(
		"refuses a report that is $verdict: nothing was broken",
		(report) => {
			const message = messageOf(() => expect(report).not.toHold({ complete: true }));
			expect(message).toMatch(/^Expected some schedule to break it/);
			expect(message).toContain(explorationText(report));
		},
	);
});

it("refuses what is no report, a promise of one included", () => {
	for (const received of [explore(increment()), undefined, {}, "held"]) {
		expect(() => expect(received).toHold()).toThrow("Expected a report");
		expect(() => expect(received).not.toHold()).toThrow("Expected a report");
	}
});
