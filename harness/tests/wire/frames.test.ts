// The wire protocol frame by frame: what the engine says, what it passes over, and what it tells whom it refuses.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createEngine } from "../../src/engine/index.ts";
import { createRetry } from "../../src/system/retry.ts";
import { createVirtualTime } from "../../src/system/virtual-time.ts";
import { createConnection } from "../../src/wire/connection.ts";
import { createRoster } from "../../src/wire/roster.ts";
import { type Bench, type RawWorker, serve, told, until } from "./setup.ts";

let bench: Bench;
beforeAll(async () => {
	bench = await serve({ queues: { q: {} } });
});
afterAll(() => bench[Symbol.asyncDispose]());

function invocation(function_id: string, data: unknown, more: Record<string, unknown> = {}) {
	return { type: "invokefunction", invocation_id: randomUUID(), function_id, data, ...more };
}

async function ask(worker: RawWorker, function_id: string, data: unknown): Promise<unknown> {
	const frame = invocation(function_id, data);
	worker.send(frame);
	const answer = await worker.next("invocationresult");
	expect(answer).toMatchObject({ invocation_id: frame.invocation_id });
	return answer;
}

describe("a socket", () => {
	it("is told its id at once, and a token only where iii has one", async () => {
		const worker = await bench.open();
		expect(await worker.next("workerregistered")).toEqual({
			type: "workerregistered",
			worker_id: expect.stringMatching(/^[\da-f-]{36}$/),
		});
		await using later = await serve({ like: "0.23" });
		const token = expect.stringMatching(/^[\da-f-]{36}$/);
		expect(await (await later.open()).next("workerregistered")).toMatchObject({ reattach_token: token });
	});

	it("is only listened to where telemetry goes", async () => {
		const telemetry = await bench.open("/otel");
		telemetry.send(invocation("state::set", { scope: "otel", key: "k", value: 1 }));
		telemetry.socket.ping();
		await new Promise((resolve) => telemetry.socket.once("pong", resolve));
		expect(bench.served.engine.state("otel")).toEqual({});
	});

	it("answers the pings of both layers", async () => {
		const worker = await bench.open();
		worker.socket.ping();
		await new Promise((resolve) => worker.socket.once("pong", resolve));
		worker.send({ type: "ping" });
		await worker.next("pong");
	});

	it.each([
		["http://localhost:3000", "opened"],
		["http://127.0.0.1:3000", "opened"],
		["https://example.com", "refused"],
		["null", "refused"],
	])("is refused to the pages of a web site: %s is %s", async (origin, expected) => {
		const socket = new WebSocket(bench.served.url, { origin });
		const seen = await new Promise((resolve) => {
			socket.once("open", () => resolve("opened"));
			socket.once("error", () => resolve("refused"));
		});
		socket.terminate();
		expect(seen).toBe(expected);
	});

	it("that breaks the protocol of its layer costs nobody else theirs", async () => {
		const [broken, other] = [await bench.open(), await bench.open()];
		(broken.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
			Buffer.from([255, 255]),
		);
		await new Promise((resolve) => broken.socket.once("close", resolve));
		expect(await ask(other, "state::list", { scope: "none" })).toMatchObject({ result: [] });
	});
});

describe("a frame", () => {
	it.each([
		["no JSON", "{"],
		["an empty one", ""],
		["no object", "[]"],
		["of no type", "{}"],
		["of an unknown type", { type: "whatever" }],
		["a service", { type: "registerservice", id: "s" }],
		["a trigger type", { type: "registertriggertype", id: "mine", description: "d" }],
		["a call without a payload", invocation("state::list", undefined)],
		["a call of nothing", invocation(5 as unknown as string, {})],
		["a call whose id is no UUID", invocation("state::list", { scope: "s" }, { invocation_id: "1" })],
		[
			"a call whose id cannot become text",
			invocation("state::list", { scope: "s" }, { invocation_id: { toString: 1 } }),
		],
		[
			"a call with an unknown action",
			invocation("state::list", { scope: "s" }, { action: { type: "later" } }),
		],
		["an answer to nothing", { type: "invocationresult", invocation_id: randomUUID(), function_id: "f" }],
		["a function without an id", { type: "registerfunction" }],
		[
			"a function that is called by HTTP",
			{ type: "registerfunction", id: "h", invocation: { url: "http://x" } },
		],
		[
			"a trigger without a config",
			{ type: "registertrigger", id: "t", trigger_type: "state", function_id: "f" },
		],
	])("is passed over: %s", async (_name, frame) => {
		const worker = await bench.open();
		worker.send(frame);
		worker.send({ type: "ping" });
		await worker.next("pong");
		// An answer would have come before this one.
		await ask(worker, "state::list", { scope: "none" });
		expect(worker.frames.map(({ type }) => type)).toEqual(["workerregistered"]);
		expect(bench.served.engine.owners().has("h")).toBe(false);
	});

	it("is passed over if its id is a list, though that of one UUID reads like one", async () => {
		const worker = await bench.open();
		const data = { scope: "listed", key: "k", value: 1 };
		worker.send(invocation("state::set", data, { invocation_id: [randomUUID()] }));
		expect(await ask(worker, "state::list", { scope: "listed" })).toMatchObject({ result: [] });
	});

	it("may be binary, and may bear keys that nobody knows", async () => {
		const worker = await bench.open();
		const frame = { ...invocation("state::list", { scope: "none" }), traceparent: "00-1", mine: 1 };
		worker.socket.send(Buffer.from(JSON.stringify(frame)));
		expect(await worker.next("invocationresult")).toEqual({
			type: "invocationresult",
			invocation_id: frame.invocation_id,
			function_id: "state::list",
			result: [],
		});
	});

	it.each([
		["without an id", { invocation_id: null }],
		["for nobody", { action: { type: "void" } }],
	])("that calls %s is not answered", async (key, more) => {
		const worker = await bench.open();
		worker.send(invocation("state::set", { scope: "void", key, value: 1 }, more));
		await until(() => bench.served.engine.state("void")[key] === 1);
		await ask(worker, "state::list", { scope: "none" });
		expect(worker.frames.map(({ type }) => type)).toEqual(["workerregistered"]);
	});

	it("of an answer has no result where there is none", async () => {
		const worker = await bench.open();
		const missing = await ask(worker, "state::get", { scope: "none", key: "k" });
		expect(missing).not.toHaveProperty("result");
		expect(missing).not.toHaveProperty("error");
	});

	it("carries a worker's own error to its caller as it is", async () => {
		const [worker, caller] = [await bench.open(), await bench.open()];
		worker.send({ type: "registerfunction", id: "fails" });
		worker.send({ type: "ping" });
		await worker.next("pong");
		caller.send(invocation("fails", {}));
		const { invocation_id } = await worker.next("invokefunction");
		const error = { code: "a code of its own", message: "why", stacktrace: "where" };
		worker.send({ type: "invocationresult", invocation_id, function_id: "fails", error });
		expect(await caller.next("invocationresult")).toMatchObject({ error });
	});

	it("tells why a trigger was not registered", async () => {
		const worker = await bench.open();
		const register = { type: "registertrigger", id: "t", function_id: "f" };
		worker.send({ ...register, trigger_type: "cron", config: {} });
		expect(await worker.next("triggerregistrationresult")).toEqual({
			type: "triggerregistrationresult",
			id: "t",
			trigger_type: "cron",
			function_id: "f",
			error: { code: "trigger_type_not_found", message: expect.stringContaining('"cron" not found') },
		});
		worker.send({ ...register, trigger_type: "state", config: { scope: 5 } });
		expect(await worker.next("triggerregistrationresult")).toMatchObject({
			error: { code: "trigger_registration_failed" },
		});
	});

	it("registers a function again for a worker that has lost it to another", async () => {
		const [first, second] = [await bench.open(), await bench.open()];
		const ids = new Map<RawWorker, unknown>();
		for (const worker of [first, second]) ids.set(worker, (await worker.next("workerregistered")).worker_id);
		for (const worker of [first, second, first]) {
			worker.send({ type: "registerfunction", id: "contended" });
			await until(() => bench.served.engine.owners().get("contended") === ids.get(worker));
		}
	});

	it("registers a function once more for the worker that has it, and a trigger in place of the one before", async () => {
		const worker = await bench.open();
		for (const scope of ["first", "second"]) {
			worker.send({ type: "registerfunction", id: "twice" });
			const config = { scope };
			worker.send({ type: "registertrigger", id: "t", trigger_type: "state", function_id: "twice", config });
		}
		for (const scope of ["first", "second"]) await ask(worker, "state::set", { scope, key: "k", value: 1 });
		expect(await worker.next("invokefunction")).toMatchObject({ data: { scope: "second" } });
		worker.send({ type: "unregisterfunction", id: "twice" });
		worker.send({ type: "unregistertrigger", id: "t" });
		worker.send({ type: "ping" });
		await worker.next("pong");
		expect(bench.served.engine.owners().has("twice")).toBe(false);
	});
});

describe("like 0.23", () => {
	it("a trigger of an unknown type waits for it, one of a malformed config is refused", async () => {
		await using own = await serve({ like: "0.23" });
		const worker = await own.open();
		const register = { type: "registertrigger", function_id: "f" };
		worker.send({ ...register, id: "t1", trigger_type: "cron", config: {} });
		worker.send({ ...register, id: "t2", trigger_type: "state", config: { scope: 5 } });
		expect(await worker.next("triggerregistrationresult")).toMatchObject({ id: "t2" });
	});

	it("a worker is told whose function it cannot have, and stays", async () => {
		await using own = await serve({ like: "0.23" });
		const [first, second] = [await own.open(), await own.open()];
		const { worker_id } = await first.next("workerregistered");
		first.send({ type: "registerfunction", id: "f" });
		await until(() => own.served.engine.owners().has("f"));
		for (const [function_id, owner_worker_id] of [
			["f", worker_id],
			["state::get", ""],
		]) {
			second.send({ type: "registerfunction", id: function_id });
			expect(await second.next("registrationrejected")).toEqual({
				type: "registrationrejected",
				code: "FUNCTION_NAMESPACE_CONFLICT",
				namespace: "default",
				function_id,
				owner_worker_id,
			});
		}
		second.send({ type: "ping" });
		await second.next("pong");
	});

	it("the second live worker of a name is told, and its socket closed; later, the name is free", async () => {
		await using own = await serve({ like: "0.23" });
		const [first, second] = [await own.open(), await own.open()];
		const { worker_id } = await first.next("workerregistered");
		const named = { name: "one", runtime: "node" };
		await ask(first, "engine::workers::register", named);
		expect(await ask(first, "engine::workers::register", named)).toMatchObject({ result: { success: true } });
		const closed = new Promise((resolve) => second.socket.once("close", resolve));
		second.send(invocation("engine::workers::register", named));
		expect(await second.next("registrationrejected")).toEqual({
			type: "registrationrejected",
			code: "WORKER_NAMESPACE_CONFLICT",
			namespace: "default",
			worker_name: "one",
			owner_worker_id: worker_id,
		});
		await closed;
		first.socket.terminate();
		const direct = own.served.engine.connect();
		const list = () => direct.trigger({ function_id: "engine::workers::list", payload: {} });
		await until(async () => !(await list()).workers.some(({ name }: { name: unknown }) => name === "one"));
		const third = await own.open();
		expect(await ask(third, "engine::workers::register", named)).toMatchObject({ result: { success: true } });
	});

	it("a worker that comes back retires its former connection, which only its token proves", async () => {
		await using own = await serve({ like: "0.23" });
		const [former, thief, successor] = [await own.open(), await own.open(), await own.open()];
		const { worker_id: previous_worker_id, reattach_token } = await former.next("workerregistered");
		former.send({ type: "registerfunction", id: "f" });
		await until(() => own.served.engine.owners().has("f"));
		thief.send({ type: "reattach", previous_worker_id });
		thief.send({ type: "reattach", previous_worker_id, reattach_token: randomUUID() });
		thief.send({ type: "ping" });
		await thief.next("pong");
		expect(own.served.engine.owners().get("f")).toBe(previous_worker_id);
		const closed = new Promise((resolve) => former.socket.once("close", resolve));
		successor.send({ type: "reattach", previous_worker_id, reattach_token });
		successor.send({ type: "registerfunction", id: "f" });
		const { worker_id } = await successor.next("workerregistered");
		await closed;
		expect(own.served.engine.owners().get("f")).toBe(worker_id);
	});
});

describe("an engine that is served", () => {
	it("does what a worker's frames say in their order, whatever the socket", () => {
		const time = createVirtualTime();
		let ids = 0;
		const newId = () => `id-${++ids}`;
		const ports = { clock: time.clock, wait: time.wait, retry: createRetry(time.wait), newId };
		const engine = createEngine(ports);
		const sent: object[] = [];
		const roster = createRoster(newId);
		const connection = createConnection({
			engine,
			like: "0.21",
			newId,
			roster,
			send: (frame) => sent.push(frame),
			closeSocket: () => undefined,
		});
		for (const value of [1, 2, 3]) {
			connection.receive(JSON.stringify(invocation("state::set", { scope: "s", key: "k", value })));
			expect(engine.state("s")).toEqual({ k: value });
		}
		connection.drop();
		connection.receive(JSON.stringify(invocation("state::set", { scope: "s", key: "k", value: 4 })));
		expect(engine.state("s")).toEqual({ k: 3 });
	});

	it("says that its port is taken", async () => {
		const port = Number(new URL(bench.served.url).port);
		expect(await told(serve({ port }))).toEqual({
			code: "port_taken",
			message: `Port ${port} is taken: somebody else listens there.`,
		});
	});

	it("listens on loopback only", () => {
		expect(bench.served.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
	});

	it("refuses what its engine refuses, and leaves the port free", async () => {
		await expect(serve({ like: "0.23", queues: { q: {} } })).rejects.toThrow("Expected no queues");
		const free = await serve();
		const port = Number(new URL(free.served.url).port);
		await free[Symbol.asyncDispose]();
		await expect(serve({ port, queues: { q: { max_retries: 0 } } })).rejects.toThrow("max_retries");
		await using again = await serve({ port });
		await again.served.close();
		await again.served.close();
	});
});
