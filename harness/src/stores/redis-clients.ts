// The clients of Redis that a store takes, ioredis and node-redis, each of one server or of a cluster, as one thing.
import { SessionLeaseError } from "../lease/errors.ts";
import { codeOf } from "./redis-errors.ts";
import type { RedisScript } from "./redis-script.ts";

/** The part of ioredis' `Redis` and `Cluster` that is used. Versions 5.4 and later fit, and 6. */
export interface IoredisClient {
	evalsha(sha: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
	eval(script: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
	/** Of one server. */
	readonly scan?: IoredisScan;
	/** Of a cluster. */
	nodes?(role: "master"): readonly { readonly scan: IoredisScan }[];
	readonly options?: {
		readonly maxRetriesPerRequest?: number | null | undefined;
		readonly autoResendUnfulfilledCommands?: boolean | undefined;
		/** Of a cluster. */
		readonly redisOptions?: object | undefined;
	};
}

type IoredisScan = (
	cursor: string,
	...match: ["MATCH", pattern: string, "COUNT", count: number, "TYPE", type: string]
) => Promise<readonly [cursor: string, keys: string[]]>;

/** The part that is used of what node-redis' `createClient`, `createCluster` and `createSentinel` make. Versions 5.1 and later fit, and 6. */
export interface NodeRedisClient {
	evalSha(sha: string, call: NodeRedisCall): Promise<unknown>;
	eval(script: string, call: NodeRedisCall): Promise<unknown>;
	/** Of one server. */
	scan?(cursor: string, match: NodeRedisMatch): Promise<NodeRedisPage>;
	/** Of a cluster. */
	readonly masters?: readonly object[];
	nodeClient?(master: object): Promise<NodeRedisNode>;
	/** Of a server behind sentinels. */
	getSentinelNode?(): unknown;
}

interface NodeRedisNode {
	scan(cursor: string, match: NodeRedisMatch): Promise<NodeRedisPage>;
}

type NodeRedisCall = { keys: string[]; arguments: string[] };
type NodeRedisMatch = { MATCH: string; COUNT: number; TYPE: string };
type NodeRedisPage = { readonly cursor: unknown; readonly keys: readonly unknown[] };

export type RedisClient = IoredisClient | NodeRedisClient;

export interface RedisConnection {
	/** One round trip; two if the server does not know the script, which it forgets when it is restarted. */
	run(script: RedisScript, key: string, args: string[]): Promise<unknown>;
	/** The keys of hashes that match, page by page, of every master. Redis may answer a key more than once. */
	scan(pattern: string): AsyncIterable<readonly string[]>;
	/**
	 * Whether it sends a command again by itself whose connection was lost: then an error of the second copy says nothing
	 * about the first.
	 */
	resends(): boolean;
}

const PAGE_KEYS = 100;

/** @throws SessionLeaseError (`option_invalid`) if it is neither */
export function connectionOf(client: RedisClient): RedisConnection {
	const methods = (typeof client === "object" && client !== null ? client : {}) as Record<string, unknown>;
	if (typeof methods.evalSha === "function") return ofNodeRedis(client as NodeRedisClient);
	if (typeof methods.evalsha === "function") return ofIoredis(client as IoredisClient);
	throw new SessionLeaseError(
		"option_invalid",
		"Expected a client of ioredis or of node-redis, got neither.",
	);
}

function ofIoredis(client: IoredisClient): RedisConnection {
	return {
		run: (script, key, args) =>
			sentWholeIfUnknown(
				() => client.evalsha(script.sha, 1, key, ...args),
				() => client.eval(script.text, 1, key, ...args),
			),
		async *scan(pattern) {
			const nodes = client.nodes?.("master") ?? [client];
			for (const node of nodes) {
				yield* pagesOf((cursor) => {
					const page = (node as { scan: IoredisScan }).scan(
						cursor,
						"MATCH",
						pattern,
						"COUNT",
						PAGE_KEYS,
						"TYPE",
						"hash",
					);
					return page.then(([next, keys]) => ({ cursor: next, keys }));
				});
			}
		},
		resends() {
			if (client.nodes !== undefined || client.options === undefined) return true;
			const { maxRetriesPerRequest, autoResendUnfulfilledCommands } = client.options;
			return maxRetriesPerRequest !== 0 && autoResendUnfulfilledCommands !== false;
		},
	};
}

function ofNodeRedis(client: NodeRedisClient): RedisConnection {
	return {
		run(script, key, args) {
			const call = { keys: [key], arguments: args };
			return sentWholeIfUnknown(
				() => client.evalSha(script.sha, call),
				() => client.eval(script.text, call),
			);
		},
		async *scan(pattern) {
			const match = { MATCH: pattern, COUNT: PAGE_KEYS, TYPE: "hash" };
			for (const master of client.masters ?? [undefined]) {
				const node = master === undefined ? client : await client.nodeClient?.(master);
				yield* pagesOf((cursor) => (node as NodeRedisNode).scan(cursor, match));
			}
		},
		// What was on its way when the connection broke is rejected, by one server's client and by a cluster's; the one for
		// sentinels looks for the master and sends it again.
		resends: () => client.getSentinelNode !== undefined,
	};
}

async function sentWholeIfUnknown(
	bySha: () => Promise<unknown>,
	whole: () => Promise<unknown>,
): Promise<unknown> {
	try {
		return await bySha();
	} catch (error) {
		if (codeOf(error) !== "NOSCRIPT") throw error;
		return whole();
	}
}

/** Ends when the server says so, however many pages that are: a cursor of 0. */
async function* pagesOf(
	page: (cursor: string) => Promise<NodeRedisPage>,
): AsyncGenerator<readonly string[], void, undefined> {
	let cursor = "0";
	do {
		const answer = await page(cursor);
		cursor = String(answer.cursor);
		yield answer.keys.map(String);
	} while (cursor !== "0");
}
