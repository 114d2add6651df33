// One source of decisions for every mode: what each finds, and that the same seed gives the same bytes.
import { describe, expect, it } from "vitest";
import { type ExploreOptions, explore } from "../../src/explore/explore.ts";
import { eventually, never } from "../../src/explore/properties.ts";
import { advance, contenders } from "../../src/explore/spaces/contenders.ts";
import { lostUpdate, scenarioOf } from "./setup.ts";

const bothCount = eventually("both additions count", ({ count, fields }) => {
	return fields("counter").count === count("added") || `it is ${fields("counter").count}`;
});
const buggy = lostUpdate({}, [bothCount]);

describe("exhaustive", () => {
	it("runs every interleaving, and says so", async () => {
		const report = await explore(lostUpdate({}, [never("three add", ({ count }) => count("added") > 2)]));
		expect(report).toMatchObject({ verdict: "held", complete: true, preemptionsCovered: "all" });
		// 4!/(2!2!) = 6 orders of two times two calls, some of which meet again.
		const orders = await explore(
			scenarioOf((world) => {
				for (const name of ["a", "b"]) {
					world.process(name, (process) => {
						process.task(async () => {
							for (const call of ["x", "y"])
								await process.call(`${name}${call}`, () => process.note(`${name}${call}`));
						});
					});
				}
			}),
			{ preemptionsMax: Number.POSITIVE_INFINITY },
		);
		expect(orders).toMatchObject({ complete: true, states: 4 });
	});

	it("finds a lost update with one preemption, and nothing without one", async () => {
		const none = await explore(buggy, { preemptionsMax: 0 });
		expect(none).toMatchObject({ verdict: "held", complete: false, preemptionsCovered: 0 });
		const one = await explore(buggy);
		expect(one.verdict).toBe("violated");
		expect(one.counterexample).toMatchObject({
			violation: { kind: "eventually", sentence: "both additions count", detail: "it is 1" },
			preemptions: 1,
			steps: 4,
		});
	});

	it("is not complete when it was ended by its limit", async () => {
		const space = contenders({ name: "two", faults: { crash: 1 }, work: { a: [advance], b: [advance] } });
		const report = await explore(space, { schedulesMax: 5 });
		expect(report).toMatchObject({ complete: false, schedules: 5 });
	});
});

describe("every mode", () => {
	const modes: readonly ExploreOptions[] = [{ mode: "exhaustive" }, { mode: "random" }, { mode: "pct" }];

	it.each(modes)("finds the lost update: $mode", async (options) => {
		const report = await explore(buggy, options);
		expect(report).toMatchObject({ verdict: "violated", counterexample: { preemptions: 1, steps: 4 } });
	});

	it.each(modes)("gives the same bytes for the same seed: $mode", async (options) => {
		const space = contenders({
			name: "two",
			faults: { crash: 1, expiry: 1, twice: 1, lostReply: 1, delay: 1, pause: 1, skew: 1 },
			work: { a: [advance], b: [advance] },
		});
		const run = async () => JSON.stringify(await explore(space, { ...options, seed: 7, schedulesMax: 200 }));
		const first = await run();
		expect(await run()).toBe(first);
		expect(JSON.stringify(await explore(buggy, options))).toBe(JSON.stringify(await explore(buggy, options)));
	});

	it.each(["random", "pct"] as const)("says how to run again what it has found: %s", async (mode) => {
		const faults = { crash: 1, expiry: 1, twice: 1, lostReply: 1, delay: 1, skew: 1, pause: 1 };
		const counted = eventually("each addition is told", ({ count, fields }) => {
			return ((fields("counter").count ?? 0) as number) <= count("added");
		});
		for (let seed = 1; seed <= 5; seed++) {
			const scenario = lostUpdate(faults, [counted]);
			const { verdict, counterexample } = await explore(scenario, { mode, seed });
			expect(verdict).toBe("violated");
			const again = await explore(scenario, { replay: counterexample?.replay ?? "" });
			expect(again.counterexample?.violation.sentence).toBe(counterexample?.violation.sentence);
		}
	});

	it("draws other schedules for another seed", async () => {
		const space = contenders({
			name: "two",
			faults: { crash: 1, expiry: 1 },
			work: { a: [advance], b: [advance] },
		});
		const steps = new Set<number>();
		for (const seed of [1, 2, 3])
			steps.add((await explore(space, { mode: "random", seed, schedulesMax: 50 })).steps);
		expect(steps.size).toBeGreaterThan(1);
	});
});

describe("a swarm", () => {
	it("leaves each kind of fault out of some runs, and strikes with each in others", async () => {
		const faults = { crash: 1, expiry: 1, twice: 1 };
		const space = contenders({ name: "two", faults, work: { a: [advance, advance], b: [advance] } });
		const { struck, schedules } = await explore(space, { mode: "random", schedulesMax: 300 });
		for (const kind of ["crash", "expiry", "twice"] as const) {
			expect(struck[kind]).toBeGreaterThan(0);
			expect(struck[kind]).toBeLessThan(schedules * 0.6);
		}
	});
});
