// A BullMQ worker: one job at a time, and none of them is tried twice.
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { bullmqProcessor } from "../../../dist/queues/index.js";
import { redisStore } from "../../../dist/stores/redis-store.js";
import { advanceByTransitions, leasesOn, plan } from "./advance.mjs";

const connection = { host: plan.host, port: plan.port };
const queue = new Queue(plan.queue, { connection });
const wake = async (sessionId, state) => void (await queue.add("advance", { sessionId, state }));
const client = new Redis({ ...connection, maxRetriesPerRequest: null });
const leases = leasesOn(redisStore(client, { prefix: `leases of ${plan.queue}:` }));
const advance = advanceByTransitions(leases, wake);
const handle = (job) => advance(job.data);
const worker = new Worker(plan.queue, plan.bare ? handle : bullmqProcessor(handle), {
	connection,
	lockDuration: 1_000,
	stalledInterval: 500,
	maxStalledCount: 10,
});
worker.on("error", (error) => console.error(error));
