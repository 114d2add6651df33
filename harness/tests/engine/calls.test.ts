import { describe, expect, it } from "vitest";
import { directLink } from "../../src/engine/index.ts";
import { outcomeOf, setup } from "./setup.ts";

const HANG = () => new Promise<never>(() => undefined);

describe("a direct call", () => {
	it("tells the function who calls, if the payload has fields", async () => {
		const { client, call, run, engine } = setup();
		const heard: unknown[] = [];
		client.registerFunction("f", async (payload) => {
			heard.push(payload);
		});
		await call("f", { a: 1 });
		await call("f", [1]);
		await call("f", null);
		await run(client.trigger({ function_id: "f", payload: {}, action: { type: "void" } }));
		await run(engine.idle());
		const caller = { _caller_worker_id: "tester" };
		expect(heard).toEqual([{ a: 1, ...caller }, [1], null, caller]);
	});

	it("shares no object with the function, and knows no null result", async () => {
		const { client, call } = setup();
		const kept: { list: number[] }[] = [];
		client.registerFunction("keep", async (payload) => {
			kept.push(payload);
			return payload;
		});
		client.registerFunction("null", async () => null);
		const answer = (await call("keep", { list: [1] })) as { list: number[] };
		answer.list.push(2);
		expect(kept[0]?.list).toEqual([1]);
		expect(await call("null", {})).toBeUndefined();
	});

	it.each([
		["an error", () => Promise.reject(Object.assign(new TypeError("boom"), { code: "MINE" })), "boom"],
		["a string", () => Promise.reject("plain"), "plain"],
		[
			"an error thrown at once",
			() => {
				throw new Error("early");
			},
			"early",
		],
		["a result that is no JSON", async () => ({ a: 1n }), "Do not know how to serialize a BigInt"],
	])(
		"rejects with the message of what the function threw and nothing else: %s",
		async (_name, handler, message) => {
			const { client, run } = setup();
			client.registerFunction("f", handler);
			const error = await run(client.trigger({ function_id: "f", payload: {} }).catch((thrown) => thrown));
			expect(error).toMatchObject({
				code: "invocation_failed",
				message: `invocation_failed: ${message}`,
				function_id: "f",
			});
			expect(error).not.toBeInstanceOf(TypeError);
		},
	);

	it("rejects if nobody has registered the function", async () => {
		const { client, run } = setup();
		const error = await run(client.trigger({ function_id: "f", payload: {} }).catch((thrown) => thrown));
		expect(error).toMatchObject({
			code: "function_not_found",
			message: "function_not_found: Function f not found",
		});
	});

	it("refuses a payload that is no JSON before anything is sent", async () => {
		const { client, run, engine } = setup();
		const cycle: { self?: unknown } = {};
		cycle.self = cycle;
		for (const payload of [undefined, () => 1, cycle]) {
			expect(await run(outcomeOf(client.trigger({ function_id: "state::get", payload })))).toEqual({
				code: "payload_not_json",
			});
		}
		expect(engine.calls()).toEqual({});
	});

	it("times out for the caller alone, and goes on", async () => {
		const { client, run, time, nowMs, engine } = setup();
		let finished = 0;
		client.registerFunction("slow", async () => {
			await time.wait(40_000);
			finished = nowMs();
		});
		const short = outcomeOf(client.trigger({ function_id: "slow", payload: {}, timeoutMs: 500 }));
		expect(await run(short)).toEqual({ code: "TIMEOUT" });
		expect(nowMs()).toBe(500);
		const standard = outcomeOf(client.trigger({ function_id: "slow", payload: {} }));
		expect(await run(standard)).toEqual({ code: "TIMEOUT" });
		expect(nowMs()).toBe(30_500);
		await run(engine.idle());
		expect(finished).toBe(40_500);
	});

	it("times out in its own time, whatever other calls are open", async () => {
		const { client, run, nowMs } = setup();
		client.registerFunction("hang", HANG);
		const ends: [number, number][] = [];
		const open = [700, 300, 300, 500].map(async (timeoutMs) => {
			await outcomeOf(client.trigger({ function_id: "hang", payload: {}, timeoutMs }));
			ends.push([timeoutMs, nowMs()]);
		});
		await run(Promise.all(open));
		expect(ends).toEqual([
			[300, 300],
			[300, 300],
			[500, 500],
			[700, 700],
		]);
	});

	it("leaves no timer behind once it is answered", async () => {
		const { call, run, nowMs, time } = setup();
		await call("state::list_groups", {});
		await run(time.wait(1));
		await expect(run(HANG())).rejects.toThrow("Virtual time stands still");
		expect(nowMs()).toBe(1);
	});
});

describe("a void call", () => {
	it("answers nothing, at once, and never fails", async () => {
		const { client, run, engine, time, nowMs } = setup();
		client.registerFunction("f", async () => {
			await time.wait(100);
			throw new Error("nobody hears");
		});
		for (const function_id of ["f", "missing"]) {
			const request = { function_id, payload: {}, action: { type: "void" } } as const;
			expect(await client.trigger(request)).toBeUndefined();
		}
		expect(engine.calls()).toEqual({});
		await run(engine.idle());
		expect(nowMs()).toBe(100);
		expect(engine.calls()).toEqual({ f: 1 });
	});
});

describe("a function id", () => {
	it("belongs to the last who registered it, and is gone with them", async () => {
		const { connect, call, run, client } = setup();
		const [first, second] = [connect(), connect()];
		first.registerFunction("f", async () => "first");
		expect(await call("f", {})).toBe("first");
		second.registerFunction("f", async () => "second");
		expect(await call("f", {})).toBe("second");
		first.disconnect();
		expect(await call("f", {})).toBe("second");
		second.disconnect();
		const outcome = outcomeOf(client.trigger({ function_id: "f", payload: {} }));
		expect(await run(outcome)).toEqual({ code: "function_not_found" });
	});

	it("does not come back to an earlier worker when a later one dies", async () => {
		const { connect, run, client } = setup();
		const [first, second] = [connect(), connect()];
		first.registerFunction("f", async () => "first");
		second.registerFunction("f", async () => "second");
		second.crash();
		const outcome = outcomeOf(client.trigger({ function_id: "f", payload: {} }));
		expect(await run(outcome)).toEqual({ code: "function_not_found" });
	});

	it("can be unregistered while a call of it runs, which is still answered", async () => {
		const { client, run, time } = setup();
		const registered = client.registerFunction("f", async () => {
			registered.unregister();
			await time.wait(10);
			return "done";
		});
		const request = { function_id: "f", payload: {} };
		expect(await run(outcomeOf(client.trigger(request)))).toEqual({ answer: "done" });
		expect(await run(outcomeOf(client.trigger(request)))).toEqual({ code: "function_not_found" });
	});

	it("is taken once per client, and not from the engine", () => {
		const { client } = setup();
		const refused = expect.objectContaining({ code: "registration_refused" });
		client.registerFunction("f", HANG);
		for (const id of ["f", " ", "state::get"]) {
			expect(() => client.registerFunction(id, HANG)).toThrow(refused);
		}
	});
});

describe("a link", () => {
	it("may lose a reply: the call is done, its caller times out", async () => {
		const { connect, run, engine } = setup();
		const client = connect({
			link: async (_request, apply) => {
				await apply();
				return HANG();
			},
		});
		const payload = { scope: "s", key: "k", value: 1 };
		const outcome = outcomeOf(client.trigger({ function_id: "state::set", payload }));
		expect(await run(outcome)).toEqual({ code: "TIMEOUT" });
		expect(engine.state("s")).toEqual({ k: 1 });
	});

	it("may repeat a call", async () => {
		const { connect, run, engine } = setup();
		const client = connect({
			link: async (_request, apply) => {
				await apply();
				return apply();
			},
		});
		const ops = [{ type: "increment", path: "n", by: 1 }];
		await run(client.trigger({ function_id: "state::update", payload: { scope: "s", key: "k", ops } }));
		expect(engine.state("s")).toEqual({ k: { n: 2 } });
	});

	it("may reorder calls", async () => {
		const { connect, run, engine, time } = setup();
		let delayMs = 20;
		const client = connect({
			link: async (_request, apply) => {
				delayMs -= 10;
				await time.wait(delayMs);
				return apply();
			},
		});
		const set = (value: string) =>
			client.trigger({ function_id: "state::set", payload: { scope: "s", key: "k", value } });
		await run(Promise.all([set("sent first"), set("sent second")]));
		expect(engine.state("s")).toEqual({ k: "sent first" });
	});

	it("may carry what comes in, too", async () => {
		const { connect, client, run, time, nowMs } = setup();
		const worker = connect({
			inbound: async (request, apply) => {
				await time.wait(request.function_id === "far" ? 50 : 0);
				return apply();
			},
		});
		worker.registerFunction("far", async () => nowMs());
		expect(await run(client.trigger({ function_id: "far", payload: {} }))).toBe(50);
	});

	it("lets others have their turn before a call and before its answer, unless told otherwise", async () => {
		const { client, run, engine, time } = setup();
		const done: string[] = [];
		const call = async () => {
			await client.trigger({ function_id: "state::list_groups", payload: {} });
			done.push("answered");
		};
		const other = async () => {
			await time.wait(0);
			done.push(`other, ${JSON.stringify(engine.calls())}`);
		};
		const both = Promise.all([call(), other()]);
		expect(engine.calls()).toEqual({});
		await run(both);
		expect(done).toEqual(['other, {"state::list_groups":1}', "answered"]);
	});

	it("may be no distance at all", async () => {
		const { connect } = setup();
		const client = connect({ link: directLink });
		expect(await client.trigger({ function_id: "state::list_groups", payload: {} })).toEqual({ groups: [] });
	});
});
