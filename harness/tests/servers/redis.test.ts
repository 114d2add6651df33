// The kit on a real Redis server, through each client, and what is particular to Redis.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { conform } from "../../src/conformance/conform.ts";
import { startRelay } from "../../src/conformance/relay.ts";
import type { FieldOp } from "../../src/lease/atomic-store.ts";
import { errorOf } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import {
	type Connect,
	redisPort,
	throughIoredis,
	throughNodeRedis,
	throughResending,
	throughResending5,
} from "./redis-port.ts";
import { askRedis, redisProgram, startRedis } from "./redis-server.ts";
import { notTested, type TestServer } from "./test-server.ts";

expectNoUnhandledRejections();

if (redisProgram === undefined) notTested("leases on Redis", "no redis-server is on the PATH");
const isLong = process.env.SESSION_LEASE_SERVERS === "all";
if (!isLong)
	process.stdout.write("not tested: the kit on Redis through node-redis and ioredis 5 (it takes long)\n");

const SET: FieldOp = { op: "set", field: "a", value: "new" };
const COUNT: FieldOp = { op: "increment", field: "n", by: 1 };
const REMOVE: FieldOp = { op: "remove", field: "gone" };
const AS_IT_WAS = [
	["CONFIG", "SET", "maxmemory", "0"],
	["CONFIG", "SET", "min-replicas-to-write", "0"],
	["CONFIG", "SET", "replica-serve-stale-data", "yes"],
	["REPLICAOF", "NO", "ONE"],
	["ACL", "SETUSER", "default", "+@all"],
];
const AS_REPLICA = [["REPLICAOF", "127.0.0.1", "1"]];

describe.skipIf(redisProgram === undefined)("Redis", () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startRedis();
	});
	afterAll(() => server?.stop());

	const kit = (name: string, connect: Connect) =>
		conform(
			{ describe, it, expect },
			redisPort(name, connect, () => server),
		);
	kit("ioredis", throughIoredis);
	if (isLong) {
		kit("node-redis", throughNodeRedis);
		kit("ioredis as it is by default", throughResending);
		kit("ioredis 5 as it is by default", throughResending5);
	}

	const ask = (...commands: string[][]) => askRedis(server, commands);
	/** What a call comes to while the server is set so. */
	const setTo = async <T>(setting: string[][], call: () => Promise<T>): Promise<T> => {
		await ask(...setting);
		try {
			return await call();
		} finally {
			await ask(...AS_IT_WAS);
		}
	};
	let cases = 0;

	describe.each([
		["ioredis", throughIoredis],
		["node-redis", throughNodeRedis],
	] as const)("through %s", (_, connect) => {
		const opened = async () => {
			const [prefix, relay] = [`own-${++cases}:`, await startRelay(server)];
			const store = await connect(relay, prefix);
			const close = async () => {
				await store.close?.();
				await relay.close();
			};
			return { prefix, relay, store, close };
		};

		it("takes one round trip a batch and a read, and one more where the script is not known", async () => {
			const { store, relay, close } = await opened();
			const trips = async (call: () => Promise<unknown>) => {
				const before = relay.counts().roundTrips;
				await call();
				return relay.counts().roundTrips - before;
			};
			await store.read("s");
			const known = [await trips(() => store.update("s", [COUNT])), await trips(() => store.read("s"))];
			await ask(["SCRIPT", "FLUSH"]);
			const flushed = [await trips(() => store.update("s", [COUNT])), await trips(() => store.read("s"))];
			expect([known, flushed, await store.read("s")]).toEqual([[1, 1], [2, 1], { n: 2 }]);
			await close();
		});

		it("finds its records again, and the way to apply batches, when the server was killed and started", async () => {
			const { store, relay, close } = await opened();
			await store.update("s", [SET, COUNT]);
			await server.kill();
			const rejected = await errorOf(store.update("s", [COUNT]));
			await server.restart();
			relay.restore();
			await expect
				.poll(() => store.read("s").catch(() => undefined), { timeout: 10_000 })
				.toEqual({ a: "new", n: 1 });
			expect(rejected).toBeInstanceOf(Error);
			expect(await store.update("s", [COUNT])).toEqual({ a: "new", n: 1 });
			await close();
		});

		it("says at once that nothing was done, while there is no connection", async () => {
			const { store, relay, close } = await opened();
			await store.read("s");
			relay.drop();
			await expect
				.poll(async () => await errorOf(store.read("s")))
				.toMatchObject({ code: "store_unavailable" });
			expect(await errorOf(store.update("s", [COUNT]))).toMatchObject({
				code: "store_unavailable",
				message: expect.stringContaining("it is not connected"),
			});
			await close();
		});

		it.each([
			["OOM", [["CONFIG", "SET", "maxmemory", "1"]]],
			["NOREPLICAS", [["CONFIG", "SET", "min-replicas-to-write", "1"]]],
			["READONLY", AS_REPLICA],
			["MASTERDOWN", [["CONFIG", "SET", "replica-serve-stale-data", "no"], ...AS_REPLICA]],
			["first command", [["ACL", "SETUSER", "default", "-hset"]]],
			["first command", [["ACL", "SETUSER", "default", "-hgetall"]]],
			["NOPERM", [["ACL", "SETUSER", "default", "-evalsha"]]],
		])("tells that nothing was done when Redis refuses (%s), and that is so", async (word, setting) => {
			const { store, close } = await opened();
			await store.update("s", [COUNT]);
			const error = await setTo(setting, () => errorOf(store.update("s", [SET, COUNT])));
			expect(error).toMatchObject({ code: "store_unavailable", message: expect.stringContaining(word) });
			expect(await store.read("s")).toEqual({ n: 1 });
			await close();
		});

		it("tells that nothing was done when Redis is busy with a script of somebody's", async () => {
			const { store, close } = await opened();
			await store.update("s", [COUNT]);
			await ask(["CONFIG", "SET", "busy-reply-threshold", "1"]);
			const endless = ask(["EVAL", "while true do end", "0"]);
			await expect.poll(() => store.read("s").catch(String)).toContain("BUSY");
			expect(await errorOf(store.update("other", [SET]))).toMatchObject({ code: "store_unavailable" });
			await ask(["SCRIPT", "KILL"]);
			await endless;
			await ask(["CONFIG", "SET", "busy-reply-threshold", "5000"]);
			expect([await store.read("s"), await store.read("other")]).toEqual([{ n: 1 }, {}]);
			await close();
		});

		it("still removes, and then writes, when the memory is full: never the half of a batch", async () => {
			const { store, close } = await opened();
			await store.update("s", [{ ...SET, field: "gone" }]);
			await setTo([["CONFIG", "SET", "maxmemory", "1"]], () => store.update("s", [REMOVE, SET, COUNT]));
			expect(await store.read("s")).toEqual({ a: "new", n: 1 });
			await close();
		});

		it("tells a batch of which Redis took the half as nothing that may be assumed of", async () => {
			const { store, close } = await opened();
			const error = await setTo([["ACL", "SETUSER", "default", "-hincrby"]], () =>
				errorOf(store.update("s", [SET, COUNT])),
			);
			expect(error).toMatchObject({
				code: "store_answer_invalid",
				message: expect.stringContaining("a part"),
			});
			expect(await store.read("s")).toEqual({ a: "new" });
			await close();
		});

		it("leaves nothing of a record whose last field is removed", async () => {
			const { store, prefix, close } = await opened();
			await store.update("s", [SET]);
			await store.update("s", [{ op: "remove", field: "a" }]);
			expect(await ask(["EXISTS", `${prefix}s`])).toEqual([":0"]);
			await close();
		});

		it("increments whatever is an integer by then, and else leaves the record as it is", async () => {
			const { store, prefix, close } = await opened();
			const text: FieldOp = { op: "set", field: "n", value: "12" };
			const numbers: FieldOp[] = [{ ...text, value: -99_999_999_999_990 }, COUNT, { ...COUNT, by: -3 }];
			const refused = [
				[SET, text, COUNT],
				[SET, { ...text, value: true }, COUNT],
				[SET, { op: "setOnce", field: "n", value: { id: "x" } }, COUNT],
			] as const;
			for (const ops of refused) {
				expect(await errorOf(store.update("s", ops))).toMatchObject({ code: "record_invalid" });
				expect(await store.read("s")).toEqual({});
			}
			const remove: FieldOp = { op: "remove", field: "n" };
			await store.update("s", [text, remove, COUNT]);
			expect(await store.update("s", [text])).toEqual({ n: 1 });
			await store.update("s", [remove, COUNT]);
			expect(await store.read("s")).toEqual({ n: 1 });
			await store.update("s", [...numbers, { ...COUNT, field: "m", by: -1 }, COUNT]);
			expect(await store.read("s")).toEqual({ n: -99_999_999_999_991, m: -1 });
			for (const foreign of ["1.0", "1e3", " 7", "07", "-0", "+1", "9223372036854775807", ""]) {
				await ask(["HSET", `${prefix}foreign`, "n", foreign]);
				expect(await errorOf(store.update("foreign", [SET, COUNT]))).toMatchObject({
					code: "record_invalid",
				});
				expect(await ask(["HEXISTS", `${prefix}foreign`, "a"])).toEqual([":0"]);
			}
			await close();
		});

		it("lists what is behind its prefix to the letter, over many pages, and only hashes", async () => {
			const relay = await startRelay(server);
			const prefix = `glob-*?[a-z]\\^${++cases}:`;
			const store = await connect(relay, prefix);
			const keys = Array.from({ length: 250 }, (_unused, at) => `key ${at} 😀`);
			for (const key of keys) await store.update(key, [COUNT]);
			await ask(["SET", `${prefix}text`, "x"], ["HSET", `glob-xxaz\\^${cases}:other`, "n", "1"]);
			const listed = new Set<string>();
			for await (const { key } of store.list?.() ?? []) listed.add(key);
			expect([...listed].sort()).toEqual(keys.sort());
			await store.close?.();
			await relay.close();
		});
	});

	it("does not say of a batch that ioredis sent twice that nothing was done", async () => {
		const relay = await startRelay(server);
		const store = await throughResending(relay, `twice-${++cases}:`);
		await store.update("s", [COUNT]);
		relay.holdAnswers();
		const call = errorOf(store.update("s", [COUNT]));
		await expect.poll(() => relay.heldBytes()).toBeGreaterThan(0);
		const error = await setTo(AS_REPLICA, () => {
			relay.drop();
			relay.restore();
			return call;
		});
		expect(error).toMatchObject({ message: expect.stringContaining("READONLY") });
		expect(error).not.toHaveProperty("code", "store_unavailable");
		expect(await store.read("s")).toEqual({ n: 2 });
		await store.close?.();
		await relay.close();
	});
});
