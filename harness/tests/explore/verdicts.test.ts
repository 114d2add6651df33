// What goes wrong without a property: a task that fails, a world that never rests, code that leaves the ports.
import { describe, expect, it } from "vitest";
import { explore } from "../../src/explore/explore.ts";
import { always, sometimes } from "../../src/explore/properties.ts";
import type { Process, Scenario } from "../../src/explore/scenario.ts";
import { lostUpdate, scenarioOf } from "./setup.ts";

function fail(): never {
	throw new Error("cannot");
}

const oneTask = (work: (process: Process) => Promise<unknown>) =>
	scenarioOf((world) => world.process("a", (process) => process.task(() => work(process))));

const violationOf = async (work: (process: Process) => Promise<unknown>) => {
	const { verdict, counterexample } = await explore(oneTask(work), { stepsMax: 50 });
	return { verdict, ...counterexample?.violation };
};

describe("without a property", () => {
	it("a task that rejects is a violation", async () => {
		const found = await violationOf(async () => {
			throw new Error("broken");
		});
		expect(found).toMatchObject({ verdict: "violated", kind: "task", sentence: "no task of a fails" });
		expect(found.detail).toContain("broken");
	});

	it("a world that goes on for ever is a violation", async () => {
		const found = await violationOf(async ({ call }) => {
			for (;;) await call("again", () => undefined);
		});
		expect(found).toMatchObject({ kind: "rest", sentence: "the world comes to rest within 50 steps" });
	});

	it.each([
		["a promise of nobody", () => new Promise(() => undefined)],
		["a timer of its own", () => new Promise((resolve) => setTimeout(resolve, 5))],
	])("code that waits outside its ports is a verdict of its own: %s", async (_name, wait) => {
		expect(await violationOf(wait)).toMatchObject({
			verdict: "violated",
			kind: "outside",
			sentence: "everything that a waits for is a port",
		});
	});

	it("a scenario that cannot be set up is a violation", async () => {
		const { counterexample } = await explore(scenarioOf(() => Promise.reject(new Error("no"))));
		expect(counterexample?.violation).toMatchObject({ kind: "setup", sentence: "the world can be set up" });
	});

	it.each([
		always("judged", () => {
			throw new Error("cannot");
		}),
		always("judged", () => true, {
			gather: {
				from: 0,
				next: () => {
					throw new Error("cannot");
				},
			},
		}),
	])("a property that throws does not hold", async (property) => {
		const scenario = { ...oneTask(async ({ note }) => note("x")), properties: [property] };
		const { verdict, counterexample } = await explore(scenario);
		expect(verdict).toBe("violated");
		expect(counterexample?.violation).toMatchObject({ kind: "always", sentence: "judged" });
		expect(counterexample?.violation.detail).toContain("cannot");
	});

	it.each<[string, Partial<Scenario>, object]>([
		["`schedulesMax`", {}, { schedulesMax: -1 }],
		["`mode`", {}, { mode: "bogus" }],
		["`preemptionsMax`", {}, { mode: "random", preemptionsMax: 1 }],
		["`name`", { name: "a|b" }, {}],
		["no fault `crush`", { faults: { crush: 1 } as never }, {}],
		["budget of `crash`", { faults: { crash: -1 } }, {}],
		["one sentence", { properties: [always("x", () => true), always("x", () => true)] }, {}],
		["cannot", {}, { onSchedule: fail }],
	])("is refused what is wrong with %s", async (reason, own, options) => {
		const report = await explore({ ...oneTask(async () => undefined), ...own }, options);
		expect(report).toMatchObject({ verdict: "refused", complete: false });
		expect(report.reasons.join()).toContain(reason);
	});

	it("a scenario that states nothing has shown nothing", async () => {
		const report = await explore({ ...oneTask(async () => undefined), properties: [] });
		expect(report).toMatchObject({ verdict: "vacuous", reasons: ["The scenario states no property."] });
	});

	it("an exploration ends when it is told to, and is not complete", async () => {
		const ended = new AbortController();
		const report = await explore(lostUpdate({}, [sometimes("it runs", () => true)]), {
			signal: ended.signal,
			onSchedule: (schedules) => schedules === 2 && ended.abort(),
		});
		expect(report).toMatchObject({ complete: false, schedules: 3 });
	});

	it("a scenario that remembers other schedules is not deterministic", async () => {
		let runs = 0;
		const forgetful = scenarioOf((world) => {
			const calls = ++runs % 2;
			for (const name of ["a", "b"]) {
				world.process(name, ({ task, call }) => {
					task(async () => {
						for (let count = 0; count <= calls; count++) await call("x", () => undefined);
					});
				});
			}
		});
		const report = await explore(forgetful);
		expect(report.verdict).toBe("not deterministic");
		expect(report.reasons).toHaveLength(1);
	});

	it("a failure that does not come again is not deterministic", async () => {
		let runs = 0;
		const report = await explore(
			oneTask(async () => {
				if (++runs === 1) throw new Error("only once");
			}),
		);
		expect(report).toMatchObject({
			verdict: "not deterministic",
			reasons: ["A failing schedule was run again, and held."],
		});
	});
});
