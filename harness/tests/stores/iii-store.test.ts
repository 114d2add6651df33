// The store port on iii's state: which call it makes of what, and what it makes of the answers.
import { describe, expect, it } from "vitest";
import { createEngine } from "../../src/engine/index.ts";
import { applyOps, createVirtualTime, type FieldOp, type Fields, type Retry } from "../../src/index.ts";
import type { TriggerRequest } from "../../src/stores/iii-client.ts";
import { iiiStore } from "../../src/stores/iii-store.ts";
import { createRetry } from "../../src/system/retry.ts";
import { errorOf } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

const OPS: readonly FieldOp[] = [
	{ op: "increment", field: "bids:1", by: 1 },
	{ op: "setOnce", field: "holder:1", value: { id: "a", owner: "w", until: 5 } },
	{ op: "set", field: "value:1.a.1", value: "[]" },
	{ op: "remove", field: "value:0.a.1" },
];

/** A client that answers from a list, and keeps what it was asked. */
function answering(...answers: (unknown | (() => unknown))[]) {
	const requests: TriggerRequest[] = [];
	return {
		requests,
		async trigger(request: TriggerRequest) {
			requests.push(request);
			const answer = answers[Math.min(requests.length, answers.length) - 1];
			return typeof answer === "function" ? answer() : answer;
		},
	};
}

function onEngine() {
	const time = createVirtualTime();
	let ids = 0;
	const newId = () => `id-${++ids}`;
	const engine = createEngine({ clock: time.clock, wait: time.wait, retry: createRetry(time.wait), newId });
	const client = engine.connect();
	return { time, engine, client, store: iiiStore(client) };
}

describe("an update", () => {
	it("is one `state::update` with iii's ops in order, and the record's own key", async () => {
		const client = answering({ old_value: null, new_value: {} });
		expect(await iiiStore(client).update("s", OPS)).toEqual({});
		expect(client.requests).toEqual([
			{
				function_id: "state::update",
				timeoutMs: 5_000,
				payload: {
					scope: "session_lease",
					key: "s",
					ops: [
						{ type: "increment", path: "bids:1", by: 1 },
						{ type: "append", path: "holder:1", value: { id: "a", owner: "w", until: 5 } },
						{ type: "set", path: "value:1.a.1", value: "[]" },
						{ type: "remove", path: "value:0.a.1" },
						{ type: "set", path: "key", value: "s" },
					],
				},
			},
		]);
	});

	it("goes to the scope and within the time that it was told", async () => {
		const client = answering({ old_value: null, new_value: {} });
		await iiiStore(client, { scope: "mine", timeoutMs: 70 }).update("s", []);
		expect(client.requests).toMatchObject([{ timeoutMs: 70, payload: { scope: "mine" } }]);
	});

	it("answers the record before it, and leaves what the same ops make of it in memory", async () => {
		const { time, store } = onEngine();
		const scenario = async () => {
			let expected: Fields = {};
			for (const batch of [OPS, OPS, [{ op: "remove", field: "holder:1" }], OPS] as const) {
				expect(await store.update("s", batch)).toEqual(expected);
				expected = applyOps(expected, batch);
				expect(await store.read("s")).toEqual(expected);
			}
		};
		await time.run(scenario());
	});

	it("keeps the first of two `setOnce`, in the answer and in a read", async () => {
		const { time, store } = onEngine();
		const holder = (id: string): FieldOp => ({
			op: "setOnce",
			field: "holder:1",
			value: { id, owner: "w", until: 1 },
		});
		const scenario = async () => {
			await store.update("s", [holder("first")]);
			const before = await store.update("s", [holder("second")]);
			expect(before).toEqual({ "holder:1": { id: "first", owner: "w", until: 1 } });
			expect(await store.read("s")).toEqual(before);
		};
		await time.run(scenario());
	});

	it.each([
		["undefined", undefined],
		["null", null],
		["a text", "done"],
		["an object without `old_value`", { ok: true }],
		[
			"errors of ops",
			{ old_value: {}, new_value: {}, errors: [{ op_index: 0, code: "increment.not_number" }] },
		],
	])("answered with %s is `store_answer_invalid`, and says what it got", async (_what, answer) => {
		const error = await errorOf(iiiStore(answering(answer)).update("s", OPS));
		expect(error).toMatchObject({
			code: "store_answer_invalid",
			message: expect.stringContaining("state::update"),
		});
	});

	it("answered without errors in an empty list is fine", async () => {
		const client = answering({ old_value: {}, new_value: {}, errors: [] });
		expect(await iiiStore(client).update("s", OPS)).toEqual({});
	});

	it("of a record that is no object is an error by code, and changes nothing", async () => {
		const { time, client, engine, store } = onEngine();
		const scenario = async () => {
			for (const value of ["text", 7, [1, 2], true]) {
				await client.trigger({
					function_id: "state::set",
					payload: { scope: "session_lease", key: "s", value },
				});
				const error = await errorOf(store.update("s", OPS));
				expect(error).toMatchObject({ code: expect.stringMatching(/^(store_answer|record)_invalid$/) });
				expect(engine.state("session_lease").s).toEqual(value);
				expect(await errorOf(store.read("s"))).toMatchObject({ code: "record_invalid" });
			}
		};
		await time.run(scenario());
	});

	it("of a field of another type is an error by code", async () => {
		const { time, client, store } = onEngine();
		const scenario = async () => {
			const value = { "bids:1": "many" };
			await client.trigger({
				function_id: "state::set",
				payload: { scope: "session_lease", key: "s", value },
			});
			expect(await errorOf(store.update("s", OPS))).toMatchObject({ code: "store_answer_invalid" });
		};
		await time.run(scenario());
	});
});

describe("a read", () => {
	it("is one `state::get`, and `{}` if there is no record", async () => {
		for (const nothing of [undefined, null]) {
			const client = answering(nothing);
			expect(await iiiStore(client).read("s")).toEqual({});
			expect(client.requests).toEqual([
				{ function_id: "state::get", timeoutMs: 5_000, payload: { scope: "session_lease", key: "s" } },
			]);
		}
	});

	it.each([["text"], [7], [[1]], [true]])("of %j is `record_invalid`, by name", async (value) => {
		const error = await errorOf(iiiStore(answering(value)).read("s-7"));
		expect(error).toMatchObject({ code: "record_invalid", message: expect.stringContaining('"s-7"') });
	});

	it("passes on what the engine rejects with", async () => {
		const refused = Object.assign(new Error("TIMEOUT"), { code: "TIMEOUT" });
		const client = answering(() => Promise.reject(refused));
		expect(await errorOf(iiiStore(client).read("s"))).toBe(refused);
	});
});

describe("a call that fails", () => {
	const failing = (code: string, message = code) =>
		answering(() => Promise.reject(Object.assign(new Error(message), { code })));

	it.each([
		["TIMEOUT", "invocation timed out after 5000ms"],
		["invocation_stopped", "Invocation stopped"],
		["UPDATE_ERROR", "Failed to update value: connection reset"],
		["invocation_failed", "UPDATE_ERROR: connection reset"],
		["invocation_failed", 'UPDATE_ERROR: the key "deserialization_error" was not read'],
		["invocation_failed", "function_not_found: Function storage::put not found"],
		["a_code_of_tomorrow", "deserialization_error"],
	])("with %s (%s) is unknown, and passed on as it is", async (code, message) => {
		for (const call of [
			iiiStore(failing(code, message)).update("s", OPS),
			iiiStore(failing(code, message)).read("s"),
		]) {
			expect(await errorOf(call)).toMatchObject({ code, message });
		}
	});

	it.each([
		["deserialization_error", "missing field `ops`"],
		["VALUE_TOO_LARGE", "the value has 9 MB"],
		["invocation_failed", "deserialization_error: missing field `ops`"],
		["invocation_failed", "invocation_failed: VALUE_TOO_LARGE: the value has 9 MB"],
		["invocation_failed", '{"code":"VALUE_TOO_LARGE","message":"the value has 9 MB"}'],
	])("with %s (%s) was refused, wherever the code stands", async (code, message) => {
		const error = await errorOf(iiiStore(failing(code, message)).update("s", OPS));
		expect(error).toMatchObject({ code: "store_answer_invalid", message: expect.stringContaining(message) });
	});

	it("with `function_not_found` was not done, and says what to install", async () => {
		const error = await errorOf(iiiStore(failing("function_not_found")).update("s", OPS));
		expect(error).toMatchObject({
			code: "store_unavailable",
			transient: true,
			message: expect.stringContaining("iii worker add state"),
		});
	});

	it("with something that is no error is passed on too", async () => {
		for (const thrown of [undefined, null, "text", 7]) {
			const client = answering(() => Promise.reject(thrown));
			expect(
				await iiiStore(client)
					.read("s")
					.catch((error: unknown) => ({ thrown: error })),
			).toEqual({ thrown });
		}
	});
});

describe("a list", () => {
	const listed = async (store: ReturnType<typeof iiiStore>) => {
		const records = [];
		for await (const record of store.list?.() ?? []) records.push(record);
		return records;
	};

	it("has every record with its key, which iii does not tell", async () => {
		const { time, store } = onEngine();
		const scenario = async () => {
			await store.update("s", OPS);
			await store.update("t", [{ op: "set", field: "value:1.a.1", value: "x" }]);
			expect(await listed(store)).toEqual([
				{ key: "s", fields: await store.read("s") },
				{ key: "t", fields: { "value:1.a.1": "x" } },
			]);
		};
		await time.run(scenario());
	});

	it("leaves out what is not of this store", async () => {
		const client = answering([null, "text", [1], {}, { key: 7 }, { key: "s", "bids:1": 1 }]);
		expect(await listed(iiiStore(client))).toEqual([{ key: "s", fields: { "bids:1": 1 } }]);
	});

	it("that is no list is `store_answer_invalid`", async () => {
		const error = await errorOf(listed(iiiStore(answering({ groups: [] }))));
		expect(error).toMatchObject({ code: "store_answer_invalid" });
	});
});

describe("while the engine's state worker is starting", () => {
	const notReady = () =>
		Promise.reject(Object.assign(new Error("no such function"), { code: "function_not_found" }));
	const broken = () => Promise.reject(Object.assign(new Error("broken"), { code: "UPDATE_ERROR" }));

	/** A retry in virtual time, and how often it waited. */
	function waiting(): { retry: Retry; waitsMs: number[]; run: <T>(task: Promise<T>) => Promise<T> } {
		const time = createVirtualTime();
		const waitsMs: number[] = [];
		const retry = createRetry((delayMs, options) => {
			waitsMs.push(delayMs);
			return time.wait(delayMs, options);
		});
		return { retry, waitsMs, run: time.run };
	}

	it("the first calls are repeated until it is there", async () => {
		const { retry, waitsMs, run } = waiting();
		const client = answering(notReady, notReady, { old_value: null });
		expect(await run(iiiStore(client, { startup: { retry } }).update("s", []))).toEqual({});
		expect(client.requests).toHaveLength(3);
		expect(waitsMs).toHaveLength(2);
		expect(Math.min(...waitsMs)).toBeGreaterThan(0);
	});

	it("they are repeated as often as they may be, and no more", async () => {
		const { retry, run } = waiting();
		const client = answering(notReady);
		const store = iiiStore(client, { startup: { retry, attemptsMax: 4 } });
		expect(await run(errorOf(store.read("s")))).toMatchObject({ code: "store_unavailable" });
		expect(client.requests).toHaveLength(4);
	});

	it("nothing else is repeated", async () => {
		const { retry, run } = waiting();
		const client = answering(broken);
		const store = iiiStore(client, { startup: { retry } });
		expect(await run(errorOf(store.read("s")))).toMatchObject({ code: "UPDATE_ERROR" });
		expect(client.requests).toHaveLength(1);
	});

	it("nothing is repeated once it has answered", async () => {
		const { retry, run } = waiting();
		const client = answering(undefined, notReady);
		const store = iiiStore(client, { startup: { retry } });
		await run(store.read("s"));
		expect(await run(errorOf(store.read("s")))).toMatchObject({ code: "store_unavailable" });
		expect(client.requests).toHaveLength(2);
	});

	it("nothing is repeated without `startup`", async () => {
		const client = answering(notReady);
		expect(await errorOf(iiiStore(client).read("s"))).toMatchObject({ code: "store_unavailable" });
		expect(client.requests).toHaveLength(1);
	});
});
