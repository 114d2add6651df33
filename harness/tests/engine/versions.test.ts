// What an engine does otherwise when it is told to: like a later version, with triggers in any order, with a memory.
import { describe, expect, it } from "vitest";
import {
	type Change,
	createEngine,
	directLink,
	type EngineOptions,
	type Kept,
	type Persistence,
} from "../../src/engine/index.ts";
import { changesOf, foldChanges } from "../../src/engine/persistence.ts";
import { createRetry } from "../../src/system/retry.ts";
import { createVirtualTime } from "../../src/system/virtual-time.ts";
import { outcomeOf, setup } from "./setup.ts";

const HANG = () => new Promise<never>(() => undefined);

describe("like 0.23", () => {
	it("a function's id is its first worker's while that one lives", async () => {
		const { connect, call } = setup({ like: "0.23" });
		const [first, second] = [connect({ name: "first" }), connect()];
		first.registerFunction("f", async () => "first");
		expect(() => second.registerFunction("f", HANG)).toThrow(
			"registration_refused: f is registered by first",
		);
		expect(await call("f", {})).toBe("first");
		first.crash();
		second.registerFunction("f", async () => "second");
		expect(await call("f", {})).toBe("second");
	});

	it("messages go to the worker that provides the queue, in iii's words if there is none", async () => {
		const { client, run, enqueue } = setup({ like: "0.23" });
		const action = { type: "enqueue", queue: "q" } as const;
		const refused = await run(
			client.trigger({ function_id: "f", payload: {}, action }).catch((error) => error.message),
		);
		expect(refused).toBe(
			"enqueue_error: No queue provider is installed. `TriggerAction::Enqueue` routes through the " +
				"`engine::queue::enqueue` provider, which the standalone queue worker registers. Add it with " +
				"`iii worker add queue`. (underlying: Function engine::queue::enqueue not found in namespace default)",
		);
		const taken: unknown[] = [];
		client.registerFunction("engine::queue::enqueue", async (message) => taken.push(message));
		const receipt = (await enqueue("q", "f", { n: 1 })) as object;
		expect(taken).toMatchObject([{ queue: "q", function_id: "f", data: { n: 1 }, ...receipt }]);
		expect(taken).not.toMatchObject([{ _caller_worker_id: expect.anything() }]);
	});

	it("there is no queue, and no function of one", async () => {
		expect(() => setup({ like: "0.23", queues: { q: {} } })).toThrow(TypeError);
		const { client, run, call } = setup({ like: "0.23" });
		const dead = client.trigger({ function_id: "engine::queue::dlq_messages", payload: { queue: "q" } });
		expect(await run(outcomeOf(dead))).toEqual({ code: "function_not_found" });
		const asked = client.trigger({ function_id: "configuration::get", payload: { id: "iii-queue" } });
		expect(await run(outcomeOf(asked))).toEqual({ code: "NOT_FOUND" });
		client.registerFunction("engine::queue::dlq_messages", async () => ["the provider's"]);
		expect(await call("engine::queue::dlq_messages", {})).toEqual(["the provider's"]);
	});
});

describe("a call without an end", () => {
	it("is never timed out, and needs no timer", async () => {
		const { client, run, time } = setup();
		let answer = (_result: string) => {};
		client.registerFunction(
			"late",
			() =>
				new Promise((resolve) => {
					answer = resolve;
				}),
		);
		const timeoutMs = Number.POSITIVE_INFINITY;
		const call = client.trigger({ function_id: "late", payload: {}, timeoutMs });
		await run(time.wait(3_600_000));
		await expect(run(HANG())).rejects.toThrow("Virtual time stands still");
		answer("at last");
		expect(await run(call)).toBe("at last");
	});
});

describe("state triggers", () => {
	it("are told of different writes in the order of the delays that are drawn for them", async () => {
		const delaysMs = [30, 10, 20];
		const { client, run, call, engine } = setup({ triggerDelayMs: () => delaysMs.shift() ?? 0 });
		const heard: unknown[] = [];
		client.registerFunction("f", async ({ new_value }) => heard.push(new_value));
		client.registerTrigger({ type: "state", function_id: "f", config: {} });
		for (const value of [1, 2, 3]) await call("state::set", { scope: "s", key: "k", value });
		await run(engine.idle());
		expect(heard).toEqual([2, 3, 1]);
	});
});

describe("a worker", () => {
	it("is listed by what it tells of itself, until it is gone", async () => {
		const { connect, call, time } = setup();
		const worker = connect({ name: "id of w" });
		const told = { name: "w", version: "1", runtime: "node", os: "x", pid: 1, telemetry: {} };
		await time.run(worker.trigger({ function_id: "engine::workers::register", payload: told }));
		worker.registerFunction("f", HANG);
		const list = async () => (await call("engine::workers::list", {})) as { workers: { id: string }[] };
		const { workers } = await list();
		expect(workers.find(({ id }) => id === "id of w")).toEqual({
			id: "id of w",
			name: "w",
			description: null,
			version: "1",
			runtime: "node",
			os: "x",
			isolation: null,
			status: "connected",
			function_count: 1,
			connected_at_ms: 1_700_000_000_000,
		});
		expect(await call("engine::functions::list", { prefix: "f" })).toEqual({
			functions: [{ function_id: "f", worker_name: "w" }],
		});
		worker.disconnect();
		expect((await list()).workers.map(({ id }) => id)).toEqual(["iii-state", "tester"]);
		expect(await call("engine::functions::list", { prefix: "f" })).toEqual({ functions: [] });
	});

	it("sees the engine's functions by default without those that are internal", async () => {
		const { call } = setup();
		const ids = async (payload: object) => {
			const { functions } = (await call("engine::functions::list", payload)) as { functions: Listed[] };
			return functions.map(({ function_id }) => function_id);
		};
		expect(await ids({ worker: "iii-queue" })).toEqual([
			"engine::queue::dlq_messages",
			"iii::queue::redrive",
		]);
		expect(await ids({ prefix: "engine::workers" })).toEqual([]);
		expect(await ids({ prefix: "engine::workers", include_internal: true })).toEqual([
			"engine::workers::list",
			"engine::workers::register",
		]);
	});
});

interface Listed {
	readonly function_id: string;
}

describe("what outlives an engine", () => {
	const NOTHING: Kept = { state: new Map(), messages: [] };

	/** Fails from the change on that `fails` names. */
	function memory(kept: Kept = NOTHING, fails: Change["change"] | undefined = undefined) {
		const changes: Change[] = [];
		const persistence: Persistence = {
			adapter: { name: "test" },
			kept,
			keep(change) {
				if (change.change === fails) throw new Error("the disk is full");
				changes.push(change);
			},
		};
		return { changes, persistence };
	}

	it.each([
		["set", "state::set", { scope: "s", key: "k", value: 2 }],
		["set", "state::update", { scope: "s", key: "k", ops: [] }],
		["delete", "state::delete", { scope: "s", key: "k" }],
	] as const)(
		"is told first: where it cannot %s, %s is refused and nothing has changed",
		async (fails, function_id, payload) => {
			const kept = { state: new Map([["s", new Map([["k", 1]])]]), messages: [] };
			const { client, run, engine } = setup({ persistence: memory(kept, fails).persistence });
			const heard: unknown[] = [];
			client.registerFunction("f", async (event) => heard.push(event));
			client.registerTrigger({ type: "state", function_id: "f", config: {} });
			const error = await run(client.trigger({ function_id, payload }).catch((thrown) => thrown));
			expect(error).toMatchObject({ code: "not_kept", message: "not_kept: the disk is full" });
			await run(engine.idle());
			expect(engine.state("s")).toEqual({ k: 1 });
			expect(heard).toEqual([]);
		},
	);

	it("is told first of a message, too", async () => {
		const { persistence } = memory(NOTHING, "enqueue");
		const { client, run, engine } = setup({ persistence, queues: { q: {} } });
		const action = { type: "enqueue", queue: "q" } as const;
		const sent = outcomeOf(client.trigger({ function_id: "f", payload: {}, action }));
		expect(await run(sent)).toEqual({ code: "not_kept" });
		await run(engine.idle());
		expect(engine.calls()).toEqual({});
	});

	it("is not told that a message is done before it is", async () => {
		const { changes, persistence } = memory();
		const { client, run, engine, enqueue, time } = setup({ persistence, queues: { q: {} } });
		client.registerFunction("f", () => time.wait(100));
		await enqueue("q", "f", {});
		await run(time.wait(50));
		expect(changes.map(({ change }) => change)).toEqual(["enqueue"]);
		await run(engine.idle());
		expect(changes.map(({ change }) => change)).toEqual(["enqueue", "finish"]);
	});

	it("does not make a dead letter of a message whose end it cannot keep", async () => {
		const { persistence } = memory(NOTHING, "finish");
		const { client, run, engine, enqueue } = setup({ persistence, queues: { q: {} } });
		client.registerFunction("f", async () => undefined);
		await enqueue("q", "f", {});
		await run(engine.idle());
		expect(engine.deadLetters("q")).toEqual([]);
		expect(engine.calls()).toEqual({ f: 1 });
	});

	it("is what is left of all changes", () => {
		const enqueue = (id: string, queue = "q"): Change => ({
			change: "enqueue",
			queue,
			id,
			function_id: "f",
			payload: id,
		});
		const bury = (id: string, queue = "q"): Change => ({
			change: "bury",
			queue,
			id,
			error: "e",
			failed_at: 5,
		});
		const changes: Change[] = [
			{ change: "set", scope: "s", key: "a", value: 1 },
			{ change: "set", scope: "s", key: "b", value: 1 },
			{ change: "set", scope: "s", key: "a", value: 2 },
			{ change: "delete", scope: "s", key: "b" },
			{ change: "delete", scope: "never", key: "b" },
			...["m1", "m2", "m3", "m4"].map((id) => enqueue(id)),
			enqueue("other", "p"),
			bury("m2"),
			bury("other", "p"),
			{ change: "finish", queue: "q", id: "m1" },
			{ change: "redrive", queue: "q" },
			bury("m3"),
			{ change: "finish", queue: "q", id: "m4" },
		];
		const left: Change[] = [
			{ change: "set", scope: "s", key: "a", value: 2 },
			enqueue("m2"),
			enqueue("m3"),
			bury("m3"),
			enqueue("other", "p"),
			bury("other", "p"),
		];
		expect([...changesOf(foldChanges(changes))]).toEqual(left);
		expect([...changesOf(foldChanges(left))]).toEqual(left);
	});
});

it("performs what came over a direct link at once, so that its frames are done in their order", () => {
	const time = createVirtualTime();
	const ports = { clock: time.clock, wait: time.wait, retry: createRetry(time.wait), newId: () => "id" };
	const engine = createEngine(ports satisfies EngineOptions);
	const client = engine.connect({ link: directLink });
	const payload = { scope: "s", key: "k", value: 1 };
	void client.trigger({ function_id: "state::set", payload });
	expect(engine.state("s")).toEqual({ k: 1 });
});
