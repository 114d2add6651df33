// BullMQ on a real Redis: no wake is lost when a holder is killed, although no job is tried twice.
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, it } from "vitest";
import { redisStore } from "../../src/stores/redis-store.ts";
import { redisProgram, startRedis } from "../servers/redis-server.ts";
import { notTested, type TestServer } from "../servers/test-server.ts";
import { expectEachEndsOnce, expectHeldIsLost, type QueueSite, takesLong } from "./killed-holder.ts";

if (redisProgram === undefined) notTested("BullMQ", "there is no redis-server");

describe.skipIf(!takesLong || redisProgram === undefined)("jobs of BullMQ whose attempts are 1", () => {
	let server: TestServer;
	let client: Redis;
	beforeAll(async () => {
		server = await startRedis();
		client = new Redis({ host: server.host, port: server.port });
	}, 30_000);
	afterAll(async () => {
		client.disconnect();
		await server.stop();
	});

	async function onQueue(name: string, body: (site: QueueSite) => Promise<void>): Promise<void> {
		const connection = { host: server.host, port: server.port };
		const queue = new Queue(name, { connection });
		await body({
			program: "bullmq",
			plan: { ...connection, queue: name },
			store: redisStore(client, { prefix: `leases of ${name}:` }),
			workers: 3,
			add: (message) => queue.add("advance", message),
			pending: () => queue.getJobCountByTypes("waiting", "active", "delayed"),
			buried: () => queue.getJobCountByTypes("failed"),
		});
		await queue.close();
	}

	it("bring every session to its end, each effect once, although a holder is killed", async () => {
		await onQueue("delays", expectEachEndsOnce);
	});

	it("lose the killed holder's session if contention counts as a failure", async () => {
		await onQueue("bare", expectHeldIsLost);
	});
});
