// Each store that reaches a server over a wire, opened by its URL, with the server that it is measured on.
import { randomUUID } from "node:crypto";
import type { Port } from "../../src/conformance/index.ts";
import { realClock, realWait } from "../../src/system/real-time.ts";
import { serveEngine } from "../../src/wire/serve-engine.ts";
import { dynamodbPort } from "./dynamodb-port.ts";
import { startDynalite } from "./dynamodb-server.ts";
import { etcdPort } from "./etcd-port.ts";
import { etcdProgram, startEtcd } from "./etcd-server.ts";
import { iiiPort } from "./iii-port.ts";
import { natsPort } from "./nats-port.ts";
import { natsProgram, startNats } from "./nats-server.ts";
import { postgresPort } from "./postgres-port.ts";
import { postgresProgram, startPostgres } from "./postgres-server.ts";
import { redisPort, throughIoredis, throughNodeRedis } from "./redis-port.ts";
import { redisProgram, startRedis } from "./redis-server.ts";
import type { TestServer } from "./test-server.ts";

export interface WiredStore {
	readonly name: string;
	/** Whether its server is here. */
	readonly isHere: boolean;
	readonly start: () => Promise<TestServer>;
	readonly portOf: (server: () => TestServer) => Port;
}

export const WIRED_STORES: readonly WiredStore[] = [
	{
		name: "Redis, ioredis",
		isHere: redisProgram !== undefined,
		start: startRedis,
		portOf: (server) => redisPort("ioredis", throughIoredis, server),
	},
	{
		name: "Redis, node-redis",
		isHere: redisProgram !== undefined,
		start: startRedis,
		portOf: (server) => redisPort("node-redis", throughNodeRedis, server),
	},
	{ name: "PostgreSQL", isHere: postgresProgram !== undefined, start: startPostgres, portOf: postgresPort },
	{
		name: "DynamoDB (dynalite)",
		isHere: true,
		start: startDynalite,
		portOf: (server) => dynamodbPort("dynalite", server),
	},
	{
		name: "iii, in process",
		isHere: true,
		start: startIII,
		portOf: (server) => iiiPort("iii", () => urlOf(server())),
	},
	{ name: "NATS KV", isHere: natsProgram !== undefined, start: startNats, portOf: natsPort },
	{ name: "etcd", isHere: etcdProgram !== undefined, start: startEtcd, portOf: etcdPort },
];

/** The in-process engine behind iii's protocol: the frames are iii-sdk's, and the answers have iii's form. */
async function startIII(): Promise<TestServer> {
	const ports = { clock: realClock, wait: realWait, newId: randomUUID, triggerDelayMs: () => 0 };
	const served = await serveEngine({ port: 0 }, ports);
	const never = () => Promise.reject(new Error("It is not killed here."));
	const where = { host: "127.0.0.1", port: Number(new URL(served.url).port), folder: "" };
	return { ...where, kill: never, restart: never, stop: () => served.close() };
}

const urlOf = ({ port }: TestServer): string => `ws://127.0.0.1:${port}`;
