// Replay strings, and runs in other processes, name scenarios: one name is one scenario.
import { describe, expect, it } from "vitest";
import { incidents } from "../../src/incidents/index.ts";

const scenarios = incidents.flatMap(({ cases }) =>
	cases.flatMap(({ broken, reported, held }) => [broken, reported, ...held].map(({ scenario }) => scenario)),
);

describe("the scenarios of incidents", () => {
	it("have a name of their own each", () => {
		const saidOf = new Map<string, string>();
		for (const { name, properties, faults } of scenarios) {
			const said = JSON.stringify({ faults, sentences: properties.map(({ sentence }) => sentence) });
			expect(saidOf.get(name) ?? said, name).toBe(said);
			saidOf.set(name, said);
		}
	});
});
