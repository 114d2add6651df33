// Approvals in parallel that run every call twice, and the lease under which each runs once.
import { describe, expect, it } from "vitest";
import { explore } from "../../src/explore/explore.ts";
import { approvals } from "../../src/incidents/approvals.ts";
import type { IncidentCase } from "../../src/incidents/incident.ts";
import { expectBreaks, expectHeld, expectInOrder, happeningsOf, quickOf } from "./setup.ts";

const [wakes] = approvals.cases as readonly [IncidentCase];

describe("approvals in parallel", () => {
	it("run a call twice: both wakes load the record before one of them has saved it", async () => {
		expectInOrder(await expectBreaks(wakes.broken), [
			/approves i1/,
			/approves i2/,
			/loads the record/,
			/shell::run of i1/,
			/loads the record/,
			/shell::run of i1/,
		]);
	});

	it("end every call and the turn twice, for two calls that are approved at once", async () => {
		const report = await expectBreaks(wakes.reported);
		expectInOrder(report, [
			/loads the record/,
			/loads the record/,
			/saves it as stopped/,
			/saves it as stopped/,
		]);
		const lines = happeningsOf(report);
		for (const event of ["function_execution_end of i1", "function_execution_end of i2", "turn_end"]) {
			expect(lines.filter((line) => line.endsWith(`notes ${event}`))).toHaveLength(2);
		}
	});

	it.each(quickOf(approvals))("run and end once: $scenario.name", (held) => expectHeld(held));

	it("do so in the library's own turn, over some drawn schedules", async () => {
		const own = wakes.held.find(({ scenario }) => scenario.name.includes("the turn of this library"));
		const report = await explore(own?.scenario as never, { mode: "pct", schedulesMax: 50 });
		expect(report).toMatchObject({ verdict: "held", schedules: 50 });
	});
});
