// A Redis cluster as the conformance kit sees it, through each client for clusters: a prefix for each case, and no relay.
//
// Nodes tell their clients each other's addresses, so that nobody would stay behind a relay.

import { Cluster } from "ioredis";
import { Cluster as Cluster5 } from "ioredis-5";
import { createCluster } from "redis";
import type { Client, Port } from "../../src/conformance/port.ts";
import { redisStore } from "../../src/stores/redis-store.ts";
import type { RedisCluster } from "./redis-cluster.ts";

export type ConnectCluster = (cluster: RedisCluster, prefix: string) => Promise<Client>;

const rootOf = ({ nodes: [root] }: RedisCluster): { host: string; port: number } => {
	if (root === undefined) throw new Error("The cluster has no node.");
	return { host: root.host, port: root.port };
};

export const throughIoredis: ConnectCluster = async (cluster, prefix) =>
	whenReady(new Cluster([rootOf(cluster)], { scaleReads: "slave" }), prefix);

export const throughIoredis5: ConnectCluster = async (cluster, prefix) =>
	whenReady(new Cluster5([rootOf(cluster)]), prefix);

async function whenReady(client: Cluster | Cluster5, prefix: string): Promise<Client> {
	client.on("error", () => undefined);
	return { ...redisStore(client, { prefix }), close: async () => client.disconnect() };
}

export const throughNodeRedis: ConnectCluster = async (cluster, prefix) => {
	const { host, port } = rootOf(cluster);
	const client = createCluster({ rootNodes: [{ url: `redis://${host}:${port}` }], useReplicas: true });
	client.on("error", () => undefined);
	await client.connect();
	return { ...redisStore(client, { prefix }), close: async () => client.destroy() };
};

/** The cluster is started by the test that runs the kit, before its first case. */
export function redisClusterPort(name: string, connect: ConnectCluster, cluster: () => RedisCluster): Port {
	let cases = 0;
	return {
		name: `a Redis cluster through ${name}`,
		capabilities: { server: false },
		async open() {
			const prefix = `${name}-${++cases}:`;
			return {
				connect: () => connect(cluster(), prefix),
				async spoil(key) {
					const client = new Cluster([rootOf(cluster())]);
					await client.set(prefix + key, "a text");
					client.disconnect();
				},
				close: async () => undefined,
			};
		},
	};
}
