// Calls are journalled before they run, so that none runs twice because its worker was lost.
import { describe, expect, it } from "vitest";
import { createLeases } from "../../src/index.ts";
import { iiiStore } from "../../src/turn/index.ts";
import { inShort, logCalls } from "../support/call-log.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import {
	createTurnBench,
	message,
	never,
	onTurns,
	SESSION,
	type TestFunction,
	type TurnBench,
	type TurnWorker,
} from "./setup.ts";

expectNoUnhandledRejections();

/** A turn whose worker dies while a call of `dies` runs for the first time; another takes over under its name. */
async function crashDuring(
	dies: Omit<TestFunction, "run">,
	calls: Readonly<Record<string, string>>,
	meanwhile: (bench: TurnBench) => Promise<void> = async () => undefined,
): Promise<TurnBench> {
	const run = async ({ id }: { readonly id: string }) => {
		if (bench.runs.filter(({ callId }) => callId === id).length > 1) return `again ${id}`;
		await bench.time.wait(10);
		await meanwhile(bench);
		worker?.client.crash();
		worker = undefined;
		queueMicrotask(() => bench.worker("w"));
		return never();
	};
	const bench = createTurnBench({ functions: { dies: { ...dies, run } } });
	let worker: TurnWorker | undefined = bench.worker("w");
	const turn = async () => {
		const approver = bench.worker("approver");
		for (const id of Object.keys(calls)) await approver.resolve(id, "allow");
		await worker?.turn.start(SESSION, message(calls));
		await bench.settled();
	};
	await bench.time.run(turn());
	return bench;
}

const interrupted = {
	is_error: true,
	result: { details: { interrupted: true }, terminate: false },
};

describe.each([
	["that needs no approval", false],
	["that was approved", true],
])("a call %s, whose worker died while it ran,", (_what, needsApproval) => {
	it("is not run again: it ends as interrupted, and the turn goes on to its end", async () => {
		const bench = await crashDuring({ needsApproval }, { c1: "dies", c2: "pay" });
		expect(bench.timesRun()).toEqual({ c1: 1, c2: 1 });
		const record = await bench.time.run(bench.record());
		expect(record).toMatchObject({ state: "stopped" });
		expect(record.function_results[0]).toMatchObject({ function_call_id: "c1", ...interrupted });
		expect(bench.events().filter((event) => event === "turn_end")).toHaveLength(1);
		expect(bench.events().filter((event) => event === "function_execution_end c1")).toHaveLength(1);
	});

	it("is run again if that changes nothing, under the same idempotency key and a later epoch", async () => {
		const bench = await crashDuring({ needsApproval, isIdempotent: true }, { c1: "dies" });
		expect(bench.timesRun()).toEqual({ c1: 2 });
		const [one, two] = bench.runs;
		expect(two?.idempotencyKey).toBe(one?.idempotencyKey);
		expect(two?.epoch).toBeGreaterThan(one?.epoch ?? 0);
		const { function_results } = await bench.time.run(bench.record());
		expect(function_results).toMatchObject([{ is_error: false, result: { details: "again c1" } }]);
	});
});

describe("a call that was approved, committed and cut short", () => {
	it("is run again although somebody has set another decision since: what is committed is final", async () => {
		const done = await crashDuring({ isIdempotent: true }, { c1: "dies" }, (bench) =>
			bench.setPlain("c1", { decision: "deny", reason: "too late" }),
		);
		expect(done.timesRun()).toEqual({ c1: 2 });
		expect(done.approval("c1")).toMatchObject({ decision: "deny" });
		const { function_results } = await done.time.run(done.record());
		expect(function_results).toMatchObject([{ is_error: false }]);
	});
});

describe("calls that start together", () => {
	it("all end as interrupted if their worker dies while they run, but those that had ended", async () => {
		const bench = await crashDuring({}, { c1: "dies", c2: "pay", c3: "dies" });
		expect(bench.timesRun()).toEqual({ c1: 1, c2: 1, c3: 1 });
		const { function_results } = await bench.time.run(bench.record());
		expect(function_results).toMatchObject([
			{ function_call_id: "c1", ...interrupted },
			{ function_call_id: "c2", is_error: false },
			{ function_call_id: "c3", ...interrupted },
		]);
	});

	it(
		"are journalled in one write, before the first of them runs",
		onTurns({}, async (bench) => {
			const started: unknown[] = [];
			const log = logCalls(iiiStore(bench.other));
			const beforeFirst: string[] = [];
			const worker = bench.worker("w", {
				leases: createLeases({ store: log, ports: bench.ports }),
				functions: {
					needsApproval: () => true,
					isIdempotent: () => false,
					async run() {
						if (started.length === 0) beforeFirst.push(...log.take().map(inShort).slice(-2));
						started.push(Object.keys((await bench.record()).work?.started ?? {}));
					},
				},
			});
			for (const id of ["c1", "c2", "c3"]) await bench.setPlain(id, { decision: "allow", reason: null });
			await worker.turn.start(SESSION, message({ c1: "pay", c2: "pay", c3: "pay" }));
			await bench.settled();
			expect(started).toEqual([
				["c1", "c2", "c3"],
				["c1", "c2", "c3"],
				["c1", "c2", "c3"],
			]);
			expect(beforeFirst).toEqual(["bids:3 holder:3", "value:3 owed:3 outbox:3"]);
		}),
	);
});

describe("the journal", () => {
	it(
		"says which epoch ran a call, and every function gets its key, that epoch and a signal",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "pay", c2: "pay" }));
			for (const id of ["c1", "c2"]) await worker.resolve(id, "allow");
			await bench.settled();
			const { work } = await bench.record();
			for (const { callId, epoch, idempotencyKey, signal } of bench.runs) {
				expect(work?.started?.[callId]).toEqual({ epoch });
				expect(epoch).toBeGreaterThan(0);
				expect(idempotencyKey).toBe(`${SESSION}/${callId}`);
				expect(signal.aborted).toBe(false);
			}
			expect(bench.runs).toHaveLength(2);
		}),
	);

	it(
		"is not kept without `serialize`, where there is no epoch",
		onTurns({ serialize: false }, async (bench) => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "pay" }));
			await bench.settled();
			await worker.resolve("c1", "allow");
			await bench.settled();
			const record = await bench.record();
			expect(record).toMatchObject({ state: "stopped" });
			expect(record.work).not.toHaveProperty("started");
			expect(bench.runs).toMatchObject([{ epoch: 0, idempotencyKey: `${SESSION}/c1` }]);
		}),
	);

	it("makes a call that a lost lease has cut short interrupted, not an error of its own", async () => {
		const bench = createTurnBench({
			functions: {
				pay: {
					run: (_call, { signal }) =>
						new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
				},
			},
		});
		const turn = async () => {
			const worker = bench.worker("w");
			await worker.resolve("c1", "allow");
			await worker.turn.start(SESSION, message({ c1: "pay" }));
			await bench.time.wait(1_000);
			expect(await bench.worker("operator").turn.ports.leases.break(SESSION, "stuck")).toBe(true);
			await bench.settled();
			expect((await bench.record()).function_results).toMatchObject([interrupted]);
		};
		await bench.time.run(turn());
		expect(bench.timesRun()).toEqual({ c1: 1 });
		expect(bench.runs[0]?.signal.aborted).toBe(true);
	});
});

describe("a stream that is away for a moment", () => {
	it(
		"keeps no approved call from running, and its events come with the next commit, in order",
		onTurns({}, async (bench) => {
			let refusals = 0;
			const worker = bench.worker("w", {
				link: async (request, apply) => {
					if (request.function_id === "stream::set" && ++refusals === 1)
						throw new Error("The stream is away.");
					return apply();
				},
			});
			await worker.turn.start(SESSION, message({ c1: "pay" }));
			await worker.resolve("c1", "allow");
			await bench.settled();
			expect(refusals).toBeGreaterThan(1);
			expect(bench.timesRun()).toEqual({ c1: 1 });
			expect((await bench.record()).work?.executed.c1).toMatchObject({ is_error: false });
			expect(bench.events()).toEqual([
				"function_execution_start c1",
				"function_execution_end c1",
				"turn_end",
			]);
		}),
	);
});
