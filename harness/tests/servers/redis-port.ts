// Redis as the conformance kit sees it, through each client: a prefix for each case, and every client behind one relay.
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis-5";
import type { Client, Port } from "../../src/conformance/port.ts";
import { startRelay } from "../../src/conformance/relay.ts";
import { connectNodeRedis } from "../../src/stores/connect-redis.ts";
import { openRedis } from "../../src/stores/open-redis.ts";
import { redisStore } from "../../src/stores/redis-store.ts";
import { askRedis } from "./redis-server.ts";
import type { TestServer } from "./test-server.ts";

export type Connect = (
	to: { readonly host: string; readonly port: number },
	prefix: string,
) => Promise<Client>;

export const throughIoredis: Connect = ({ host, port }, prefix) =>
	openRedis(`redis://${host}:${port}?prefix=${encodeURIComponent(prefix)}`);

export const throughNodeRedis: Connect = async ({ host, port }, prefix) => {
	const place = { host, port, user: "", password: "", database: 0, tls: false };
	const { client, connect, close } = await connectNodeRedis(place);
	await connect();
	return { ...redisStore(client, { prefix }), close: async () => close() };
};

/** What it has not got an answer for, it sends again when it is connected again. */
export const throughResending: Connect = async ({ host, port }, prefix) =>
	byDefault(new Redis(port, host), prefix);

export const throughResending5: Connect = async ({ host, port }, prefix) =>
	byDefault(new Redis5(port, host), prefix);

function byDefault(client: Redis | Redis5, prefix: string): Client {
	client.on("error", () => undefined);
	return { ...redisStore(client, { prefix }), close: async () => client.disconnect() };
}

/** The server is started by the test that runs the kit, before its first case. */
export function redisPort(name: string, connect: Connect, server: () => TestServer): Port {
	let cases = 0;
	return {
		name: `Redis through ${name}`,
		async open() {
			const prefix = `${name.replaceAll(" ", "_")}-${++cases}:`;
			const relay = await startRelay(server());
			return {
				relay,
				connect: () => connect(relay, prefix),
				spoil: async (key) => {
					await askRedis(server(), [["SET", prefix + key, "a text"]]);
				},
				close: () => relay.close(),
			};
		},
	};
}
