// Graphile Worker on a real PostgreSQL: no wake is lost when a holder is killed, although a job is tried twice at most.
import { Logger, makeWorkerUtils, type WorkerUtils } from "graphile-worker";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unlockStuckJobs } from "../../src/queues/index.ts";
import { postgresStore } from "../../src/stores/postgres-store.ts";
import { postgresProgram, startPostgres, urlOf } from "../servers/postgres-server.ts";
import { notTested, type TestServer } from "../servers/test-server.ts";
import { expectEachEndsOnce, expectHeldIsLost, type QueueSite, takesLong } from "./killed-holder.ts";

if (postgresProgram === undefined) notTested("Graphile Worker", "there is no postgres");

describe.skipIf(!takesLong || postgresProgram === undefined)(
	"jobs of Graphile Worker with 2 attempts",
	() => {
		let server: TestServer;
		let pool: pg.Pool;
		beforeAll(async () => {
			server = await startPostgres();
			pool = new pg.Pool({ connectionString: urlOf(server), max: 4 });
		}, 30_000);
		afterAll(async () => {
			await pool.end();
			await server.stop();
		});

		async function onSchema(
			schema: string,
			body: (site: QueueSite, utils: WorkerUtils) => Promise<void>,
		): Promise<void> {
			const utils = await makeWorkerUtils({
				pgPool: pool,
				schema,
				logger: new Logger(() => () => undefined),
			});
			await utils.migrate();
			const table = `leases_of_${schema}`;
			const count = async (condition: string) =>
				(await pool.query(`select count(*)::int as jobs from "${schema}".jobs where ${condition}`)).rows[0]
					.jobs;
			await body(
				{
					program: "graphile-worker",
					plan: { url: urlOf(server), schema, table },
					store: postgresStore(pool, { table }),
					workers: 3,
					add: (message) => utils.addJob("advance", message, { maxAttempts: 2 }),
					pending: () => count("locked_at is not null or attempts < max_attempts"),
					buried: () => count("locked_at is null and attempts = max_attempts"),
				},
				utils,
			);
			await utils.release();
		}

		it.each([
			["others of its session wait", "delays", false],
			["no other message of its session is left", "unlocks", true],
		])(
			"bring every session to its end, each effect once, although a holder is killed and %s",
			async (...it) => {
				const [, schema, alone] = it;
				await onSchema(schema, (site) => expectEachEndsOnce(site, { alone }));
			},
		);

		it("lose the killed holder's session if contention counts as a failure", async () => {
			await onSchema("bare", expectHeldIsLost);
		});

		it("are unlocked, with their named queue, when they were taken longer ago than any lasts, and no sooner", async () => {
			await onSchema("stuck", async (_, utils) => {
				const { id } = await utils.addJob("advance", {}, { queueName: "of s" });
				const lock = `locked_by = 'dead', locked_at = now() - interval '60 seconds'`;
				await pool.query(`update stuck._private_jobs set ${lock}, attempts = 1 where id = $1`, [id]);
				await pool.query(`update stuck._private_job_queues set ${lock}`);
				expect(await unlockStuckJobs(pool, { stuckAfterMs: 120_000, schema: "stuck" })).toBe(0);
				expect(await unlockStuckJobs(pool, { stuckAfterMs: 30_000, schema: "stuck" })).toBe(1);
				const available = async (table: string) =>
					(await pool.query(`select is_available from stuck.${table}`)).rows;
				expect(await available("_private_jobs")).toEqual([{ is_available: true }]);
				expect(await available("_private_job_queues")).toEqual([{ is_available: true }]);
				expect(await unlockStuckJobs(pool, { stuckAfterMs: 30_000, schema: "stuck" })).toBe(0);
			});
		});
	},
);
