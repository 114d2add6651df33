// Several calls of one message, decided and run beside one another.
import { describe, expect, it } from "vitest";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import {
	createTurnBench,
	message,
	onTurns,
	SESSION,
	type TestFunction,
	type TurnBench,
	type TurnBenchOptions,
} from "./setup.ts";

expectNoUnhandledRejections();

/** Two workers resolve one call each, at the same moment, while each call takes its time. */
async function resolveTwoInParallel(options: TurnBenchOptions): Promise<TurnBench> {
	const pay: TestFunction = {
		async run({ id }) {
			await bench.time.wait(200);
			return `paid ${id}`;
		},
	};
	const bench = createTurnBench({ ...options, functions: { pay } });
	const turn = async () => {
		const one = bench.worker("one");
		const two = bench.worker("two");
		await one.turn.start(SESSION, message({ c1: "pay", c2: "pay" }));
		await bench.settled();
		await Promise.all([one.resolve("c1", "allow"), two.resolve("c2", "allow")]);
		await bench.settled();
	};
	await bench.time.run(turn());
	return bench;
}

const countOf = (events: readonly string[], event: string): number =>
	events.filter((it) => it === event).length;

describe("two approvals in parallel", () => {
	it("run each call once, and end the turn once", async () => {
		const bench = await resolveTwoInParallel({});
		expect(bench.timesRun()).toEqual({ c1: 1, c2: 1 });
		expect(countOf(bench.events(), "turn_end")).toBe(1);
		expect(bench.events().at(-1)).toBe("turn_end");
		expect(bench.engine.streamItems("agent::turn_end", SESSION)).toHaveLength(1);
		expect(await bench.time.run(bench.record())).toMatchObject({
			state: "stopped",
			function_results: [
				{ function_call_id: "c1", result: { details: "paid c1" } },
				{ function_call_id: "c2", result: { details: "paid c2" } },
			],
		});
	});

	it("without `serialize` run calls twice and end the turn twice: that is the bug", async () => {
		const bench = await resolveTwoInParallel({ serialize: false });
		const times = Object.values(bench.timesRun());
		expect(Math.max(...times)).toBeGreaterThan(1);
		expect(countOf(bench.events(), "turn_end")).toBe(2);
	});
});

describe("approved calls", () => {
	it(
		"run at once, while others still wait to be decided",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "pay", c2: "pay", c3: "pay" }));
			await worker.resolve("c2", "allow");
			await bench.settled();
			expect(bench.timesRun()).toEqual({ c2: 1 });
			expect(await bench.record()).toMatchObject({
				state: "function_awaiting_approval",
				awaiting_approval: [{ function_call_id: "c1" }, { function_call_id: "c3" }],
				turn_end_emitted: false,
				function_results: [],
			});
			expect(bench.events()).toEqual(["function_execution_start c2", "function_execution_end c2"]);
		}),
	);

	it("that are there together start together, under one journal entry, and end each for itself", async () => {
		const at: Record<string, number> = {};
		const slow: TestFunction = {
			async run({ id }) {
				at[id] = bench.time.clock.monotonicMs();
				await bench.time.wait(id === "c1" ? 300 : 100);
			},
		};
		const bench = createTurnBench({ functions: { slow } });
		const turn = async () => {
			const worker = bench.worker("w");
			await worker.resolve("c1", "allow");
			await worker.resolve("c2", "allow");
			await worker.turn.start(SESSION, message({ c1: "slow", c2: "slow" }));
			await bench.settled();
		};
		await bench.time.run(turn());
		expect(at.c1).toBe(at.c2);
		expect(bench.events()).toEqual([
			"function_execution_start c1",
			"function_execution_start c2",
			"function_execution_end c2",
			"function_execution_end c1",
			"turn_end",
		]);
	});

	it("are seen to have ended while their siblings still run", async () => {
		const seen: string[][] = [];
		const bench = createTurnBench({
			functions: {
				quick: {},
				slow: {
					async run() {
						await bench.time.wait(100);
						seen.push(bench.events());
						seen.push(Object.keys((await bench.record()).work?.executed ?? {}));
					},
				},
			},
		});
		const turn = async () => {
			const worker = bench.worker("w");
			for (const id of ["c1", "c2"]) await worker.resolve(id, "allow");
			await worker.turn.start(SESSION, message({ c1: "slow", c2: "quick" }));
			await bench.settled();
		};
		await bench.time.run(turn());
		expect(seen).toEqual([
			["function_execution_start c1", "function_execution_start c2", "function_execution_end c2"],
			["c2"],
		]);
	});

	it("that end with an error leave their siblings alone", async () => {
		const bench = createTurnBench({
			functions: {
				bad: { run: () => Promise.reject(new Error("no")) },
				slow: { run: () => bench.time.wait(100) },
			},
		});
		const turn = async () => {
			const worker = bench.worker("w");
			for (const id of ["c1", "c2"]) await worker.resolve(id, "allow");
			await worker.turn.start(SESSION, message({ c1: "bad", c2: "slow" }));
			await bench.settled();
			expect((await bench.record()).function_results).toMatchObject([
				{ function_call_id: "c1", is_error: true },
				{ function_call_id: "c2", is_error: false, result: { details: null } },
			]);
		};
		await bench.time.run(turn());
	});
});

describe("an approve-all that a running call writes", () => {
	it.each([
		["as claims", true],
		["as plain records", false],
	])("is seen in the same wake: %s", async (_how, claimed) => {
		const bench = createTurnBench({
			functions: {
				approveAll: {
					async run() {
						for (const id of ["c2", "c3"]) {
							if (claimed) await bench.worker(`for ${id}`).resolve(id, "allow");
							else await bench.setPlain(id, { decision: "allow", reason: null });
						}
					},
				},
			},
		});
		const epochs: number[] = [];
		const turn = async () => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "approveAll", c2: "pay", c3: "pay" }));
			await bench.settled();
			await worker.resolve("c1", "allow");
			await bench.settled();
			epochs.push(...bench.runs.map(({ epoch }) => epoch));
			expect(await bench.record()).toMatchObject({ state: "stopped" });
		};
		await bench.time.run(turn());
		expect(bench.runs.map(({ callId }) => callId)).toEqual(["c1", "c2", "c3"]);
		expect(new Set(epochs).size).toBe(1);
		expect(countOf(bench.events(), "turn_end")).toBe(1);
	});
});

describe("a call that was not allowed", () => {
	it(
		"is never run, and says why in its result",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "pay", c2: "pay" }));
			await worker.resolve("c1", "deny", "too expensive");
			await worker.resolve("c2", "deny");
			await bench.settled();
			expect(bench.runs).toEqual([]);
			expect(await bench.record()).toMatchObject({
				state: "stopped",
				function_results: [
					{
						function_call_id: "c1",
						is_error: true,
						result: {
							content: [{ type: "text", text: "Denied: too expensive" }],
							details: { approval_denied: true, decision: "deny", reason: "too expensive" },
							terminate: false,
						},
					},
					{
						function_call_id: "c2",
						result: { details: { approval_denied: true, decision: "deny", reason: null } },
					},
				],
			});
			expect(bench.events()).toEqual(["function_execution_end c1", "function_execution_end c2", "turn_end"]);
			expect(bench.engine.calls()["turn::steering_check::w"]).toBe(1);
		}),
	);

	it(
		"because the turn was aborted says `terminate`: the turn stops if every result says so",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "pay", c2: "pay" }));
			for (const id of ["c1", "c2"]) await worker.resolve(id, "aborted");
			await bench.settled();
			expect(await bench.record()).toMatchObject({
				state: "stopped",
				function_results: [
					{
						is_error: true,
						result: {
							details: { approval_denied: true, decision: "aborted", reason: null },
							terminate: true,
						},
					},
					{ result: { terminate: true } },
				],
			});
			expect(bench.engine.calls()["turn::steering_check::w"]).toBeUndefined();
		}),
	);

	it(
		"because the turn was aborted does not stop a turn of which another call ran",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "pay", c2: "pay" }));
			await worker.resolve("c1", "aborted");
			await worker.resolve("c2", "allow");
			await bench.settled();
			expect(bench.timesRun()).toEqual({ c2: 1 });
			expect(bench.engine.calls()["turn::steering_check::w"]).toBe(1);
		}),
	);
});
