// The PostgreSQL store on a real server: the kit, and what only this server can do to it.
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { conform } from "../../src/conformance/conform.ts";
import { startRelay } from "../../src/conformance/relay.ts";
import type { FieldOp } from "../../src/lease/atomic-store.ts";
import { openPostgres } from "../../src/stores/open-postgres.ts";
import type { OpenStore } from "../../src/stores/opening.ts";
import { postgresSchema, postgresStatements } from "../../src/stores/postgres-schema.ts";
import { type PostgresClient, postgresStore } from "../../src/stores/postgres-store.ts";
import { realWait } from "../../src/system/real-time.ts";
import { within } from "../../src/system/within.ts";
import { errorOf } from "../support/bench.ts";
import { postgresPort } from "./postgres-port.ts";
import { askOnce, postgresProgram, startPostgres, urlOf } from "./postgres-server.ts";
import { isLong, notTested, type TestServer } from "./test-server.ts";

if (postgresProgram === undefined) notTested("PostgreSQL", "`initdb` and `postgres` are not installed");

const COUNT: readonly FieldOp[] = [{ op: "increment", field: "n", by: 1 }];
const RECORD_COUNT = 1_100;
/** Of hooks: other tests may have the processors. */
const START_MS_MAX = 60_000;
const CLOSE_MS_MAX = 5_000;
const LEVELS = isLong ? ["read committed", "repeatable read", "serializable"] : ["repeatable read"];
const INCREMENTS = 1_000;

describe.skipIf(postgresProgram === undefined)("PostgreSQL", () => {
	let server: TestServer;
	const open: (OpenStore | pg.Pool)[] = [];
	let tables = 0;

	beforeAll(async () => {
		server = await startPostgres();
	}, START_MS_MAX);
	afterAll(async () => {
		const closing = Promise.all(open.map((one) => ("end" in one ? one.end() : one.close())));
		// A connection that a failed test still holds would keep the server here.
		await within(
			realWait,
			CLOSE_MS_MAX,
			closing.then(() => undefined),
		).finally(() => server.stop());
	}, START_MS_MAX);

	const newTable = () => `table_${++tables}`;
	const connect = async (table: string, parameters = ""): Promise<OpenStore> => {
		const store = await openPostgres(`${urlOf(server)}?table=${table}${parameters}`);
		open.push(store);
		return store;
	};
	const poolOf = (settings: pg.PoolConfig = {}): pg.Pool => {
		const pool = new pg.Pool({ connectionString: urlOf(server), ...settings });
		pool.on("error", () => undefined);
		open.push(pool);
		return pool;
	};
	/** Of every connection, as a database or a role may be set to. */
	const withDefault = (setting: string) => poolOf({ options: `-c ${setting.replaceAll(" ", "\\ ")}` });

	conform(
		{ describe, it, expect },
		postgresPort(() => server),
	);

	describe("setting up", () => {
		it("is done by any of ten clients that start at once, in the way of none", async () => {
			const table = newTable();
			const stores = await Promise.all(Array.from({ length: 10 }, () => connect(table)));
			const answers = await Promise.all(stores.map((store) => store.update("s", COUNT)));
			expect(answers.map(({ n = 0 }) => Number(n)).sort((a, b) => a - b)).toEqual([...Array(10).keys()]);
		});

		it("is left to others where the caller wants that, who run the same text, twice if they like", async () => {
			const table = newTable();
			const store = postgresStore(poolOf(), { table, setUp: false });
			const error = await errorOf(store.update("s", COUNT));
			expect(error).toMatchObject({ code: "store_answer_invalid" });
			expect(String(error)).toMatch(/postgresSchema/);
			for (let time = 1; time <= 2; time++) await askOnce(server, postgresSchema(table));
			expect([await store.update("s", COUNT), await store.read("s")]).toEqual([{}, { n: 1 }]);
		});

		it("puts a table into the schema that its name says, next to one of the same name", async () => {
			await askOnce(server, "create schema apart");
			const table = newTable();
			const [first, second] = [await connect(table), await connect(`apart.${table}`)];
			await first.update("s", COUNT);
			expect([await first.read("s"), await second.read("s")]).toEqual([{ n: 1 }, {}]);
		});

		it("is refused to a user who may not, and needs no right when it is done", async () => {
			const table = newTable();
			await askOnce(server, "create role guest login");
			const guests = poolOf({ connectionString: urlOf(server, "guest") });
			const store = postgresStore(guests, { table });
			expect(await errorOf(store.update("s", COUNT))).toMatchObject({ code: "store_answer_invalid" });
			await connect(table);
			await askOnce(server, `grant select, insert, update on ${table} to guest`);
			expect([await store.update("s", COUNT), await store.read("s")]).toEqual([{}, { n: 1 }]);
			// As one does that found nothing there a moment ago.
			await guests.query(postgresStatements(table).setUp);
		});
	});

	describe("a batch", () => {
		it("is one round trip, and so is a read", async () => {
			const relay = await startRelay(server);
			const store = await openPostgres(`${urlOf(relay)}?table=${newTable()}`);
			const before = relay.counts().roundTrips;
			for (let time = 1; time <= 3; time++) await store.update("s", COUNT);
			await store.read("s");
			expect(relay.counts().roundTrips - before).toBe(4);
			await store.close();
			await relay.close();
		});

		it.each(LEVELS)(
			"is applied once and answered with what was there before it, where the isolation level is %s",
			async (level) => {
				const pool = withDefault(`default_transaction_isolation=${level}`);
				const store = postgresStore(pool, { table: newTable() });
				await store.read("s");
				const answers = await Promise.all(Array.from({ length: 40 }, () => store.update("s", COUNT)));
				expect(answers.map(({ n = 0 }) => Number(n)).sort((a, b) => a - b)).toEqual([...Array(40).keys()]);
				expect((await pool.query("show transaction_isolation")).rows).toEqual([
					{ transaction_isolation: level },
				]);
			},
		);

		it("is refused in a transaction of the caller's, which need never be committed", async () => {
			const table = newTable();
			const outside = await connect(table);
			const client = await poolOf().connect();
			const store = postgresStore(client, { table });
			await client.query("begin");
			const error = await errorOf(store.update("s", COUNT));
			await client.query("commit");
			client.release();
			expect(error).toMatchObject({ code: "store_answer_invalid" });
			expect(String(error)).toMatch(/is in a transaction/);
			expect(await outside.read("s")).toEqual({});
		});

		it("says that nothing was done when somebody else holds the row", async () => {
			const table = newTable();
			const store = await connect(table);
			await store.update("s", COUNT);
			const other = await poolOf().connect();
			await other.query("begin");
			await other.query(`select from ${table} for update`);
			// Sooner than by the procedure's own limit, which is another error of the same kind.
			const impatient = postgresStore(withDefault("statement_timeout=100"), { table });
			const errors = await Promise.all([
				errorOf(store.update("s", COUNT)),
				errorOf(impatient.update("s", COUNT)),
			]);
			expect(await store.read("s")).toEqual({ n: 1 });
			await other.query("rollback");
			other.release();
			const expected = (code: string) => ({ code: "store_unavailable", cause: { code } });
			expect(errors).toMatchObject([expected("55P03"), expected("57014")]);
			expect(await store.update("s", COUNT)).toEqual({ n: 1 });
		});

		it.each([
			["a list", "[]"],
			["a field that is no text", '{"n": 1}'],
			["a text that is not JSON", '{"name": "Bob"}'],
			["JSON that is no value of a field", '{"other": "[1]"}'],
		])("is not applied to a record of somebody else's: %s", async (_, fields) => {
			const table = newTable();
			const store = await connect(table);
			await askOnce(server, `insert into ${table} values ('s', $1)`, [fields]);
			for (const call of [() => store.update("s", COUNT), () => store.read("s")]) {
				expect(await errorOf(call())).toMatchObject({ code: "record_invalid" });
			}
			const [row] = await askOnce(server, `select fields from ${table}`);
			expect(row).toEqual({ fields: JSON.parse(fields) });
		});

		it("is refused, and can be sent again, where a table of the same name is another one", async () => {
			const table = newTable();
			await askOnce(server, `create table ${table} (id int)`);
			const store = postgresStore(poolOf(), { table });
			for (const call of [() => store.update("s", COUNT), () => store.read("s")]) {
				expect(await errorOf(call())).toMatchObject({ code: "store_answer_invalid" });
			}
		});

		it("says that nothing was done on a server that takes no writes, as one that has just lost its role", async () => {
			const table = newTable();
			await connect(table);
			const store = postgresStore(withDefault("default_transaction_read_only=on"), { table });
			expect(await errorOf(store.update("s", COUNT))).toMatchObject({ code: "store_unavailable" });
			expect(await store.read("s")).toEqual({});
		});

		it("says that nothing was done when its turn on a connection does not come", async () => {
			const pool = poolOf({ max: 1, connectionTimeoutMillis: 50 });
			const store = postgresStore(pool, { table: newTable() });
			await store.read("s");
			const only = await pool.connect();
			const late = await errorOf(store.update("s", COUNT));
			only.release();
			// A pool of the caller's does not say in which step it failed: unknown is the truth.
			expect((late as { code?: unknown }).code).toBeUndefined();
			expect(await store.read("s")).toEqual({});
		});
	});

	it("lists more records than a page has, each once, in the order of their bytes", async () => {
		const table = newTable();
		const store = await connect(table);
		await askOnce(
			server,
			`insert into ${table} select 'k' || n, jsonb_build_object('n', n::text) from generate_series(1, $1::int) n`,
			[RECORD_COUNT],
		);
		const keys: string[] = [];
		for await (const listed of store.list?.() ?? []) {
			expect(listed).toMatchObject({ fields: { n: Number(listed.key.slice(1)) } });
			keys.push(listed.key);
		}
		const collation = `select collation_name from information_schema.columns where table_name = $1 and column_name = 'key'`;
		expect(await askOnce(server, collation, [table])).toEqual([{ collation_name: "C" }]);
		expect(keys).toEqual(Array.from({ length: RECORD_COUNT }, (_, index) => `k${index + 1}`).sort());
	});

	it.skipIf(!isLong)("gives each of 1,000 increments over ten connections another answer", async () => {
		const store = postgresStore(poolOf({ max: 10 }), { table: newTable() });
		const answers = await Promise.all(Array.from({ length: INCREMENTS }, () => store.update("s", COUNT)));
		expect(answers.map(({ n = 0 }) => Number(n)).sort((a, b) => a - b)).toEqual([
			...Array(INCREMENTS).keys(),
		]);
		expect(await store.read("s")).toEqual({ n: INCREMENTS });
	});

	it("says that nothing was done where no connection can be had, and goes on when one can", async () => {
		const relay = await startRelay(server);
		const store = await openPostgres(`${urlOf(relay)}?table=${newTable()}`);
		open.push(store);
		relay.drop();
		// The first one may still have got the connection that was lost.
		await errorOf(store.update("s", COUNT));
		expect(await errorOf(store.update("s", COUNT))).toMatchObject({ code: "store_unavailable" });
		relay.restore();
		expect(await store.update("s", COUNT)).toEqual({});
		await relay.close();
	});

	it.skipIf(!isLong)("gives up a connection whose answers do not come, and takes another one", async () => {
		const relay = await startRelay(server);
		const store = await openPostgres(`${urlOf(relay)}?table=${newTable()}`);
		open.push(store);
		relay.holdAnswers();
		const errors = await Promise.all(Array.from({ length: 5 }, () => errorOf(store.update("s", COUNT))));
		// On the connection that was given up it would have been sent.
		expect(await errorOf(store.update("s", COUNT))).toMatchObject({ code: "store_unavailable" });
		relay.restore();
		// One had the connection that was open. The others have waited for one, and sent nothing.
		const unavailable = errors.filter((error) => (error as { code?: unknown }).code === "store_unavailable");
		expect([unavailable.length, await store.read("s")]).toEqual([4, { n: 1 }]);
		await relay.close();
	});

	it("has clients that fit: pg's own", () => {
		const pool = poolOf();
		expect([pool, new pg.Client()] satisfies PostgresClient[]).toHaveLength(2);
	});

	// Last: the server is another one after it.
	it("keeps what was answered when the server is killed, also where other transactions are not waited for", async () => {
		const table = newTable();
		const store = postgresStore(withDefault("synchronous_commit=off"), { table });
		await store.read("s");
		const answered: unknown[] = [];
		const writer = (async () => {
			for (let n = 0; n < 10_000; n++) answered.push(await store.update("s", COUNT));
		})();
		const cut = errorOf(writer);
		while (answered.length < 100) await new Promise((resolve) => setImmediate(resolve));
		await server.kill();
		expect(await cut).toBeDefined();
		const acknowledged = answered.length;
		await server.restart();
		const { n: kept } = await (await connect(table)).read("s");
		// One more may have been under way.
		expect(Number(kept) - acknowledged).toBeGreaterThanOrEqual(0);
		expect(Number(kept) - acknowledged).toBeLessThanOrEqual(1);
	});
});
