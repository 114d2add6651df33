// Each fault does what it says, to the store and to whoever called it.
import { describe, expect, it } from "vitest";
import { explore } from "../../src/explore/explore.ts";
import type { FaultBudgets, FaultKind } from "../../src/explore/faults.ts";
import { eventually, sometimes } from "../../src/explore/properties.ts";
import { encodeReplay } from "../../src/explore/replay-string.ts";
import type { Process, Scenario } from "../../src/explore/scenario.ts";
import { scenarioOf } from "./setup.ts";

/** What is noted in the one schedule with these decisions, and what the counter is at its end. */
async function outcomeOf(
	labels: readonly string[],
	work: (process: Process) => Promise<unknown>,
	own: Partial<Scenario> & { readonly restarts?: boolean } = {},
) {
	const { restarts = false, ...rest } = own;
	let count: unknown;
	const scenario = scenarioOf(
		(world) => {
			world.process("a", (process) => process.task(() => work(process)), { restarts });
			world.process("b", ({ task, call }) => task(() => call("waits", () => undefined)), { crashes: false });
		},
		{
			...rest,
			properties: [
				eventually("it ends", ({ fields }) => {
					count = fields("counter").count;
					return true;
				}),
			],
		},
	);
	const report = await explore(scenario, { replay: encodeReplay({ scenario: "test", labels }) });
	expect(report.reasons).toEqual([]);
	const notes = report.replayed?.flatMap((entry) => (entry.type === "note" ? [entry.name] : []));
	return { count, notes };
}

const budget = (kind: FaultKind): { readonly faults: FaultBudgets } => ({ faults: { [kind]: 1 } });

async function increment({ store, note }: Process): Promise<void> {
	note("starts");
	await store.update("counter", [{ op: "increment", field: "count", by: 1 }]).then(
		() => note("told"),
		() => note("not told"),
	);
	await store.read("counter");
	note("ends");
}

describe("a fault", () => {
	it.each<[FaultKind, readonly string[], { count: number | undefined; notes: readonly string[] }]>([
		["crash", ["a!dies", "b", "."], { count: undefined, notes: ["starts"] }],
		["crash", ["a!dies", "b", "+1"], { count: 1, notes: ["starts"] }],
		["crash", ["a!dies-applied"], { count: 1, notes: ["starts"] }],
		["crash", ["a!dies-replied"], { count: 1, notes: ["starts", "told"] }],
		["lostReply", ["a!lost"], { count: 1, notes: ["starts", "not told", "ends"] }],
		["delay", ["a!late", "a", "b", "."], { count: undefined, notes: ["starts", "not told", "ends"] }],
		["delay", ["a!late", "a", "+1"], { count: 1, notes: ["starts", "not told", "ends"] }],
		["twice", ["a!twice", "a", "b", "+1"], { count: 2, notes: ["starts", "told", "ends"] }],
		["twice", ["a!twice", "a", "b", "."], { count: 1, notes: ["starts", "told", "ends"] }],
	])("%s: %j", async (kind, labels, expected) => {
		expect(await outcomeOf(labels, increment, budget(kind))).toEqual(expected);
	});

	it("crash: the next life begins, and none of the last one goes on", async () => {
		const restarted = await outcomeOf(["a!dies-applied"], increment, { ...budget("crash"), restarts: true });
		expect(restarted).toEqual({ count: 2, notes: ["starts", "starts", "told", "ends"] });
	});

	it("crash: what lands late is seen, also if its process is dead", async () => {
		const work = async ({ call, note }: Process) => call("acts", () => note("acted"));
		expect(await outcomeOf(["a!dies", "b", "+1"], work, budget("crash"))).toMatchObject({ notes: ["acted"] });
		expect(await outcomeOf(["a!dies-applied"], work, budget("crash"))).toMatchObject({ notes: ["acted"] });
	});

	it("crash: no finally runs", async () => {
		const work = async ({ store, note }: Process) => {
			try {
				await store.read("counter");
			} finally {
				note("finally");
			}
		};
		expect(await outcomeOf(["a!dies"], work, budget("crash"))).toMatchObject({ notes: [] });
	});

	const tellTime = async ({ store, ports, note }: Process) => {
		const startsAtMs = ports.clock.wallMs();
		await store.read("counter");
		note(`${ports.clock.wallMs() - startsAtMs} ms`);
	};

	it("expiry: all clocks jump", async () => {
		const jumped = await outcomeOf(["expiry"], tellTime, { ...budget("expiry"), expiryMs: 5_000 });
		expect(jumped.notes).toEqual(["5000 ms"]);
	});

	it("skew: the wall clock of one process is ahead, and its monotonic one is not", async () => {
		const work = async ({ ports, note }: Process) =>
			note(`${ports.clock.wallMs() % 1_000_000} ${ports.clock.monotonicMs()}`);
		const ahead = await outcomeOf(["a!ahead"], work, { ...budget("skew"), skewMs: 700 });
		expect(ahead.notes).toEqual(["700 0"]);
	});

	it("pause: a process hears late of what was applied meanwhile, and others go on", async () => {
		const report = await outcomeOf(
			["a!pause", "a", "b"],
			async (process) => {
				await tellTime(process);
				await increment(process);
			},
			{ ...budget("pause"), expiryMs: 5_000 },
		);
		expect(report).toEqual({ count: 1, notes: ["5000 ms", "starts", "told", "ends"] });
	});

	it("rollback: the store is what it was at an earlier moment", async () => {
		const twice = async (process: Process) => {
			await increment(process);
			await increment(process);
		};
		const { count } = await outcomeOf(["a", "a", "a", "rollback:1"], twice, budget("rollback"));
		expect(count).toBe(1);
		const all = await outcomeOf(["a", "a", "a", "a", "rollback:2"], twice, budget("rollback"));
		expect(all.count).toBeUndefined();
	});

	it("lostTrigger: an event never happens", async () => {
		const scenario = scenarioOf(
			(world) => {
				void world.event("a trigger").then(() => world.note("triggered"));
				world.process("a", ({ task, call }) => task(() => call("x", () => undefined)));
			},
			{
				faults: { lostTrigger: 1 },
				properties: [
					sometimes("it fires", ({ count }) => count("triggered") > 0),
					eventually("it fires once at most", ({ count }) => count("triggered") <= 1),
				],
			},
		);
		const report = await explore(scenario);
		expect(report).toMatchObject({ verdict: "held", complete: true });
		expect(report.struck.lostTrigger).toBeGreaterThan(0);
	});

	it("strikes no more often than its budget allows", async () => {
		const scenario = scenarioOf(
			(world) => {
				for (const name of ["a", "b"]) {
					world.process(name, ({ task, store }) =>
						task(() => store.update("r", [{ op: "set", field: "f", value: 1 }])),
					);
				}
			},
			{
				faults: { crash: 1 },
				properties: [
					eventually<number>("one crashes at most", ({ gathered }) => gathered <= 1, {
						gather: { from: 0, next: (count, event) => (event.type === "crash" ? count + 1 : count) },
					}),
				],
			},
		);
		expect(await explore(scenario)).toMatchObject({ verdict: "held", complete: true });
	});
});
