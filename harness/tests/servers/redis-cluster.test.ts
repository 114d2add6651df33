// The store on a real Redis cluster, through each client for clusters: the kit, and slots that move to another master.
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { conform } from "../../src/conformance/conform.ts";
import type { FieldOp } from "../../src/lease/atomic-store.ts";
import { redisStore } from "../../src/stores/redis-store.ts";
import { errorOf } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { type RedisCluster, startRedisCluster } from "./redis-cluster.ts";
import { redisClusterPort, throughIoredis, throughIoredis5, throughNodeRedis } from "./redis-cluster-port.ts";
import { askRedis, redisProgram } from "./redis-server.ts";
import { notTested, type TestServer } from "./test-server.ts";

expectNoUnhandledRejections();

const isLong = process.env.SESSION_LEASE_SERVERS === "all";
if (redisProgram === undefined) notTested("leases on a Redis cluster", "no redis-server is on the PATH");
else if (!isLong) process.stdout.write("not tested: leases on a Redis cluster (it takes long)\n");

const COUNT: FieldOp = { op: "increment", field: "n", by: 1 };
const CLIENTS = [
	["ioredis", throughIoredis],
	["ioredis 5", throughIoredis5],
	["node-redis", throughNodeRedis],
] as const;

describe.skipIf(redisProgram === undefined || !isLong)("a Redis cluster", () => {
	let cluster: RedisCluster;
	beforeAll(async () => {
		cluster = await startRedisCluster();
	});
	afterAll(() => cluster?.stop());

	for (const [name, connect] of CLIENTS) {
		conform(
			{ describe, it, expect },
			redisClusterPort(name, connect, () => cluster),
		);
	}

	/** The slot of a key with the master that has it in the beginning, and another one. */
	const placeOf = async (key: string) => {
		const [answer = ""] = await askRedis(cluster.nodes[0] as TestServer, [["CLUSTER", "KEYSLOT", key]]);
		const slot = answer.slice(1);
		const at = cluster.masterOf(Number(slot));
		const [from, to] = [cluster.nodes[at], cluster.nodes[(at + 1) % 3]] as [TestServer, TestServer];
		return { slot, from, to };
	};

	describe.each(CLIENTS)("through %s", (name, connect) => {
		it("follows a record that moves to another master, counting each batch once", async () => {
			const prefix = `moves-${name}:`;
			const store = await connect(cluster, prefix);
			const key = `${prefix}s`;
			const { slot, from, to } = await placeOf(key);
			const before = [await store.update("s", [COUNT])];
			await askRedis(to, [
				["SCRIPT", "FLUSH"],
				["CLUSTER", "SETSLOT", slot, "IMPORTING", await cluster.idOf(from)],
			]);
			await askRedis(from, [["CLUSTER", "SETSLOT", slot, "MIGRATING", await cluster.idOf(to)]]);
			before.push(await store.update("s", [COUNT]));
			const moved = await askRedis(from, [["MIGRATE", to.host, String(to.port), key, "0", "5000"]]);
			// From here on the old master answers ASK, and the new one does not know the script.
			before.push(await store.update("s", [COUNT]), await store.read("s"));
			const target = await cluster.idOf(to);
			// The new one first: it tells the others.
			for (const node of [to, from]) await askRedis(node, [["CLUSTER", "SETSLOT", slot, "NODE", target]]);
			// And from here on MOVED.
			before.push(await store.update("s", [COUNT]), await store.read("s"));
			expect([moved, before]).toEqual([["+OK"], [{}, { n: 1 }, { n: 2 }, { n: 3 }, { n: 3 }, { n: 4 }]]);
			await store.close?.();
		});

		it("lists the records of every master, whatever braces are in their keys", async () => {
			const prefix = `spread-${name}:`;
			const store = await connect(cluster, prefix);
			const keys = [
				"{one}a",
				"b{one}",
				"{}",
				"{",
				"}{",
				"{{one}}",
				...Array.from({ length: 300 }, (_, at) => `s${at}`),
			];
			for (const key of keys) await store.update(key, [COUNT]);
			const masters = await Promise.all(keys.map(async (key) => (await placeOf(prefix + key)).from.port));
			expect(new Set(masters).size).toBe(3);
			const listed: string[] = [];
			for await (const { key } of store.list?.() ?? []) listed.push(key);
			expect([...new Set(listed)].sort()).toEqual(keys.sort());
			await store.close?.();
		});
	});

	it("is told to take a client for clusters, where a batch came to the wrong node", async () => {
		const { to } = await placeOf("session_lease:s");
		const client = new Redis(to.port, to.host);
		const error = await errorOf(redisStore(client).update("s", [COUNT]));
		client.disconnect();
		expect(error).toMatchObject({
			code: "store_answer_invalid",
			message: expect.stringContaining("client for clusters"),
		});
	});
});
