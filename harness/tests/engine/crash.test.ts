import { describe, expect, it } from "vitest";
import { type ClientPorts, createClient } from "../../src/engine/client.ts";
import { outcomeOf, setup } from "./setup.ts";

const HANG = () => new Promise<never>(() => undefined);

describe.each(["crash", "disconnect"] as const)("when a worker goes by %s", (how) => {
	it("stops whoever waits for it, at once", async () => {
		const { connect, client, run, time, nowMs } = setup();
		const worker = connect();
		worker.registerFunction("f", HANG);
		const call = outcomeOf(client.trigger({ function_id: "f", payload: {} }));
		await run(time.wait(10));
		worker[how]();
		expect(await run(call)).toEqual({ code: "invocation_stopped" });
		expect(nowMs()).toBe(10);
	});

	it("hears no answer of a handler that runs on", async () => {
		const { connect, client, run, time } = setup();
		const worker = connect();
		let finished = false;
		worker.registerFunction("f", async () => {
			await time.wait(20);
			finished = true;
			return "late";
		});
		const call = outcomeOf(client.trigger({ function_id: "f", payload: {} }));
		await run(time.wait(10));
		worker[how]();
		await run(time.wait(20));
		expect(finished).toBe(true);
		expect(await run(call)).toEqual({ code: "invocation_stopped" });
	});

	it("performs what was sent before, and nothing that is sent after", async () => {
		const { connect, run, engine, time } = setup();
		const worker = connect();
		const set = (key: string) =>
			outcomeOf(worker.trigger({ function_id: "state::set", payload: { scope: "s", key, value: 1 } }));
		void set("before");
		worker[how]();
		void set("after");
		await run(time.wait(40_000));
		expect(engine.state("s")).toEqual({ before: 1 });
	});

	it("starts no handler for a call that was still on its way", async () => {
		const { connect, client, run, time, engine } = setup();
		let runs = 0;
		const worker = connect({
			inbound: async (_request, apply) => {
				await time.wait(20);
				return apply();
			},
		});
		worker.registerFunction("f", async () => {
			runs++;
		});
		const call = outcomeOf(client.trigger({ function_id: "f", payload: {} }));
		await run(time.wait(10));
		worker[how]();
		expect(await run(call)).toEqual({ code: "invocation_stopped" });
		await run(time.wait(100));
		await run(engine.idle());
		expect(runs).toBe(0);
	});

	it("may be told to go twice", () => {
		const { connect } = setup();
		const worker = connect();
		worker[how]();
		expect(() => {
			worker.crash();
			worker.disconnect();
		}).not.toThrow();
	});
});

describe("a crashed client", () => {
	it("hears no answer any more, not even that of a timeout", async () => {
		const { connect, run, time } = setup({ queues: { q: {} } });
		const worker = connect();
		worker.registerFunction("f", HANG);
		const heard: unknown[] = [];
		const listen = async (functionId: string, payload: unknown) =>
			heard.push(await outcomeOf(worker.trigger({ function_id: functionId, payload })));
		void listen("state::list_groups", {});
		void listen("f", {});
		const action = { type: "enqueue", queue: "q" } as const;
		void outcomeOf(worker.trigger({ function_id: "f", payload: {}, action })).then((outcome) =>
			heard.push(outcome),
		);
		worker.crash();
		void listen("state::list_groups", {});
		await run(time.wait(60_000));
		expect(heard).toEqual([]);
	});
});

it("leaves no timer behind for the calls of a client that is gone", async () => {
	const { connect, run, nowMs, client } = setup();
	client.registerFunction("f", HANG);
	for (const how of ["crash", "disconnect"] as const) {
		const worker = connect();
		void outcomeOf(worker.trigger({ function_id: "f", payload: {} }));
		worker[how]();
		if (how === "crash") void outcomeOf(worker.trigger({ function_id: "f", payload: {} }));
	}
	await expect(run(HANG())).rejects.toThrow("Virtual time stands still");
	expect(nowMs()).toBe(0);
});

describe("a closed client", () => {
	it("is told so for its open calls, and times out with later ones", async () => {
		const { connect, run, nowMs } = setup();
		const worker = connect();
		const request = { function_id: "state::list_groups", payload: {}, timeoutMs: 400 };
		const open = outcomeOf(worker.trigger(request));
		worker.disconnect();
		expect(await run(open)).toEqual({ message: "iii is shutting down" });
		expect(await run(outcomeOf(worker.trigger(request)))).toEqual({ code: "TIMEOUT" });
		expect(nowMs()).toBe(400);
	});
});

it("forgets a trigger that was unregistered before its worker goes", () => {
	const removed: string[] = [];
	const triggers: Partial<ClientPorts["triggers"]> = {
		register:
			({ function_id }) =>
			() =>
				removed.push(function_id),
	};
	const directory = { join: () => () => undefined };
	const ports = { newId: () => "id", triggers, directory } as unknown as ClientPorts;
	const client = createClient(ports, { link: (_request, apply) => apply() });
	const register = (function_id: string) =>
		client.registerTrigger({ type: "state", function_id, config: {} });
	register("left");
	register("unregistered").unregister();
	expect(removed).toEqual(["unregistered"]);
	client.crash();
	expect(removed).toEqual(["unregistered", "left"]);
});
