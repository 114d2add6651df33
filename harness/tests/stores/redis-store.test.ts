// The store port on Redis: which call it makes of what with either client, and what it makes of answers and errors.
import { describe, expect, it } from "vitest";
import type { FieldOp } from "../../src/lease/atomic-store.ts";
import { type IoredisClient, type NodeRedisClient, redisStore } from "../../src/stores/redis-store.ts";
import { errorOf } from "../support/bench.ts";

const OPS: readonly FieldOp[] = [
	{ op: "increment", field: "bids:1", by: -2 },
	{ op: "setOnce", field: "holder:1", value: { id: "a", until: 5 } },
	{ op: "set", field: "value:1.a.1", value: "12" },
	{ op: "remove", field: "value:0.a.1" },
];
const ARGUMENTS = [
	...["HINCRBY", "bids:1", "-2", "HSETNX", "holder:1", '{"id":"a","until":5}'],
	...["HSET", "value:1.a.1", '"12"', "HDEL", "value:0.a.1", ""],
];
const SHA = expect.stringMatching(/^[0-9a-f]{40}$/);
const SCRIPT = expect.stringContaining("redis.pcall");
const SENT_ONCE = { maxRetriesPerRequest: 0 };

/** A client whose calls come to these, one after the other, and then to the last one again. */
function answers(...outcomes: unknown[]) {
	const calls: unknown[] = [];
	const next = async (...call: unknown[]) => {
		calls.push(call);
		const outcome = outcomes[Math.min(calls.length, outcomes.length) - 1];
		if (outcome instanceof Error) throw outcome;
		return outcome;
	};
	return { calls, next };
}

function ioredis(options: IoredisClient["options"], ...outcomes: unknown[]) {
	const { calls, next } = answers(...outcomes);
	const client: IoredisClient = {
		evalsha: (...call) => next("evalsha", ...call),
		eval: (...call) => next("eval", ...call),
		...(options === undefined ? {} : { options }),
	};
	return { calls, store: redisStore(client) };
}

function nodeRedis(...outcomes: unknown[]) {
	const { calls, next } = answers(...outcomes);
	const client: NodeRedisClient = {
		evalSha: (...call) => next("evalSha", ...call),
		eval: (...call) => next("eval", ...call),
	};
	return { calls, store: redisStore(client) };
}

describe("a batch on Redis", () => {
	it("is one EVALSHA of ioredis on one key, and the answer is the record before", async () => {
		const { calls, store } = ioredis(SENT_ONCE, ["bids:1", "3", "owed:1.a.1", "true"]);
		expect(await store.update("a{b}", OPS)).toEqual({ "bids:1": 3, "owed:1.a.1": true });
		expect(calls).toEqual([["evalsha", SHA, 1, "session_lease:a{b}", ...ARGUMENTS]]);
	});

	it("is one EVALSHA of node-redis on one key, and the answer is the record before", async () => {
		const { calls, store } = nodeRedis(["bids:1", "3"]);
		expect(await store.update("s", OPS)).toEqual({ "bids:1": 3 });
		expect(calls).toEqual([["evalSha", SHA, { keys: ["session_lease:s"], arguments: ARGUMENTS }]]);
	});

	it("is sent with its script, once, if Redis does not know it", async () => {
		const unknown = new Error("NOSCRIPT No matching script. Please use EVAL.");
		const first = ioredis(SENT_ONCE, unknown, []);
		expect(await first.store.update("s", OPS)).toEqual({});
		const onKey = [1, "session_lease:s", ...ARGUMENTS];
		expect(first.calls).toEqual([
			["evalsha", SHA, ...onKey],
			["eval", SCRIPT, ...onKey],
		]);
		const second = nodeRedis(unknown, unknown);
		expect(await errorOf(second.store.update("s", OPS))).toBe(unknown);
		const call = { keys: ["session_lease:s"], arguments: ARGUMENTS };
		expect(second.calls).toEqual([
			["evalSha", SHA, call],
			["eval", SCRIPT, call],
		]);
	});

	it("is not sent at all if a key or an op is none", async () => {
		const { calls, store } = nodeRedis([]);
		expect(await errorOf(store.update("", OPS))).toMatchObject({ code: "option_invalid" });
		expect(await errorOf(store.read("a\0"))).toMatchObject({ code: "option_invalid" });
		expect(calls).toEqual([]);
	});

	it("assumes nothing of an answer that is no list of names and texts", async () => {
		for (const answer of [null, "OK", ["a"], [Buffer.from("a"), Buffer.from("1")], { a: "1" }]) {
			const { store } = nodeRedis(answer);
			expect(await errorOf(store.read("s"))).toMatchObject({ code: "store_answer_invalid" });
		}
		const { store } = nodeRedis(["a", "no JSON"]);
		expect(await errorOf(store.read("s"))).toMatchObject({ code: "record_invalid" });
	});
});

describe("an error of Redis", () => {
	const ofRedis = (code: string) => new Error(code === "" ? "" : `${code} as Redis words it`);
	const refusals = [
		"LOADING",
		"BUSY",
		"NOAUTH",
		"NOPERM",
		"CLUSTERDOWN",
		"TRYAGAIN",
		"MASTERDOWN",
		"NOREPLICAS",
	];
	const others = ["READONLY", "MISCONF", "OOM", "NOTHINGWRITTEN", "NOTHINGWRITTEN OOM"];

	it.each([...refusals, ...others])("says that nothing was done: %s", async (code) => {
		const cause = ofRedis(code);
		for (const { store } of [nodeRedis(cause), ioredis(SENT_ONCE, cause)]) {
			const expected = { code: "store_unavailable", transient: true, cause };
			expect(await errorOf(store.update("s", OPS))).toMatchObject(expected);
		}
	});

	it.each([...refusals, ...others])(
		"says nothing if the client may have sent the batch before: %s",
		async (code) => {
			const cause = ofRedis(code);
			for (const options of [
				undefined,
				{},
				{ maxRetriesPerRequest: 20 },
				{ autoResendUnfulfilledCommands: true },
			]) {
				const { store } = ioredis(options, cause);
				expect(await errorOf(store.update("s", OPS))).toBe(cause);
				expect(await errorOf(store.read("s"))).toMatchObject({ code: "store_unavailable" });
			}
			const fails = async () => Promise.reject(cause);
			const cluster = redisStore({ evalsha: fails, eval: fails, nodes: () => [], options: SENT_ONCE });
			expect(await errorOf(cluster.update("s", OPS))).toBe(cause);
			const behindSentinels = redisStore({ evalSha: fails, eval: fails, getSentinelNode: () => undefined });
			expect(await errorOf(behindSentinels.update("s", OPS))).toBe(cause);
		},
	);

	it.each([
		"Connection is closed.",
		"Socket closed unexpectedly",
		"Reached the max retries per request limit (which is 0). Refer to …",
		"ERR internal error",
		"ERR value is not an integer or out of range",
		"ERR Error running script: OOM",
		"The server is LOADING",
		"loading",
		"",
	])("leaves the outcome unknown: %o", async (message) => {
		const error = new Error(message);
		expect(await errorOf(nodeRedis(error).store.update("s", OPS))).toBe(error);
		expect(await errorOf(ioredis(SENT_ONCE, error).store.update("s", OPS))).toBe(error);
	});

	it.each([
		["WRONGTYPE Operation against a key", "record_invalid", "no hash"],
		["NOTANUMBER bids:1", "record_invalid", "bids:1, which is to be incremented"],
		["HALFAPPLIED OOM command not allowed", "store_answer_invalid", "OOM"],
		["MOVED 3999 127.0.0.1:6381", "store_answer_invalid", "createCluster"],
		["ASK 3999 127.0.0.1:6381", "store_answer_invalid", "Cluster"],
	])("refuses for good: %s", async (message, code, says) => {
		const { store } = nodeRedis(new Error(message));
		const expected = { code, message: expect.stringContaining(says) };
		expect(await errorOf(store.update("s", OPS))).toMatchObject(expected);
	});
});

describe("a store on Redis", () => {
	it.each([null, undefined, {}, { evalSha: 1 }, "redis://"])("takes no client such as %o", (client) => {
		expect(() => redisStore(client as never)).toThrow("Expected a client of ioredis or of node-redis");
	});

	it.each(["", "zero\0byte", "half \ud83d", 7])("takes no prefix such as %o", (prefix) => {
		const { next } = answers([]);
		const client = { evalSha: next, eval: next };
		expect(() => redisStore(client, { prefix: prefix as string })).toThrow("Expected `prefix`");
	});

	it("lists a record once that Redis names twice within a page, by the key without all that is in front", async () => {
		const pages = [
			{ cursor: "7", keys: ["app:mine:a", "app:mine:a", "app:mine:", "app:mine:gone"] },
			{ cursor: 0, keys: ["app:mine:b"] },
		];
		const scans: unknown[] = [];
		const client: NodeRedisClient = {
			// Of a client with a prefix of its own, which it puts before keys, and not before patterns.
			evalSha: async (_sha, { keys: [key = ""], arguments: { length } }) => {
				if (key === "mine:" && length === 0) return "app:mine:";
				return key === "mine:gone" ? [] : ["n", "1"];
			},
			eval: async () => [],
			scan: async (...scan) => {
				scans.push(scan);
				return pages[scans.length - 1] ?? { cursor: "0", keys: [] };
			},
		};
		const listed: string[] = [];
		for await (const { key } of redisStore(client, { prefix: "mine:" }).list()) listed.push(key);
		const match = { MATCH: "app:mine:*", COUNT: 100, TYPE: "hash" };
		expect([listed, scans]).toEqual([
			["a", "b"],
			[
				["0", match],
				["7", match],
			],
		]);
	});
});
