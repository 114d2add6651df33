// The fleet that leaked its machines, and the pool whose claims are made under a lease and end.
import { describe, expect, it } from "vitest";
import { fleet } from "../../src/incidents/fleet.ts";
import type { IncidentCase } from "../../src/incidents/incident.ts";
import { expectBreaks, expectHeld, expectInOrder, happeningsOf, quickOf } from "./setup.ts";

const [claims, leaks, polls] = fleet.cases as readonly [IncidentCase, IncidentCase, IncidentCase];

describe("a fleet of tagged machines", () => {
	it("has two tasks on one machine: both list it before one of them tags it", async () => {
		expectInOrder(await expectBreaks(claims.broken), [
			/a lists idle machines/,
			/b lists idle machines/,
			/tags m1 busy/,
			/tags m1 busy/,
			/two tasks at once/,
		]);
	});

	it("has so too if each reads the tag again: one after the other, both find their own", async () => {
		const report = await expectBreaks(claims.reported);
		expectInOrder(report, [
			/lists idle machines/,
			/lists idle machines/,
			/tags m1 busy/,
			/reads whose m1 is/,
			/tags m1 busy/,
			/reads whose m1 is/,
			/two tasks at once/,
		]);
		expect(happeningsOf(report).filter((line) => /sends the command/.test(line))).toHaveLength(2);
	});

	it("leaves a machine busy whose command was never started", async () => {
		const report = await expectBreaks(leaks.broken);
		expectInOrder(report, [/tags m1 busy/, /sends the command of t1/, /t1 has failed/]);
		expect(happeningsOf(report).join()).not.toMatch(/tagged idle/);
	});

	it("leaves a machine busy whose command was stopped, and no other", async () => {
		const report = await expectBreaks(leaks.reported);
		expectInOrder(report, [/sends the command of t1 to m1/, /stops the command of t1 on m1/]);
		const idle = happeningsOf(report).filter((line) => /tagged idle/.test(line));
		expect(idle).toHaveLength(1);
	});
});

describe("polls of a backend", () => {
	it.each([
		[2, polls.broken],
		[5, polls.reported],
	])("fail the task twice after %i in a row, if the last of them comes again", async (inARow, broken) => {
		const report = await expectBreaks(broken);
		expectInOrder(report, [
			/will come once more/,
			/running -> failed/,
			/notes task_failed/,
			/running -> failed/,
			/notes task_failed/,
		]);
		const sent = happeningsOf(report).filter((line) => / sends \{"before"/.test(line));
		expect(sent).toHaveLength(inARow - 1);
	});
});

describe("a fleet with claims and thresholds", () => {
	it.each(quickOf(fleet))("holds: $scenario.name", (held) => expectHeld(held));
});
