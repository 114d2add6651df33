// Redis opened by URL, over each client: what is refused, what is said of it, and what is never shown.
import { createServer } from "node:net";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openRedis } from "../../src/stores/open-redis.ts";
import type { OpenStore } from "../../src/stores/opening.ts";
import { errorOf } from "../support/bench.ts";
import { freePort } from "../support/free-port.ts";
import { listen } from "../support/listen.ts";
import { startSilentServer } from "../support/silent-server.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { askRedis, redisProgram, startRedis } from "./redis-server.ts";
import type { TestServer } from "./test-server.ts";

expectNoUnhandledRejections();

/** As on a machine that has not got these packages. */
function without(...peers: string[]): void {
	for (const peer of peers) {
		vi.doMock(peer, () => {
			throw new Error("It is not installed.");
		});
	}
}

describe.each([
	["ioredis", []],
	["node-redis, if there is no ioredis", ["ioredis"]],
] as const)("a Redis opened over %s", (_, absent) => {
	beforeAll(() => without(...absent));
	afterAll(() => {
		for (const peer of absent) vi.doUnmock(peer);
	});

	it("is unavailable at once where nobody listens", async () => {
		const port = await freePort();
		const error = await errorOf(openRedis(`redis://user:s3cret@127.0.0.1:${port}`));
		expect(error).toMatchObject({
			code: "store_unavailable",
			message: expect.stringContaining(
				`Redis at redis://127.0.0.1:${port} cannot be used: connect ECONNREFUSED`,
			),
		});
		expect(inspect(error, { depth: 9 })).not.toContain("s3cret");
	});

	it("is unavailable in the given time where nobody answers, and lets go of the connection", async () => {
		const silent = await startSilentServer();
		const error = await errorOf(openRedis(`redis://127.0.0.1:${silent.port}`, { timeoutMs: 100 }));
		expect(error).toMatchObject({
			code: "store_unavailable",
			message: expect.stringContaining("no answer within 100 ms"),
		});
		await expect.poll(() => silent.open(), { timeout: 5_000 }).toBe(0);
		await silent.close();
	});

	it("speaks TLS to a server whose URL begins with rediss", async () => {
		let first: number | undefined;
		const server = createServer((socket) => {
			socket.once("data", (bytes) => {
				first = bytes[0];
				socket.destroy();
			});
		});
		const { port, close } = await listen(server);
		expect(await errorOf(openRedis(`rediss://127.0.0.1:${port}`))).toMatchObject({
			code: "store_unavailable",
		});
		// A handshake of TLS begins with 22, a command of Redis with an asterisk.
		expect(first).toBe(22);
		await close();
	});
});

describe("the URL of a Redis", () => {
	it.each([
		"redis://",
		"http://127.0.0.1:6379",
		"redis://127.0.0.1/name",
		"redis://127.0.0.1/0?prefx=a",
		"redis://127.0.0.1/0?prefix=",
		"redis://u:s3/cret@127.0.0.1:6379",
		"redis://u:s3%cret@127.0.0.1:6379",
		"redis://127.0.0.1:6379?password=s3cret",
		"",
	])("is refused if it is %o, and no password is shown", async (url) => {
		const error = await errorOf(openRedis(url));
		expect(error).toMatchObject({ code: "option_invalid", message: expect.stringContaining("Expected") });
		expect(inspect(error, { depth: 9 })).not.toMatch(/s3|cret/);
	});

	it("is of no use without a client, and the package is named", async () => {
		without("ioredis", "redis");
		const error = await errorOf(openRedis("redis://127.0.0.1:1"));
		vi.doUnmock("ioredis");
		vi.doUnmock("redis");
		expect(error).toMatchObject({
			code: "option_invalid",
			message: expect.stringContaining("npm install ioredis"),
		});
	});
});

describe.skipIf(redisProgram === undefined)("an open Redis with a password", () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startRedis();
		const login = ["ON", ">s3cret/@?", "~*", "&*", "+@all"];
		await askRedis(server, [
			["ACL", "SETUSER", "worker", ...login],
			["CONFIG", "SET", "requirepass", "0nly"],
		]);
	});
	afterAll(() => server?.stop());

	describe.each([
		["ioredis", []],
		["node-redis", ["ioredis"]],
	] as const)("over %s", (_, absent) => {
		beforeAll(() => without(...absent));
		afterAll(() => {
			for (const peer of absent) vi.doUnmock(peer);
		});
		const open = (login: string, rest = ""): Promise<OpenStore> =>
			openRedis(`redis://${login}127.0.0.1:${server.port}${rest}`);

		it.each([
			["a wrong password", "worker:s3cret@"],
			["a wrong password without a name", ":s3cret@"],
			["no password", ""],
		])("cannot be used with %s, which is not shown", async (_title, login) => {
			const error = await errorOf(open(login));
			expect(error).toMatchObject({
				code: "store_unavailable",
				message: expect.stringMatching(/WRONGPASS|NOAUTH/),
			});
			expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("s3cret");
		});

		it("does not take another database for one that is not there", async () => {
			expect(await errorOf(open(":0nly@", "/99"))).toMatchObject({
				code: "store_unavailable",
				message: expect.stringContaining("DB index is out of range"),
			});
		});

		it("keeps its records in the database and behind the prefix of the URL", async () => {
			const [named, unnamed] = [
				await open("worker:s3cret%2F%40%3F@", "/3?prefix=mine%3A"),
				await open(":0nly@", "/3?prefix=mine%3A"),
			];
			await named.update("s", [{ op: "increment", field: "n", by: 1 }]);
			expect(await unnamed.update("s", [{ op: "increment", field: "n", by: 1 }])).toEqual({ n: 1 });
			const exists = await askRedis(server, [
				["AUTH", "0nly"],
				["SELECT", "3"],
				["HGET", "mine:s", "n"],
				["DEL", "mine:s"],
			]);
			expect(exists).toEqual(["+OK", "+OK", "$1", ":1"]);
			for (const store of [named, unnamed]) {
				await store.close();
				await store.close();
			}
			expect(await errorOf(named.read("s"))).toBeInstanceOf(Error);
		});
	});
});
