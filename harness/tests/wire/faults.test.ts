// What must cost one socket at most, or one call: frames that nothing can be done with, frames that cannot be sent, and
// connections that never become a worker's.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createEngine, type Engine } from "../../src/engine/index.ts";
import { createRetry } from "../../src/system/retry.ts";
import { createVirtualTime } from "../../src/system/virtual-time.ts";
import { type Connection, createConnection } from "../../src/wire/connection.ts";
import { createRoster, type Roster } from "../../src/wire/roster.ts";
import { serve, until } from "./setup.ts";

type Frame = Readonly<Record<string, unknown>>;

interface Worker extends Connection {
	readonly sent: readonly Frame[];
	readonly isClosed: () => boolean;
	say(frame: Frame): void;
}

interface Faults {
	readonly engine?: Engine;
	/** Whether a frame cannot be written as text. */
	readonly cannotSend?: (frame: Frame) => boolean;
}

const newId = () => randomUUID();
const { clock, wait } = createVirtualTime();
const createTestEngine = () => createEngine({ clock, wait, retry: createRetry(wait), newId });

/** A connection without a socket. */
function createWorker(engine: Engine, roster: Roster, faults: Faults = {}): Worker {
	const sent: Frame[] = [];
	let closed = false;
	const connection = createConnection({
		engine: faults.engine ?? engine,
		like: "0.21",
		newId,
		roster,
		send(frame) {
			if (faults.cannotSend?.(frame as Frame)) throw new RangeError("Invalid string length");
			sent.push(frame as Frame);
		},
		closeSocket: () => {
			closed = true;
		},
	});
	const say = (frame: Frame) => connection.receive(JSON.stringify(frame));
	return { ...connection, sent, isClosed: () => closed, say };
}

const call = (function_id: string, data: unknown) => ({
	type: "invokefunction",
	invocation_id: randomUUID(),
	function_id,
	data,
});
const answerIn = ({ sent }: Worker) => sent.find(({ type }) => type === "invocationresult");

describe("one socket", () => {
	it("is closed by a frame that something throws at, and no other is", () => {
		const engine = createTestEngine();
		const roster = createRoster(newId);
		const broken: Engine = {
			...engine,
			owners: () => {
				throw new Error("not foreseen");
			},
		};
		const [worker, other] = [createWorker(engine, roster, { engine: broken }), createWorker(engine, roster)];
		for (const each of [worker, other]) each.say({ type: "registerfunction", id: "f" });
		expect([worker.isClosed(), other.isClosed()]).toEqual([true, false]);
		expect(engine.owners().size).toBe(1);
	});

	it("is told that an answer cannot be sent", async () => {
		const engine = createTestEngine();
		const worker = createWorker(engine, createRoster(newId), { cannotSend: (frame) => "result" in frame });
		const asked = call("state::list", { scope: "s" });
		worker.say(asked);
		expect(await until(() => answerIn(worker))).toEqual({
			type: "invocationresult",
			invocation_id: asked.invocation_id,
			function_id: "state::list",
			error: { code: "invocation_error", message: "The answer cannot be sent: Invalid string length" },
		});
		expect(worker.isClosed()).toBe(false);
	});

	it("is closed if it cannot be told that either", async () => {
		const engine = createTestEngine();
		const cannotSend = ({ type }: Frame) => type === "invocationresult";
		const worker = createWorker(engine, createRoster(newId), { cannotSend });
		worker.say(call("state::list", { scope: "s" }));
		await until(worker.isClosed);
	});

	it("stays open if a call cannot be sent over it, which fails for its caller", async () => {
		const engine = createTestEngine();
		const roster = createRoster(newId);
		const worker = createWorker(engine, roster, { cannotSend: ({ type }) => type === "invokefunction" });
		const caller = createWorker(engine, roster);
		worker.say({ type: "registerfunction", id: "f" });
		caller.say(call("f", {}));
		expect(await until(() => answerIn(caller))).toMatchObject({
			error: { code: "invocation_failed", message: "Invalid string length" },
		});
		expect([worker.isClosed(), caller.isClosed()]).toEqual([false, false]);
	});
});

describe("an engine that is closed", () => {
	const sockets: Socket[] = [];
	afterEach(() => {
		for (const socket of sockets.splice(0)) socket.destroy();
	});

	it.each([
		["says nothing", ""],
		["has said half a request", "GET / HTTP/1.1\r\nHost: "],
		["keeps its connection after a request", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
		[
			"has said half an upgrade",
			"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
		],
		[
			"is a web socket that answers no closing",
			"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		],
	])("waits for nobody who %s", { timeout: 5_000 }, async (_name, said) => {
		const bench = await serve();
		const socket = connect(Number(new URL(bench.served.url).port), "127.0.0.1");
		sockets.push(socket);
		socket.on("error", () => undefined);
		await once(socket, "connect");
		if (said !== "") await new Promise((resolve) => socket.write(said, resolve));
		if (said.endsWith("\r\n\r\n")) await once(socket, "data");
		// It has been let in before this one.
		await bench.open();
		await bench[Symbol.asyncDispose]();
		await until(() => socket.destroyed);
	});

	it("answers a request that is none of a worker with what it expects", async () => {
		await using bench = await serve();
		const { status } = await fetch(bench.served.url.replace("ws:", "http:"));
		expect(status).toBe(426);
	});
});
