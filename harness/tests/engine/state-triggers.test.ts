import { describe, expect, it } from "vitest";
import { outcomeOf, type Setup, setup } from "./setup.ts";

interface Heard {
	readonly event_type: string;
	readonly key: string;
}

function listen({ client }: Setup, config: object, functionId = "test::heard"): Heard[] {
	const heard: Heard[] = [];
	client.registerFunction(functionId, async (event) => {
		heard.push(event);
	});
	client.registerTrigger({ type: "state", function_id: functionId, config });
	return heard;
}

describe("a state trigger", () => {
	it("hears of every write in its scope, also of one that changes nothing", async () => {
		const all = setup();
		const heard = listen(all, { scope: "s" });
		await all.call("state::set", { scope: "s", key: "k", value: 1 });
		await all.call("state::update", { scope: "s", key: "k", ops: [] });
		await all.call("state::delete", { scope: "s", key: "k" });
		await all.call("state::delete", { scope: "s", key: "never" });
		await all.call("state::set", { scope: "other", key: "k", value: 1 });
		await all.run(all.engine.idle());
		const event = { type: "state", scope: "s", key: "k" };
		expect(heard).toEqual([
			{ ...event, event_type: "state:created", old_value: null, new_value: 1 },
			{ ...event, event_type: "state:updated", old_value: 1, new_value: 1 },
			{ ...event, event_type: "state:deleted", old_value: 1, new_value: null },
			{ ...event, key: "never", event_type: "state:deleted", old_value: null, new_value: null },
		]);
	});

	it("hears of one key only, if it names one", async () => {
		const all = setup();
		const heard = listen(all, { key: "k" });
		for (const [scope, key] of [
			["a", "k"],
			["a", "l"],
			["b", "k"],
		]) {
			await all.call("state::set", { scope, key, value: 1 });
		}
		await all.run(all.engine.idle());
		expect(heard.map(({ key }) => key)).toEqual(["k", "k"]);
	});

	it.each([
		["false", async () => false, 0],
		["null", async () => null, 1],
		["nothing", async () => undefined, 1],
		["zero", async () => 0, 1],
		["an error", async () => Promise.reject(new Error("no")), 0],
	])("fires unless its condition says no: %s", async (_name, condition, times) => {
		const all = setup();
		all.client.registerFunction("test::condition", condition);
		const heard = listen(all, { scope: "s", condition_function_id: "test::condition" });
		await all.call("state::set", { scope: "s", key: "k", value: 1 });
		await all.run(all.engine.idle());
		expect(all.engine.calls()["test::condition"]).toBe(1);
		expect(heard).toHaveLength(times);
	});

	it("never fails or delays the write, and is not told again", async () => {
		const { client, run, engine, nowMs, time } = setup();
		client.registerFunction("test::slow", async () => {
			await time.wait(5_000);
			throw new Error("too late");
		});
		client.registerTrigger({ type: "state", function_id: "test::slow", config: {} });
		client.registerTrigger({ type: "state", function_id: "test::missing", config: {} });
		const payload = { scope: "s", key: "k", value: 1 };
		expect(await run(outcomeOf(client.trigger({ function_id: "state::set", payload })))).toHaveProperty(
			"answer",
		);
		expect(nowMs()).toBe(0);
		await run(engine.idle());
		expect(nowMs()).toBe(5_000);
		expect(engine.calls()).toEqual({ "state::set": 1, "test::slow": 1 });
	});

	it("is gone when it is unregistered, and when its worker is", async () => {
		const all = setup();
		const heard: string[] = [];
		all.client.registerFunction("test::heard", async ({ key }) => {
			heard.push(key);
		});
		const worker = all.connect();
		const request = { type: "state", function_id: "test::heard", config: {} };
		const mine = all.client.registerTrigger(request);
		worker.registerTrigger(request);
		const write = async (key: string) => {
			await all.call("state::set", { scope: "s", key, value: 1 });
			await all.run(all.engine.idle());
		};
		await write("both");
		mine.unregister();
		await write("one");
		worker.crash();
		await write("none");
		expect(heard).toEqual(["both", "both", "one"]);
	});

	it.each([
		{ type: "cron", function_id: "f", config: {} },
		{ type: "state", function_id: "f", config: { scope: 5 } },
		{ type: "state", function_id: "f", config: null },
	])("is refused if this engine cannot serve it: %j", (request) => {
		const { client } = setup();
		expect(() => client.registerTrigger(request)).toThrow(
			expect.objectContaining({ code: "registration_refused" }),
		);
	});
});
