// The ready-made properties of transitions look at the session that they are given, and at no other.
import { describe, expect, it } from "vitest";
import { explore } from "../../src/explore/explore.ts";
import type { Scenario } from "../../src/explore/scenario.ts";
import { terminalIsFinal } from "../../src/explore/transition-properties.ts";
import { leasesOf, SESSION, scenarioOf } from "./setup.ts";

const machine = {
	stateOf: ([state = ""]: readonly string[]) => state,
	fail: () => ["ended"],
	waiting: [],
	terminal: ["ended"],
};

/** One process writes these values, one after the other. */
const writing = (...values: readonly (readonly [string, string])[]): Scenario =>
	scenarioOf(
		(world) =>
			world.process("a", (process) => {
				const leases = leasesOf(process);
				process.task(async () => {
					for (const [sessionId, state] of values) {
						const lease = await leases.acquire(sessionId);
						await lease.release({ value: [state] });
					}
				});
			}),
		{ properties: [terminalIsFinal(SESSION, machine)] },
	);

describe("an end that is final", () => {
	it("is found changed", async () => {
		const report = await explore(writing([SESSION, "ended"], [SESSION, "begun"]));
		expect(report.counterexample?.violation.detail).toBe('it was ["ended"], and is ["begun"]');
	});

	it("is not found changed by what another session is told", async () => {
		const values = [SESSION, "other", "other", SESSION].map((id) => [id, "ended"] as const);
		const report = await explore(writing(...values, ["other", "begun"]));
		expect(report.verdict).toBe("held");
	});
});
