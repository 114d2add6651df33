import { describe, expect, it } from "vitest";
import { outcomeOf, setup } from "./setup.ts";

describe("state", () => {
	it("answers undefined for a missing key, and null for a stored null", async () => {
		const { call } = setup();
		expect(await call("state::get", { scope: "s", key: "k" })).toBeUndefined();
		await call("state::set", { scope: "s", key: "k", value: null });
		expect(await call("state::get", { scope: "s", key: "k" })).toBeNull();
	});

	it("answers the old and the new value of a set, null for none", async () => {
		const { call } = setup();
		expect(await call("state::set", { scope: "s", key: "k", value: 1 })).toEqual({
			old_value: null,
			new_value: 1,
		});
		expect(await call("state::set", { scope: "s", key: "k", value: 2 })).toEqual({
			old_value: 1,
			new_value: 2,
		});
	});

	it("answers a delete with the value itself", async () => {
		const { call } = setup();
		await call("state::set", { scope: "s", key: "k", value: { a: 1 } });
		expect(await call("state::delete", { scope: "s", key: "k" })).toEqual({ a: 1 });
		expect(await call("state::delete", { scope: "s", key: "k" })).toBeUndefined();
	});

	it("lists values without keys, and scopes even when they are empty again", async () => {
		const { call } = setup();
		for (const key of ["b", "a"]) await call("state::set", { scope: "s", key, value: key });
		await call("state::set", { scope: "r", key: "k", value: 1 });
		await call("state::delete", { scope: "r", key: "k" });
		expect(await call("state::list", { scope: "s" })).toEqual(["b", "a"]);
		expect(await call("state::list", { scope: "nobody" })).toEqual([]);
		expect(await call("state::list_groups", {})).toEqual({ groups: ["r", "s"] });
	});

	it.each([
		["state::get", { scope: "s" }],
		["state::get", { scope: "s", key: 5 }],
		["state::get", null],
		["state::set", { scope: "s", key: "k" }],
		["stream::set", { stream_name: "s", group_id: "g", item_id: "i" }],
	])("refuses a malformed %s as a whole", async (functionId, payload) => {
		const { run, client, engine } = setup();
		const outcome = await run(outcomeOf(client.trigger({ function_id: functionId, payload })));
		expect(outcome).toEqual({ code: "deserialization_error" });
		expect(engine.state("s")).toEqual({});
	});

	it("shares no object with those who call it", async () => {
		const { call, engine, run, client } = setup();
		const value = { list: [1] };
		const writing = client.trigger({ function_id: "state::set", payload: { scope: "s", key: "k", value } });
		value.list.push(2);
		const written = (await run(writing)) as { new_value: { list: number[] } };
		written.new_value.list.push(3);
		((await call("state::get", { scope: "s", key: "k" })) as { list: number[] }).list.push(4);
		expect(engine.state("s")).toEqual({ k: { list: [1] } });
	});

	it("loses no update of many clients at once", async () => {
		const { connect, run, engine } = setup();
		const clients = Array.from({ length: 8 }, () => connect());
		const ops = [{ type: "increment", path: "n", by: 1 }];
		const answers = clients.flatMap((client) =>
			Array.from({ length: 5 }, () =>
				client.trigger({ function_id: "state::update", payload: { scope: "s", key: "k", ops } }),
			),
		);
		const values = (await run(Promise.all(answers))).map((answer) => answer.new_value.n);
		expect(new Set(values).size).toBe(40);
		expect(engine.state("s")).toEqual({ k: { n: 40 } });
	});
});

describe("streams", () => {
	it("keep the last item written under an id, in the order in which the ids first came", async () => {
		const { call, engine } = setup();
		const group = { stream_name: "agent::events", group_id: "s1" };
		const answers = [];
		for (const [item_id, data] of [
			["b", 1],
			["a", 2],
			["b", 3],
		]) {
			answers.push(await call("stream::set", { ...group, item_id, data }));
		}
		expect(answers[0]).toEqual({ old_value: null, new_value: 1 });
		expect(answers[2]).toEqual({ old_value: 1, new_value: 3 });
		expect(await call("stream::get", { ...group, item_id: "b" })).toBe(3);
		expect(await call("stream::get", { ...group, item_id: "c" })).toBeUndefined();
		expect(await call("stream::list", group)).toEqual([3, 2]);
		expect(await call("stream::list", { ...group, group_id: "s2" })).toEqual([]);
		expect(engine.streamItems("agent::events", "s1")).toEqual([
			{ item_id: "b", data: 3 },
			{ item_id: "a", data: 2 },
		]);
	});
});
