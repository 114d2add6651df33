// A Graphile Worker: one job at a time, and each may be tried once more. It unlocks what the dead have left.
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { graphileTask, unlockStuckJobs } from "../../../dist/queues/index.js";
import { postgresStore } from "../../../dist/stores/postgres-store.js";
import { advanceByTransitions, leasesOn, plan } from "./advance.mjs";

const pgPool = new pg.Pool({ connectionString: plan.url, max: 5 });
pgPool.on("error", (error) => console.error(error));
const { schema, table } = plan;
const settings = { pgPool, schema, logger: new Logger(() => () => undefined) };
const utils = await makeWorkerUtils(settings);
const wake = async (sessionId, state) =>
	void (await utils.addJob("advance", { sessionId, state }, { maxAttempts: 2 }));
const advance = advanceByTransitions(leasesOn(postgresStore(pgPool, { table })), wake);
const bare = async (payload) => void (await advance(payload));
await run({
	...settings,
	concurrency: 1,
	pollInterval: 300,
	noHandleSignals: true,
	taskList: { advance: plan.bare ? bare : graphileTask(advance) },
});
const unlock = () => unlockStuckJobs(pgPool, { stuckAfterMs: 1_500, schema });
setInterval(() => unlock().catch((error) => console.error(error)), 500);
