// A pg-boss worker: one job at a time, and each may be tried once more.
import pg from "pg";
import PgBoss from "pg-boss";
import { pgBossHandler } from "../../../dist/queues/index.js";
import { postgresStore } from "../../../dist/stores/postgres-store.js";
import { advanceUnderLease, leasesOn, plan } from "./advance.mjs";

const boss = new PgBoss({ connectionString: plan.url, maintenanceIntervalSeconds: 1, schedule: false });
boss.on("error", (error) => console.error(error));
await boss.start();
const wake = async (sessionId, state) => void (await boss.send(plan.queue, { sessionId, state }));
const pool = new pg.Pool({ connectionString: plan.url, max: 2 });
const leases = leasesOn(postgresStore(pool, { table: plan.table }));
const advance = advanceUnderLease(leases, wake);
const handle = (job) => advance(job.data);
// The bare one fails a job as pg-boss has it.
const bare = ([job]) => handle(job);
const options = { includeMetadata: true, pollingIntervalSeconds: 0.5 };
await boss.work(plan.queue, options, plan.bare ? bare : pgBossHandler(boss, handle));
