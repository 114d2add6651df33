// Properties: what each kind says, and that one which was never looked at has shown nothing.
import { describe, expect, it } from "vitest";
import { explore } from "../../src/explore/explore.ts";
import {
	always,
	atMostOnce,
	eventually,
	never,
	type Property,
	sometimes,
} from "../../src/explore/properties.ts";
import { lostUpdate, scenarioOf } from "./setup.ts";

const verdictOf = async (property: Property) => {
	const { verdict, reasons, counterexample } = await explore(lostUpdate({}, [property]));
	return { verdict, reasons, detail: counterexample?.violation.detail };
};

describe("a property", () => {
	it.each([
		["always", always("few add", ({ count }) => count("added") <= 2), "held"],
		["always", always("one adds", ({ count }) => count("added") <= 1), "violated"],
		["never", never("three add", ({ count }) => count("added") === 3), "held"],
		["never", never("two add", ({ count }) => count("added") === 2), "violated"],
		["sometimes", sometimes("two add", ({ count }) => count("added") === 2), "held"],
		["sometimes", sometimes("three add", ({ count }) => count("added") === 3), "vacuous"],
		["eventually", eventually("two have added", ({ count }) => count("added") === 2), "held"],
		["eventually", eventually("three have added", ({ count }) => count("added") === 3), "violated"],
		["at most once", atMostOnce("added"), "violated"],
	])("%s: %o is %s", async (_kind, property, verdict) => {
		expect(await verdictOf(property)).toMatchObject({ verdict });
	});

	it("that was never looked at is vacuous, whatever it says", async () => {
		const idle = always("nothing", () => false, { when: ({ count }) => count("removed") > 0 });
		expect(await verdictOf(idle)).toMatchObject({
			verdict: "vacuous",
			reasons: ['"nothing" was never looked at.'],
		});
	});

	it("tells what it found instead", async () => {
		const property = always("one adds", ({ count }) => count("added") <= 1 || `${count("added")} added`);
		expect(await verdictOf(property)).toMatchObject({ verdict: "violated", detail: "2 added" });
	});

	it("gathers what it needs from events", async () => {
		const order = never<readonly string[]>("b adds before a", ({ gathered }) => gathered[0] === "b", {
			gather: { from: [], next: (seen, event) => (event.type === "note" ? [...seen, event.process] : seen) },
		});
		expect(await verdictOf(order)).toMatchObject({ verdict: "violated" });
	});

	it("fails where a fault that was allowed never struck", async () => {
		const idle = scenarioOf((world) => world.process("a", (process) => process.task(async () => undefined)), {
			faults: { twice: 1 },
		});
		const { verdict, reasons } = await explore(idle);
		expect({ verdict, reasons }).toEqual({
			verdict: "vacuous",
			reasons: ["The fault twice was allowed, and never struck."],
		});
	});
});
