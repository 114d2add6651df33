// ioredis that connects again: to a server that refuses its database, and to one that still reads its data.
import { createServer } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openRedis } from "../../src/stores/open-redis.ts";
import type { OpenStore } from "../../src/stores/opening.ts";
import { errorOf } from "../support/bench.ts";
import { type Listening, listen } from "../support/listen.ts";

const COUNT = [{ op: "increment", field: "n", by: 1 }] as const;
const COMMAND = /^\*\d+\r\n\$\d+\r\n(\w+)\r\n(?:\$\d+\r\n(\w+)\r\n)?/;

/** What a server answers to a command, with its first argument, on the first connection, the second and so on. */
type Answer = (command: string, argument: string, connection: number) => string;

/** As much of a Redis as a client needs that connects, selects, asks INFO and sends scripts; all scripts answer no fields. */
function startRedisLike(answer: Answer): Promise<Listening> {
	let connections = 0;
	const server = createServer((socket) => {
		const connection = ++connections;
		socket.on("data", (bytes) => {
			// Each command is small, and begins with the number of its parts.
			for (const text of bytes.toString().split(/(?=\*\d+\r\n\$)/)) {
				const [, command = "", argument = ""] = COMMAND.exec(text) ?? [];
				socket.write(`${answer(command.toUpperCase(), argument, connection)}\r\n`);
			}
		});
	});
	return listen(server);
}

const bulk = (text: string): string => `$${text.length}\r\n${text}`;
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
	vi.doUnmock("ioredis");
});

async function open(answer: Answer, place = ""): Promise<{ store: OpenStore; drop: () => void }> {
	const server = await startRedisLike(answer);
	ends.push(server.close);
	const store = await openRedis(`redis://127.0.0.1:${server.port}${place}`);
	ends.push(store.close);
	return { store, drop: server.drop };
}

describe.each(["ioredis", "ioredis-5"])("%s", (client) => {
	it("runs nothing in another database than its own", async () => {
		vi.doMock("ioredis", () => import(client));
		const isBusy = (connection: number) => connection === 2;
		const ran: number[] = [];
		const { store, drop } = await open((command, _, connection) => {
			if (command === "SELECT" && isBusy(connection)) return "-BUSY Redis is busy running a script.";
			if (command === "INFO") return bulk("loading:0");
			if (!command.startsWith("EVAL")) return "+OK";
			ran.push(connection);
			return "*0";
		}, "/5");
		await store.update("s", COUNT);
		drop();
		await expect.poll(() => store.update("s", COUNT).catch(() => undefined), { interval: 5 }).toEqual({});
		// The database was refused once, and nothing ran on that connection.
		expect([...new Set(ran)]).toEqual([1, 3]);
	});

	it("is of use soon after the server has read its data", async () => {
		vi.doMock("ioredis", () => import(client));
		let isLoading = false;
		let asked = 0;
		const { store, drop } = await open((command) => {
			if (command === "INFO") {
				asked++;
				return bulk(isLoading ? "loading:1\r\nloading_eta_seconds:30" : "loading:0");
			}
			return command.startsWith("EVAL") ? "*0" : "+OK";
		});
		isLoading = true;
		asked = 0;
		drop();
		await expect.poll(() => asked).toBeGreaterThan(0);
		expect(await errorOf(store.read("s"))).toMatchObject({ code: "store_unavailable" });
		isLoading = false;
		await expect.poll(() => store.read("s").catch(() => undefined), { timeout: 2_000 }).toEqual({});
	});
});
