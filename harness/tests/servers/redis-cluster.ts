// A Redis cluster of three masters, made of three servers and a few commands.
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../support/free-port.ts";
import { askRedis, redisSetup } from "./redis-server.ts";
import { startServer, type TestServer } from "./test-server.ts";

export interface RedisCluster {
	readonly nodes: readonly TestServer[];
	/** The place in `nodes` of the master that has the slot in the beginning. */
	masterOf(slot: number): number;
	/** The node's name in the cluster. */
	idOf(node: TestServer): Promise<string>;
	stop(): Promise<void>;
}

const SLOTS = 16_384;
const MASTERS = 3;
const JOIN_MS_MAX = 20_000;

export async function startRedisCluster(): Promise<RedisCluster> {
	const nodes: TestServer[] = [];
	const stop = async () => {
		await Promise.all(nodes.map((node) => node.stop()));
	};
	const masterOf = (slot: number): number => Math.floor((slot * MASTERS) / SLOTS);
	try {
		const buses = await Promise.all(Array.from({ length: MASTERS }, () => freePort()));
		// One after the other: a port that is free for two is free for none.
		for (const bus of buses) {
			const settings = [
				"--cluster-enabled",
				"yes",
				"--cluster-port",
				String(bus),
				"--cluster-node-timeout",
				"5000",
			];
			nodes.push(await startServer(redisSetup(settings)));
		}
		const firstSlot = (master: number): number => Math.ceil((master * SLOTS) / MASTERS);
		for (const [at, node] of nodes.entries()) {
			const range = [String(firstSlot(at)), String(firstSlot(at + 1) - 1)];
			await askRedis(node, [
				["CLUSTER", "SET-CONFIG-EPOCH", String(at + 1)],
				["CLUSTER", "ADDSLOTSRANGE", ...range],
				...nodes
					.slice(0, at)
					.map(({ port }, to) => ["CLUSTER", "MEET", "127.0.0.1", String(port), String(buses[to])]),
			]);
		}
		await untilJoined(nodes);
	} catch (error) {
		await stop();
		throw error;
	}
	const idOf = async (node: TestServer): Promise<string> => {
		const [answer = ""] = await askRedis(node, [["CLUSTER", "MYID"]], { line: 1 });
		return answer;
	};
	return { nodes, masterOf, idOf, stop };
}

/** Each knows of every slot, and of the other nodes. */
async function untilJoined(nodes: readonly TestServer[]): Promise<void> {
	const deadline = AbortSignal.timeout(JOIN_MS_MAX);
	for (const node of nodes) {
		for (;;) {
			const [info = ""] = await askRedis(node, [["CLUSTER", "INFO"]], { line: "all" });
			if (info.includes("cluster_state:ok") && info.includes(`cluster_size:${MASTERS}`)) break;
			if (deadline.aborted) throw new Error(`The cluster does not come together:\n${info}`);
			await pause(20);
		}
	}
}
