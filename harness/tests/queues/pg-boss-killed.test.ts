// pg-boss on a real PostgreSQL: no wake is lost when a holder is killed, although a job is tried twice at most.
import pg from "pg";
import PgBoss from "pg-boss";
import { afterAll, beforeAll, describe, it } from "vitest";
import { postgresStore } from "../../src/stores/postgres-store.ts";
import { postgresProgram, startPostgres, urlOf } from "../servers/postgres-server.ts";
import { notTested, type TestServer } from "../servers/test-server.ts";
import { expectEachEndsOnce, expectHeldIsLost, type QueueSite, takesLong } from "./killed-holder.ts";

if (postgresProgram === undefined) notTested("pg-boss", "there is no postgres");

describe.skipIf(!takesLong || postgresProgram === undefined)("jobs of pg-boss whose retryLimit is 1", () => {
	let server: TestServer;
	let pool: pg.Pool;
	let boss: PgBoss;
	beforeAll(async () => {
		server = await startPostgres();
		pool = new pg.Pool({ connectionString: urlOf(server), max: 2 });
		boss = new PgBoss({ connectionString: urlOf(server), maintenanceIntervalSeconds: 1, schedule: false });
		boss.on("error", () => undefined);
		await boss.start();
	}, 30_000);
	afterAll(async () => {
		await boss.stop({ graceful: false, wait: true });
		await pool.end();
		await server.stop();
	});

	async function onQueue(queue: string, body: (site: QueueSite) => Promise<void>): Promise<void> {
		await boss.createQueue(queue, { name: queue, retryLimit: 1, expireInSeconds: 2 });
		const table = `leases_of_${queue}`;
		const count = async (states: readonly string[]) => {
			const text = "select count(*)::int as jobs from pgboss.job where name = $1 and state::text = any($2)";
			return (await pool.query(text, [queue, states])).rows[0].jobs;
		};
		await body({
			program: "pg-boss",
			plan: { url: urlOf(server), queue, table },
			store: postgresStore(pool, { table }),
			workers: 3,
			add: (message) => boss.send(queue, message),
			pending: () => count(["created", "retry", "active"]),
			buried: () => count(["failed"]),
		});
	}

	it("bring every session to its end, each effect once, although a holder is killed", async () => {
		await onQueue("delays", expectEachEndsOnce);
	});

	it("lose the killed holder's session if contention counts as a failure", async () => {
		await onQueue("bare", expectHeldIsLost);
	});
});
