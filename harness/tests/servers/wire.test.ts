// The table of what each port costs on the wire: counted here by `npm run test:servers`, and compared with the one in
// docs/porting.md; with `SESSION_LEASE_WRITE=1` it is written there.
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
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
import { isLong, type TestServer } from "./test-server.ts";
import { measureWire, type WireCost, type WireRow } from "./wire.ts";

interface Measured {
	readonly name: string;
	/** Whether its server is here. */
	readonly isHere: boolean;
	readonly start: () => Promise<TestServer>;
	readonly portOf: (server: () => TestServer) => Port;
}

const MEASURED: readonly Measured[] = [
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

const DOCUMENT = new URL("../../../docs/porting.md", import.meta.url);
const writes = process.env.SESSION_LEASE_WRITE === "1";
/** Dates, ports and ids are not always equally long. */
const BYTES_MAY_DIFFER_BY = 0.05;

describe("what a lease costs on the wire", async () => {
	let document = await readFile(DOCUMENT, "utf8");

	for (const { name, isHere, start, portOf } of MEASURED) {
		it.skipIf(!isHere || !isLong)(`is as docs/porting.md says: ${name}`, async () => {
			const server = await start();
			try {
				const row = await measureWire(portOf(() => server));
				const line = lineOf(name, row);
				const table = document.slice(document.indexOf("### On the wire"));
				const written = table.split("\n").find((other) => other.startsWith(`| ${name} |`));
				if (writes && written !== undefined) {
					document = document.replace(written, line);
					await writeFile(DOCUMENT, document);
				}
				expect(differences(numbersOf(writes ? line : (written ?? "")), numbersOf(line))).toEqual([]);
			} finally {
				await server.stop();
			}
		});
	}
});

function lineOf(name: string, { read, bid, save }: WireRow): string {
	const bytes = ({ sentBytes, receivedBytes }: WireCost) => `${sentBytes} / ${receivedBytes}`;
	const trips = [read, bid, save].map(({ roundTrips }) => roundTrips).join(", ");
	return `| ${name} | ${trips} | ${bytes(read)} | ${bytes(bid)} | ${bytes(save)} |`;
}

const numbersOf = (line: string): number[] =>
	[...line.matchAll(/\b\d+\b/g)].map(([digits]) => Number(digits));

/** Round trips have to be the same; they are all below ten. */
function differences(written: readonly number[], counted: readonly number[]): string[] {
	if (written.length !== counted.length)
		return [`${written.length} numbers are written, ${counted.length} counted`];
	return counted
		.map((now, index) => ({ now, before: written[index] as number }))
		.filter(({ now, before }) => Math.abs(now - before) > (before < 10 ? 0 : before * BYTES_MAY_DIFFER_BY))
		.map(({ now, before }) => `${before} is written, ${now} was counted`);
}
