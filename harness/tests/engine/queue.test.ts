import { describe, expect, it } from "vitest";
import { type Change, createEngine } from "../../src/engine/index.ts";
import { realClock, realWait } from "../../src/system/real-time.ts";
import { createRetry } from "../../src/system/retry.ts";
import { createVirtualTime } from "../../src/system/virtual-time.ts";
import { outcomeOf, type Setup, setup } from "./setup.ts";

const QUEUES = {
	plain: {},
	five: { max_retries: 5, backoff_ms: 10 },
	once: { max_retries: 1 },
	narrow: { concurrency: 2 },
	ordered: { type: "fifo", message_group_field: "session_id", backoff_ms: 100 },
} as const;

type Payload = { readonly n: number; readonly session_id?: string };

/** Registers a function that notes when it starts and ends, and that fails while `fails` says so. */
function worker(all: Setup, { takesMs = 0, fails = (_payload: Payload): boolean => false } = {}) {
	const log: string[] = [];
	all.client.registerFunction("work", async (payload: Payload) => {
		log.push(`${payload.n} at ${all.nowMs()}`);
		await all.time.wait(takesMs);
		if (fails(payload)) throw new Error(`no ${payload.n}`);
	});
	return log;
}

describe("a queue", () => {
	it("delivers a message until it is handled, and only until then", async () => {
		const all = setup({ queues: QUEUES });
		let left = 2;
		const log = worker(all, { fails: () => left-- > 0 });
		const answer = await all.enqueue("plain", "work", { n: 1 });
		expect(answer).toEqual({ messageReceiptId: expect.stringMatching(/^id-/) });
		await all.run(all.engine.idle());
		expect(log).toEqual(["1 at 0", "1 at 1000", "1 at 3000"]);
		expect(all.engine.deadLetters("plain")).toEqual([]);
	});

	it("counts deliveries, the first included, and doubles the wait before each", async () => {
		const all = setup({ queues: QUEUES });
		const log = worker(all, { fails: () => true });
		await all.enqueue("five", "work", { n: 1 });
		await all.run(all.engine.idle());
		expect(log).toEqual(["1 at 0", "1 at 10", "1 at 30", "1 at 70", "1 at 150"]);
		expect(await all.call("engine::queue::dlq_messages", { queue: "five" })).toEqual([
			{
				id: expect.stringMatching(/^id-/),
				error: "invocation_failed: no 1",
				failed_at: 1_700_000_000,
				payload: { n: 1 },
				retries: 5,
				size_bytes: 7,
			},
		]);
	});

	it("hands the payload over as it was when it was enqueued, and does not say who sent it", async () => {
		const all = setup({ queues: QUEUES });
		const heard: unknown[] = [];
		all.client.registerFunction("work", async (payload) => {
			heard.push(structuredClone(payload));
			payload.changed = true;
			if (heard.length === 1) throw new Error("again");
		});
		await all.enqueue("plain", "work", { n: 1 });
		await all.run(all.engine.idle());
		expect(heard).toEqual([{ n: 1 }, { n: 1 }]);
	});

	it("counts a delivery that finds no function as a try", async () => {
		const all = setup({ queues: QUEUES });
		await all.enqueue("plain", "work", { n: 1 });
		await all.run(all.time.wait(500));
		const log = worker(all);
		await all.run(all.engine.idle());
		expect(log).toEqual(["1 at 1000"]);
		await all.enqueue("once", "nobody", {});
		await all.run(all.engine.idle());
		expect(all.engine.deadLetters("once")).toMatchObject([
			{ error: "function_not_found: Function nobody not found", retries: 1 },
		]);
	});

	it("handles as many at once as it may, and gives a slot up during a backoff", async () => {
		const all = setup({ queues: QUEUES });
		const failing = new Set([0, 1]);
		const log = worker(all, { takesMs: 10, fails: ({ n }) => failing.delete(n) });
		for (const n of [0, 1, 2, 3, 4]) await all.enqueue("narrow", "work", { n });
		await all.run(all.engine.idle());
		expect(log).toEqual(["0 at 0", "1 at 0", "2 at 10", "3 at 10", "4 at 20", "0 at 1010", "1 at 1010"]);
	});

	it("delivers again before it delivers what has waited less", async () => {
		const all = setup({ queues: { single: { concurrency: 1, backoff_ms: 10 } } });
		const failing = new Set([0]);
		const log = worker(all, { takesMs: 8, fails: ({ n }) => failing.delete(n) });
		for (const n of [0, 1, 2, 3, 4]) await all.enqueue("single", "work", { n });
		await all.run(all.engine.idle());
		expect(log).toEqual(["0 at 0", "1 at 8", "2 at 16", "0 at 24", "3 at 32", "4 at 40"]);
	});

	it.each(["nobody", "toString"])("that does not exist refuses messages: %s", async (queue) => {
		const { client, run } = setup({ queues: QUEUES });
		const action = { type: "enqueue", queue } as const;
		const error = await run(
			client.trigger({ function_id: "f", payload: {}, action }).catch((thrown) => thrown),
		);
		expect(error).toMatchObject({
			code: "enqueue_error",
			message: `enqueue_error: Queue '${queue}' not found`,
		});
	});

	it("delivers twice if it is told to, and no more for what then fails", async () => {
		const all = setup({ queues: QUEUES, deliverTwice: true });
		let runs = 0;
		all.client.registerFunction("work", async () => {
			if (++runs === 2) throw new Error("the second of two");
		});
		await all.enqueue("plain", "work", { n: 1 });
		await all.run(all.engine.idle());
		expect(runs).toBe(2);
		expect(all.engine.deadLetters("plain")).toEqual([]);
	});

	it.each([{ max_retries: 0 }, { concurrency: 1.5 }, { backoff_ms: -1 }, { type: "fifo" }, { type: "lifo" }])(
		"is refused if it is not set up as expected: %j",
		(config) => {
			expect(() => setup({ queues: { q: config as never } })).toThrow(TypeError);
		},
	);

	it("does the same on real time", async () => {
		let ids = 0;
		const engine = createEngine({
			clock: realClock,
			wait: realWait,
			retry: createRetry(realWait),
			newId: () => `id-${++ids}`,
			queues: { quick: { max_retries: 2, backoff_ms: 1 } },
		});
		const client = engine.connect();
		let runs = 0;
		client.registerFunction("work", async ({ fails }) => {
			runs++;
			if (fails) throw new TypeError("no");
		});
		const action = { type: "enqueue", queue: "quick" } as const;
		await client.trigger({ function_id: "work", payload: { fails: true }, action });
		await client.trigger({ function_id: "work", payload: {}, action });
		await engine.idle();
		expect(runs).toBe(3);
		expect(engine.deadLetters("quick")).toMatchObject([{ payload: { fails: true }, retries: 2 }]);
	});
});

describe("a fifo queue", () => {
	it("handles one message of a group at a time, in order, and groups in parallel", async () => {
		const all = setup({ queues: QUEUES });
		const log = worker(all, { takesMs: 10 });
		for (const [n, session_id] of [
			[1, "a"],
			[2, "a"],
			[3, "b"],
			[4, "a"],
		]) {
			await all.enqueue("ordered", "work", { n, session_id });
		}
		await all.run(all.engine.idle());
		expect(log).toEqual(["1 at 0", "3 at 0", "2 at 10", "4 at 20"]);
	});

	it("lets the next of a group overtake one that waits for its backoff", async () => {
		const all = setup({ queues: QUEUES });
		const failing = new Set([1]);
		const log = worker(all, { takesMs: 10, fails: ({ n }) => failing.delete(n) });
		for (const n of [1, 2]) await all.enqueue("ordered", "work", { n, session_id: "a" });
		await all.run(all.engine.idle());
		expect(log).toEqual(["1 at 0", "2 at 10", "1 at 110"]);
	});

	it.each([{}, { session_id: null }, [1], null])("refuses a message without a group: %j", async (payload) => {
		const { client, run } = setup({ queues: QUEUES });
		const action = { type: "enqueue", queue: "ordered" } as const;
		const outcome = outcomeOf(client.trigger({ function_id: "f", payload, action }));
		expect(await run(outcome)).toEqual({ code: "enqueue_error" });
	});

	it("does not keep a message from running again while its first run goes on at a worker that crashed", async () => {
		const all = setup({ queues: QUEUES });
		const running: string[] = [];
		const start = (name: string) => {
			const connection = all.connect({ name });
			connection.registerFunction("work", async () => {
				running.push(name);
				await all.time.wait(1_000);
				running.splice(running.indexOf(name), 1);
			});
			return connection;
		};
		const first = start("first");
		await all.enqueue("ordered", "work", { session_id: "a" });
		await all.run(all.time.wait(500));
		start("second");
		first.crash();
		await all.run(all.time.wait(200));
		expect(running).toEqual(["first", "second"]);
	});
});

describe("a message whose worker goes", () => {
	it.each(["crash", "disconnect"] as const)("comes again as the next delivery: %s", async (how) => {
		const all = setup({ queues: QUEUES });
		const first = all.connect();
		first.registerFunction("work", () => new Promise(() => undefined));
		await all.enqueue("plain", "work", { n: 1 });
		await all.run(all.time.wait(300));
		first[how]();
		const log = worker(all, { fails: () => true });
		await all.run(all.engine.idle());
		expect(log).toEqual(["1 at 1300", "1 at 3300"]);
		expect(all.engine.deadLetters("plain")).toMatchObject([{ retries: 3 }]);
	});

	it("outlives the client that enqueued it", async () => {
		const all = setup({ queues: QUEUES });
		const log = worker(all);
		const sender = all.connect();
		const action = { type: "enqueue", queue: "plain" } as const;
		void sender.trigger({ function_id: "work", payload: { n: 1 }, action });
		sender.crash();
		await all.run(all.engine.idle());
		expect(log).toEqual(["1 at 0"]);
	});
});

describe("dead letters", () => {
	it("are listed newest first, in pages, and sent again oldest first", async () => {
		const all = setup({ queues: QUEUES });
		for (const n of [1, 2, 3]) {
			await all.enqueue("once", "work", { n });
			await all.run(all.engine.idle());
		}
		const listed = async (page: object) =>
			((await all.call("engine::queue::dlq_messages", page)) as { payload: Payload }[]).map(
				({ payload }) => payload.n,
			);
		expect(await listed({ queue: "once" })).toEqual([3, 2, 1]);
		expect(await listed({ topic: "once", offset: 1, limit: 1 })).toEqual([2]);
		const log = worker(all, { fails: ({ n }) => n === 2 });
		expect(await all.call("iii::queue::redrive", { queue: "once" })).toEqual({ queue: "once", redriven: 3 });
		await all.run(all.engine.idle());
		expect(log.map((line) => line[0])).toEqual(["1", "2", "3"]);
		expect(await listed({ queue: "once" })).toEqual([2]);
	});

	it("of a queue that does not exist are none, and its name must be given", async () => {
		const { call, client, run } = setup({ queues: QUEUES });
		expect(await call("engine::queue::dlq_messages", { queue: "nobody" })).toEqual([]);
		expect(await call("iii::queue::redrive", { queue: "nobody" })).toEqual({ queue: "nobody", redriven: 0 });
		for (const [function_id, queue, code] of [
			["engine::queue::dlq_messages", "", "topic_required"],
			["engine::queue::dlq_messages", undefined, "deserialization_error"],
			["iii::queue::redrive", "", "queue_not_set"],
		] as const) {
			expect(await run(outcomeOf(client.trigger({ function_id, payload: { queue } })))).toEqual({ code });
		}
	});
});

it("delivers no kept message if any of them has no queue that takes it", async () => {
	const { clock, wait, run } = createVirtualTime();
	const changes: Change[] = [];
	const message = (queue: string) => ({ queue, id: `m of ${queue}`, function_id: "work", payload: { n: 1 } });
	const startWith = (...queues: string[]) =>
		createEngine({
			clock,
			wait,
			retry: createRetry(wait),
			newId: () => "id",
			queues: QUEUES,
			persistence: {
				adapter: null,
				kept: { state: new Map(), messages: queues.map(message) },
				keep: (change) => changes.push(change),
			},
		});
	for (const [queue, sentence] of [
		[
			"ordered",
			"Expected message m of ordered, which was kept of queue `ordered`, to go there: enqueue_error",
		],
		["missing", "Expected a queue `missing`: message m of missing was kept of it."],
	] as const) {
		expect(() => startWith("once", queue)).toThrow(TypeError);
		expect(() => startWith("once", queue)).toThrow(sentence);
	}
	await run(wait(10_000));
	expect(changes).toEqual([]);
	await run(startWith("once").idle());
	expect(changes).toMatchObject([{ change: "bury", id: "m of once" }]);
});
