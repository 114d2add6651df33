// `runTransition` and `unserialize`, as somebody calls them who registers his functions himself.
import type { IIIClient as SdkClient } from "iii-sdk";
import { describe, expect, expectTypeOf, it } from "vitest";
import { createLeases, type Handle, type Machine } from "../../src/index.ts";
import {
	type IIIClient,
	type iiiPorts,
	iiiStore,
	newTurn,
	type RunTransitionOptions,
	type registerTurn,
	runTransition,
	type TurnRecord,
	turnMachine,
	unserialize,
} from "../../src/turn/index.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { message, onTurns, SESSION, type TurnBench } from "./setup.ts";

expectNoUnhandledRejections();

const goTo =
	(state: TurnRecord["state"], event?: unknown): Handle<TurnRecord> =>
	async (record, context) => {
		if (event !== undefined) context.emit(event);
		return { ...record, state };
	};

const optionsOn = (bench: TurnBench): RunTransitionOptions<TurnRecord> => ({
	serialize: true,
	newId: bench.ports.newId,
	leases: createLeases<TurnRecord>({ store: iiiStore(bench.other), ports: bench.ports }),
});

const setTurn = (bench: TurnBench, record: Partial<TurnRecord> = {}) =>
	bench.other.trigger({
		function_id: "state::set",
		payload: {
			scope: "turn_state",
			key: SESSION,
			value: { ...newTurn(SESSION, message({}), 0), ...record },
		},
	});

describe("iii-sdk's client", () => {
	it("fits wherever a client is taken", () => {
		expectTypeOf<SdkClient>().toExtend<IIIClient>();
		expectTypeOf<SdkClient>().toExtend<Parameters<typeof runTransition>[0]>();
		expectTypeOf<SdkClient>().toExtend<Parameters<typeof registerTurn>[0]>();
		expectTypeOf<SdkClient>().toExtend<Parameters<typeof iiiStore>[0]>();
		expectTypeOf<SdkClient>().toExtend<Parameters<typeof iiiPorts>[0]>();
		expectTypeOf<SdkClient>().not.toBeAny();
	});
});

describe("runTransition", () => {
	it(
		"adopts the plain turn record, runs under the lease, and enqueues the next state on `turn-step`",
		onTurns({}, async (bench) => {
			await setTurn(bench);
			const woken: unknown[] = [];
			bench.other.registerFunction("turn::steering_check", async (payload) => void woken.push(payload));
			const answer = await runTransition(
				bench.other,
				"function_execute",
				goTo("steering_check"),
				{ session_id: SESSION },
				optionsOn(bench),
			);
			expect(answer).toEqual({ ok: true, from_state: "function_execute", to_state: "steering_check" });
			await bench.settled();
			expect(woken).toEqual([{ session_id: SESSION }]);
			expect(Object.keys(bench.engine.state("session_lease"))).toEqual([SESSION]);
			expect(bench.engine.state("turn_state")[SESSION]).toMatchObject({ state: "function_execute" });
		}),
	);

	it(
		"without `serialize` loads and saves the plain record, and leaves no lease",
		onTurns({}, async (bench) => {
			await setTurn(bench);
			const { leases: _leases, ...options } = optionsOn(bench);
			const handle = goTo("stopped");
			const payload = { session_id: SESSION };
			expect(
				await runTransition(bench.other, "function_execute", handle, payload, {
					...options,
					serialize: false,
				}),
			).toMatchObject({ to_state: "stopped" });
			expect(await runTransition(bench.other, "function_execute", handle, payload)).toMatchObject({
				reason: "stale",
			});
			expect(bench.engine.state("turn_state")[SESSION]).toMatchObject({ state: "stopped" });
			expect(bench.engine.state("session_lease")).toEqual({});
		}),
	);

	it(
		"projects to `turn_state` if it is told to, while it runs under the lease",
		onTurns({}, async (bench) => {
			await setTurn(bench);
			await runTransition(
				bench.other,
				"function_execute",
				goTo("stopped", { type: "agent_end" }),
				{ session_id: SESSION },
				{ ...optionsOn(bench), projects: true, stream: "mine" },
			);
			expect(bench.engine.state("turn_state")[SESSION]).toMatchObject({ state: "stopped" });
			expect(bench.engine.streamItems("mine", SESSION).map(({ data }) => data)).toEqual([
				{ type: "agent_end" },
			]);
		}),
	);

	it(
		"takes a machine, a queue, a scope and function names of one's own",
		onTurns({}, async (bench) => {
			interface Job {
				readonly step: string;
			}
			const machine: Machine<Job> = {
				stateOf: ({ step }) => step,
				fail: () => ({ step: "broken" }),
				waiting: [],
				terminal: ["broken", "finished"],
			};
			await bench.other.trigger({
				function_id: "state::set",
				payload: { scope: "jobs", key: "j1", value: { step: "one" } },
			});
			const woken: unknown[] = [];
			bench.other.registerFunction("job/two", async (payload) => void woken.push(payload));
			const answer = await runTransition<Job>(
				bench.other,
				"one",
				async () => ({ step: "two" }),
				{ session_id: "j1" },
				{
					machine,
					serialize: true,
					newId: bench.ports.newId,
					leases: createLeases<Job>({
						store: iiiStore(bench.other, { scope: "job_lease" }),
						ports: bench.ports,
					}),
					recordScope: "jobs",
					functionOf: (step) => `job/${step}`,
				},
			);
			expect(answer).toEqual({ ok: true, from_state: "one", to_state: "two" });
			await bench.settled();
			expect(woken).toEqual([{ session_id: "j1" }]);
			expect(Object.keys(bench.engine.state("job_lease"))).toEqual(["j1"]);
		}),
	);

	it(
		"rejects with `wake_failed` if the queue is not there: the work stands, and the next delivery wakes",
		onTurns({}, async (bench) => {
			await setTurn(bench);
			const run = (queue: string) =>
				runTransition(
					bench.other,
					"function_execute",
					goTo("steering_check"),
					{ session_id: SESSION },
					{ ...options, queue },
				);
			const options = optionsOn(bench);
			await expect(run("nowhere")).rejects.toMatchObject({ code: "wake_failed" });
			expect(await bench.record()).toMatchObject({ state: "steering_check" });
			const woken: unknown[] = [];
			bench.other.registerFunction("turn::steering_check", async (payload) => void woken.push(payload));
			expect(await run("turn-step")).toMatchObject({ reason: "stale" });
			await bench.settled();
			expect(woken).toHaveLength(1);
		}),
	);

	it(
		"names the session id that is missing, empty or too long",
		onTurns({}, async (bench) => {
			for (const session_id of [undefined, "", "s".repeat(10_000)]) {
				const payload = { session_id } as { session_id: string };
				const run = runTransition(
					bench.other,
					"function_execute",
					goTo("stopped"),
					payload,
					optionsOn(bench),
				);
				await expect(run).rejects.toMatchObject({
					code: "option_invalid",
					message: expect.stringContaining("sessionId"),
				});
			}
		}),
	);

	it(
		"refuses a lease record that somebody else has written, and leaves it as it is",
		onTurns({}, async (bench) => {
			const value = { owner: "another program" };
			const payload = { scope: "session_lease", key: SESSION, value };
			await bench.other.trigger({ function_id: "state::set", payload });
			const run = runTransition(
				bench.other,
				"function_execute",
				goTo("stopped"),
				{ session_id: SESSION },
				optionsOn(bench),
			);
			await expect(run).rejects.toMatchObject({ code: "record_invalid" });
			expect(bench.engine.state("session_lease")[SESSION]).toEqual(value);
		}),
	);
});

describe("unserialize", () => {
	it(
		"writes the turn record back to `turn_state`, where plain transitions go on with it",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "pay" }));
			await bench.settled();
			worker.turn.unregister();
			await unserialize(bench.other, SESSION, optionsOn(bench));
			expect(bench.engine.state("turn_state")[SESSION]).toMatchObject({
				state: "function_awaiting_approval",
			});
			const plain = bench.worker("plain", { serialize: false });
			await plain.resolve("c1", "allow");
			await bench.settled();
			expect(bench.engine.state("turn_state")[SESSION]).toMatchObject({ state: "stopped" });
			expect(bench.timesRun()).toEqual({ c1: 1 });
		}),
	);
});

describe("the turn's machine", () => {
	const record = newTurn(SESSION, message({}), 0);

	it("fails a record in the turn-orchestrator's shape, and ends the turn", () => {
		const events: unknown[] = [];
		const failed = turnMachine.fail(record, new Error("wrong"), (event) => events.push(event));
		expect(failed).toEqual({
			...record,
			state: "failed",
			turn_end_emitted: true,
			error: { kind: "transition_error", message: "wrong" },
		});
		expect(events).toEqual([{ type: "turn_end", session_id: SESSION, error: "wrong" }]);
	});

	it("does not end a turn again that has ended", () => {
		const events: unknown[] = [];
		turnMachine.fail({ ...record, turn_end_emitted: true }, "just text", (event) => events.push(event));
		expect(events).toEqual([]);
	});

	it("waits for approvals, and never leaves stopped or failed", () => {
		expect(turnMachine).toMatchObject({
			waiting: ["function_awaiting_approval"],
			terminal: ["stopped", "failed"],
		});
	});
});
