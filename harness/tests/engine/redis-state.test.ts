// What state on Redis does otherwise than on kv that no answer of a call shows.
import { describe, expect, it } from "vitest";
import type { StateAdapterName } from "../../src/engine/state-adapter.ts";
import { setup } from "./setup.ts";

const place = { scope: "s", key: "k" };

describe("state on redis", () => {
	it.each([
		["kv", "state:updated"],
		["redis", "state:created"],
	] as const)(
		"tells, on %s, of an update of a stored null as %s, and of a set as an update",
		async (state, told) => {
			const { call, client, run, engine } = setup({ state });
			const heard: string[] = [];
			client.registerFunction("test::heard", async ({ event_type }) => {
				heard.push(event_type);
			});
			client.registerTrigger({ type: "state", function_id: "test::heard", config: { scope: "s" } });
			await call("state::set", { ...place, value: null });
			await call("state::update", { ...place, ops: [{ type: "set", path: "", value: null }] });
			await call("state::set", { ...place, value: 2 });
			await run(engine.idle());
			expect(heard).toEqual(["state:created", told, "state:updated"]);
		},
	);

	it("changes nothing that a caller or an earlier answer holds", async () => {
		const { call, engine } = setup({ state: "redis" });
		const value = { list: [1], inner: { n: 1 } };
		await call("state::set", { ...place, value });
		const first = await call("state::update", {
			...place,
			ops: [{ type: "append", path: "list", value: 2 }],
		});
		await call("state::update", { ...place, ops: [{ type: "set", path: "list", value: 3 }] });
		expect(value.list).toEqual([1]);
		expect(first).toMatchObject({ old_value: { list: [1] }, new_value: { list: [1, 2] } });
		expect(engine.state("s")).toEqual({ k: { inner: { n: 1 }, list: 3 } });
	});

	it("refuses an adapter that there is not", () => {
		expect(() => setup({ state: "file" as StateAdapterName })).toThrow(
			'Expected `state` to be "kv" or "redis", got `"file"`.',
		);
	});
});
