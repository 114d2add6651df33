// A turn from the model's message to its end.
import { describe, expect, it } from "vitest";
import { type AssistantMessage, newTurn, registerTurn } from "../../src/turn/index.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import {
	createTurnBench,
	message,
	messageOf,
	onTurns,
	SESSION,
	type TestFunction,
	type TurnBench,
} from "./setup.ts";

expectNoUnhandledRejections();

const free: TestFunction = { needsApproval: false };

/** A turn that another program put into `turn_state`, woken once. */
async function startElsewhere(bench: TurnBench, asked: AssistantMessage): Promise<void> {
	const { turn } = bench.worker("w");
	const payload = { scope: "turn_state", key: SESSION, value: newTurn(SESSION, asked, 1) };
	await bench.other.trigger({ function_id: "state::set", payload });
	await turn.wake(SESSION);
	await bench.settled();
}

describe("a turn", () => {
	it(
		"goes from the message over the approvals to its end, through the states of the turn-orchestrator",
		onTurns({ functions: { read: free } }, async (bench) => {
			const worker = bench.worker("w");
			const asked = messageOf([
				{ id: "c1", functionId: "read", payload: { file: "a" } },
				{ id: "c2", functionId: "pay", payload: { amount: 5 } },
			]);
			await worker.turn.start(SESSION, asked);
			await bench.settled();
			const parked = await bench.record();
			expect(parked).toMatchObject({
				session_id: SESSION,
				state: "function_awaiting_approval",
				turn_count: 1,
				last_assistant: asked,
				work: {
					prepared: [
						{ route: "run", call: { id: "c1", function_id: "read", arguments: { file: "a" } } },
						{ route: "approve", call: { id: "c2", function_id: "pay", arguments: { amount: 5 } } },
					],
					executed: { c1: { is_error: false, result: { details: "result of c1" } } },
				},
				awaiting_approval: [{ function_call_id: "c2", function_id: "pay", args: { amount: 5 } }],
				function_results: [],
				turn_end_emitted: false,
			});
			expect(await worker.resolve("c2", "allow")).toEqual({ ok: true });
			await bench.settled();
			expect(await bench.record()).toMatchObject({
				state: "stopped",
				awaiting_approval: [],
				turn_end_emitted: true,
				work: { decisions: { c2: { decision: "allow", reason: null } } },
				function_results: [
					{
						function_call_id: "c1",
						function_id: "read",
						is_error: false,
						result: {
							content: [{ type: "text", text: "result of c1" }],
							details: "result of c1",
							terminate: false,
						},
					},
					{ function_call_id: "c2", function_id: "pay", is_error: false },
				],
			});
			expect(bench.runs).toMatchObject([
				{ callId: "c1", functionId: "read", args: { file: "a" } },
				{ callId: "c2", functionId: "pay", args: { amount: 5 } },
			]);
			expect(bench.events()).toEqual([
				"function_execution_start c1",
				"function_execution_end c1",
				"function_execution_start c2",
				"function_execution_end c2",
				"turn_end",
			]);
			expect(bench.engine.calls()).toMatchObject({
				"turn::function_execute::w": 1,
				"turn::function_awaiting_approval::w": 2,
				"turn::steering_check::w": 1,
			});
			expect(bench.engine.deadLetters("turn-step")).toEqual([]);
		}),
	);

	it(
		"has an orchestrator's record: no field that it does not know, but under `work`",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "pay" }));
			await worker.resolve("c1", "allow");
			await bench.settled();
			const record = await bench.record();
			expect(Object.keys(record).sort()).toEqual([
				"awaiting_approval",
				"function_results",
				"last_assistant",
				"session_id",
				"started_at_ms",
				"state",
				"turn_count",
				"turn_end_emitted",
				"updated_at_ms",
				"work",
			]);
			expect(Object.keys(record.work ?? {}).sort()).toEqual(["decisions", "executed", "prepared", "started"]);
			expect(Object.keys(record.work?.executed.c1 ?? {}).sort()).toEqual([
				"call",
				"duration_ms",
				"is_error",
				"result",
			]);
		}),
	);

	it(
		"sends its events as stream items, and `turn_end` on a stream of its own too, under the same id",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "pay" }));
			await worker.resolve("c1", "allow");
			await bench.settled();
			const items = bench.engine.streamItems("agent::events", SESSION);
			expect(items.map(({ data }) => data)).toEqual([
				{ type: "function_execution_start", function_call_id: "c1", function_id: "pay" },
				{ type: "function_execution_end", function_call_id: "c1", function_id: "pay", is_error: false },
				{ type: "turn_end", session_id: SESSION },
			]);
			expect(bench.engine.streamItems("agent::turn_end", SESSION)).toEqual(items.slice(-1));
		}),
	);

	it(
		"is not started by a message without calls, or with two calls of one id, which is named",
		onTurns({}, async (bench) => {
			const { turn } = bench.worker("w");
			const twice = messageOf([
				{ id: "c1", functionId: "read" },
				{ id: "c1", functionId: "read" },
			]);
			await expect(turn.start(SESSION, message({}))).rejects.toMatchObject({ code: "option_invalid" });
			await expect(turn.start(SESSION, twice)).rejects.toThrow('"c1"');
			expect(bench.engine.state("session_lease")).toEqual({});
		}),
	);

	it(
		"that was started elsewhere, without calls, ends at once",
		onTurns({}, async (bench) => {
			await startElsewhere(bench, message({}));
			expect(await bench.record()).toMatchObject({ state: "stopped", function_results: [] });
			expect(bench.events()).toEqual(["turn_end"]);
		}),
	);

	it("runs calls that need no approval in the order of the message, one after the other", async () => {
		let running = 0;
		const log: string[] = [];
		const slow: TestFunction = {
			needsApproval: false,
			async run({ id }) {
				expect(++running).toBe(1);
				await bench.time.wait(id === "c1" ? 50 : 10);
				log.push(id);
				running--;
			},
		};
		const bench = createTurnBench({ functions: { slow } });
		const turn = async () => {
			await bench.worker("w").turn.start(SESSION, message({ c1: "slow", c2: "slow", c3: "slow" }));
			await bench.settled();
		};
		await bench.time.run(turn());
		expect(log).toEqual(["c1", "c2", "c3"]);
	});

	it(
		"is keyed by call id: two calls of one function are two calls, decided and run on their own",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			const asked = messageOf([
				{ id: "c1", functionId: "pay", payload: { amount: 1 } },
				{ id: "c2", functionId: "pay", payload: { amount: 2 } },
			]);
			await worker.turn.start(SESSION, asked);
			await worker.resolve("c2", "allow");
			await bench.settled();
			expect(bench.runs).toMatchObject([{ callId: "c2", args: { amount: 2 } }]);
			await worker.resolve("c1", "deny");
			await bench.settled();
			const { function_results } = await bench.record();
			expect(function_results).toMatchObject([
				{ function_call_id: "c1", is_error: true },
				{ function_call_id: "c2", is_error: false },
			]);
			expect(bench.timesRun()).toEqual({ c2: 1 });
		}),
	);

	it(
		"with two calls under one id fails, says which, and runs neither",
		onTurns({ functions: { read: free } }, async (bench) => {
			const asked = messageOf([
				{ id: "c1", functionId: "read" },
				{ id: "c1", functionId: "read" },
			]);
			await startElsewhere(bench, asked);
			expect(await bench.record()).toMatchObject({
				state: "failed",
				error: { kind: "transition_error", message: expect.stringContaining('"c1"') },
			});
			expect(bench.runs).toEqual([]);
			expect(bench.events()).toEqual(["turn_end"]);
		}),
	);

	it(
		"with a call that names no function fails, and says which",
		onTurns({}, async (bench) => {
			const asked = message({});
			const content = [
				{
					type: "function_call",
					id: "c7",
					function_id: "agent_trigger",
					arguments: { payload: {} },
				} as const,
			];
			await startElsewhere(bench, { ...asked, content });
			const { error } = await bench.record();
			expect(error?.message).toContain('"c7"');
		}),
	);

	it(
		"takes a call that names its function itself, and text beside it",
		onTurns({ functions: { read: free } }, async (bench) => {
			await bench.worker("w").turn.start(SESSION, {
				role: "assistant",
				content: [
					{ type: "text", text: "Let me see." },
					{ type: "function_call", id: "c1", function_id: "read", arguments: { file: "b" } },
				],
				stop_reason: "function_call",
			});
			await bench.settled();
			expect(bench.runs).toMatchObject([{ callId: "c1", functionId: "read", args: { file: "b" } }]);
		}),
	);

	it(
		"that is started twice is started once",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "pay" }));
			await bench.settled();
			await expect(worker.turn.start(SESSION, message({ c2: "pay" }))).rejects.toMatchObject({
				code: "record_exists",
			});
			await bench.settled();
			expect((await bench.record()).awaiting_approval).toMatchObject([{ function_call_id: "c1" }]);
		}),
	);

	it(
		"whose every message is delivered twice runs each call once and ends once",
		onTurns({ functions: { read: free }, deliverTwice: true }, async (bench) => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "read", c2: "pay", c3: "pay" }));
			await Promise.all([worker.resolve("c2", "allow"), worker.resolve("c3", "allow")]);
			await bench.settled();
			expect(bench.timesRun()).toEqual({ c1: 1, c2: 1, c3: 1 });
			expect(bench.events().filter((event) => event === "turn_end")).toHaveLength(1);
			expect(await bench.record()).toMatchObject({ state: "stopped" });
		}),
	);
});

describe("a result", () => {
	const shaped = { content: [{ type: "text", text: "done" }], details: { id: 7 }, terminate: true };
	const table: readonly [what: string, run: () => Promise<unknown>, result: unknown, isError: boolean][] = [
		[
			"of plain text is wrapped",
			async () => "ok",
			{ content: [{ type: "text", text: "ok" }], details: "ok", terminate: false },
			false,
		],
		[
			"of JSON is wrapped, with its text",
			async () => ({ a: 1 }),
			{ content: [{ type: "text", text: '{"a":1}' }], details: { a: 1 }, terminate: false },
			false,
		],
		[
			"of nothing is null",
			async () => undefined,
			{ content: [{ type: "text", text: "null" }], details: null, terminate: false },
			false,
		],
		["in the shape of one is taken as it is", async () => shaped, shaped, false],
		[
			"of a function that threw is an error result with its message",
			() => Promise.reject(new Error("no such file")),
			{
				content: [{ type: "text", text: "no such file" }],
				details: { error: "no such file" },
				terminate: false,
			},
			true,
		],
		[
			"of a function that threw a text is one too",
			() => Promise.reject("just text"),
			{ content: [{ type: "text", text: "just text" }], details: { error: "just text" }, terminate: false },
			true,
		],
	];
	it.each(table)("%s", async (_what, run, result, is_error) => {
		await onTurns({ functions: { f: { needsApproval: false, run } } }, async (bench) => {
			await bench.worker("w").turn.start(SESSION, message({ c1: "f" }));
			await bench.settled();
			expect((await bench.record()).function_results).toEqual([
				{ function_call_id: "c1", function_id: "f", result, is_error },
			]);
		})();
	});

	it("that says `terminate` stops the turn only if all of them say so", async () => {
		const stop = { needsApproval: false, run: async () => shaped };
		for (const [calls, steered] of [
			[{ c1: "stop", c2: "stop" }, 0],
			[{ c1: "stop", c2: "go" }, 1],
		] as const) {
			await onTurns({ functions: { stop, go: free } }, async (bench) => {
				await bench.worker("w").turn.start(SESSION, message(calls));
				await bench.settled();
				expect(await bench.record()).toMatchObject({ state: "stopped" });
				expect(bench.engine.calls()["turn::steering_check::w"] ?? 0).toBe(steered);
				expect(bench.events().filter((event) => event === "turn_end")).toHaveLength(1);
			})();
		}
	});
});

describe("steering_check", () => {
	it(
		"is the host's, if it gives its own",
		onTurns({ functions: { read: free } }, async (bench) => {
			const worker = bench.worker("w", {
				steer: async (record) => ({ ...record, state: "stopped", max_turns: 3 }),
			});
			await worker.turn.start(SESSION, message({ c1: "read" }));
			await bench.settled();
			expect(await bench.record()).toMatchObject({ state: "stopped", max_turns: 3 });
		}),
	);

	it(
		"may go on with the model's next message: its calls are a new batch, with an end of its own",
		onTurns({ functions: { read: free } }, async (bench) => {
			const next = messageOf([{ id: "c2", functionId: "read" }]);
			const worker = bench.worker("w", {
				steer: async (record) =>
					record.turn_count === 1
						? { ...record, state: "function_execute", turn_count: 2, last_assistant: next }
						: { ...record, state: "stopped" },
			});
			await worker.turn.start(SESSION, message({ c1: "read" }));
			await bench.settled();
			expect(bench.runs.map(({ callId }) => callId)).toEqual(["c1", "c2"]);
			expect(bench.events().filter((event) => event === "turn_end")).toHaveLength(2);
			const { function_results, state } = await bench.record();
			expect([state, function_results.map((it) => it.function_call_id)]).toEqual(["stopped", ["c2"]]);
		}),
	);

	it(
		"that answers a state which the turn does not have fails the turn, and wakes nothing that is not there",
		onTurns({ functions: { read: free } }, async (bench) => {
			const worker = bench.worker("w", {
				steer: async (record) => ({ ...record, state: "nonsense" as never }),
			});
			await worker.turn.start(SESSION, message({ c1: "read" }));
			await bench.settled();
			const { state, error } = await bench.record();
			expect([state, error?.message]).toEqual(["failed", expect.stringContaining("nonsense")]);
			expect(bench.engine.deadLetters("turn-step")).toEqual([]);
		}),
	);

	it(
		"is left to others with `false`",
		onTurns({ functions: { read: free } }, async (bench) => {
			const worker = bench.worker("w", { steer: false });
			bench.other.registerFunction("turn::steering_check::w", async () => ({ ok: true }));
			await worker.turn.start(SESSION, message({ c1: "read" }));
			await bench.settled();
			expect(await bench.record()).toMatchObject({ state: "steering_check" });
		}),
	);
});

describe("a worker", () => {
	it(
		"ends the ids of its functions with its name, so that several share an engine and each wakes its own",
		onTurns({}, async (bench) => {
			const one = bench.worker("one");
			bench.worker("two");
			await one.turn.start(SESSION, message({ c1: "pay" }));
			await one.resolve("c1", "allow");
			await bench.settled();
			expect(bench.runs.map(({ worker }) => worker)).toEqual(["one"]);
			const called = Object.keys(bench.engine.calls()).filter((id) => id.endsWith("::two"));
			expect(called).toEqual(["turn::is_approval_decision::two"]);
		}),
	);

	it(
		"without a name has the ids of the turn-orchestrator",
		onTurns({}, async (bench) => {
			const ids: string[] = [];
			const recorder = {
				...bench.other,
				registerFunction(id: string, handler: (payload: unknown) => Promise<unknown>) {
					ids.push(id);
					return bench.other.registerFunction(id, handler);
				},
				registerTrigger(request: { type: string; function_id: string; config: unknown }) {
					expect(request).toEqual({
						type: "state",
						function_id: "turn::on_approval",
						config: { scope: "approvals", condition_function_id: "turn::is_approval_decision" },
					});
					return bench.other.registerTrigger(request);
				},
			};
			const { turn } = bench.worker("w");
			turn.unregister();
			registerTurn(recorder, {
				functions: { needsApproval: () => true, isIdempotent: () => false, run: async () => null },
				leases: turn.ports.leases,
				newId: turn.ports.newId,
				nowMs: () => 0,
			});
			expect(ids.sort()).toEqual([
				"approval::resolve",
				"turn::function_awaiting_approval",
				"turn::function_execute",
				"turn::get_state",
				"turn::is_approval_decision",
				"turn::on_approval",
				"turn::start",
				"turn::steering_check",
			]);
		}),
	);

	it(
		"that is unregistered has nothing left on the engine",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "pay" }));
			await bench.settled();
			worker.turn.unregister();
			await expect(worker.call("turn::get_state", { session_id: SESSION })).rejects.toMatchObject({
				code: "function_not_found",
			});
			const before = bench.engine.calls();
			await bench.setPlain("c1", { decision: "allow", reason: null });
			await bench.settled();
			expect(bench.engine.calls()["turn::is_approval_decision::w"]).toBe(
				before["turn::is_approval_decision::w"],
			);
		}),
	);
});

describe("turn::get_state", () => {
	it("answers the record as it was last committed, with or without a lease, and nothing for an unknown session", async () => {
		for (const serialize of [true, false]) {
			await onTurns({ serialize }, async (bench) => {
				const worker = bench.worker("w");
				const state = () => worker.call("turn::get_state", { session_id: SESSION });
				expect(await state()).toBeUndefined();
				await worker.turn.start(SESSION, message({ c1: "pay" }));
				await bench.settled();
				expect(await state()).toMatchObject({ state: "function_awaiting_approval", session_id: SESSION });
			})();
		}
	});
});
