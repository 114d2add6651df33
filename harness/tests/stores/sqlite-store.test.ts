// The store port on SQLite: what it makes of each error, when nothing is certain, and which file a URL names.
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVirtualTime, type FieldOp, type VirtualTime } from "../../src/index.ts";
import { type LoadSqlite, openSqlite, openSqliteWith } from "../../src/stores/open-sqlite.ts";
import { type SqliteClient, type SqliteStatement, sqliteStore } from "../../src/stores/sqlite-store.ts";
import { createSqliteFolder, findDriver } from "../servers/sqlite-port.ts";
import { errorOf } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

const ADD: readonly FieldOp[] = [{ op: "increment", field: "n", by: 1 }];

/** As better-sqlite3, libsql and node:sqlite throw it. */
const betterError = (code: string) => Object.assign(new Error("no"), { code });
const libsqlError = (code: string, rawCode: number) => Object.assign(new Error("no"), { code, rawCode });
const nodeError = (errcode: number) => Object.assign(new Error("no"), { code: "ERR_SQLITE_ERROR", errcode });

let time: VirtualTime;
let database: InstanceType<typeof Database>;
beforeEach(() => {
	time = createVirtualTime();
	database = new Database(":memory:");
});
afterEach(() => database.close());

/** SQLite, but for statements that begin so, which throw, the first ones or all; and what was executed. */
function failing(beginning: string, error: Error, { times = Number.POSITIVE_INFINITY, isDone = false } = {}) {
	const executed: string[] = [];
	let left = times;
	const run = <T>(sql: string, execute: () => T): T => {
		executed.push(sql.split(" ").slice(0, 2).join(" "));
		if (!sql.startsWith(beginning) || left-- <= 0) return execute();
		if (isDone) execute();
		throw error;
	};
	const client: SqliteClient = {
		exec: (sql) => run(sql, () => database.exec(sql)),
		prepare(sql): SqliteStatement {
			const statement = database.prepare(sql);
			return {
				all: (...parameters) => run(sql, () => statement.all(...parameters)),
				run: (...parameters) => run(sql, () => statement.run(...parameters)),
			};
		},
	};
	const store = sqliteStore(client, { wait: time.wait, random: () => 0.5 });
	const update = (ops = ADD) => time.run(store.update("s", ops));
	/** By a store of its own, on the same database. */
	const kept = () => time.run(sqliteStore(database, { wait: time.wait }).read("s"));
	return { store, executed, update, kept };
}

const LOCKED: readonly (readonly [string, Error])[] = [
	["better-sqlite3", betterError("SQLITE_BUSY")],
	["better-sqlite3, of a snapshot", betterError("SQLITE_BUSY_SNAPSHOT")],
	["better-sqlite3, of a table", betterError("SQLITE_LOCKED_SHAREDCACHE")],
	["libsql", libsqlError("SQLITE_BUSY", 5)],
	["libsql, of a recovery", libsqlError("SQLITE_BUSY_RECOVERY", 261)],
	["node:sqlite", nodeError(5)],
	["node:sqlite, of a snapshot", nodeError(517)],
];

describe("a lock that others have", () => {
	it.each(LOCKED)("is tried again until it is free, told by %s", async (_driver, error) => {
		const { update, kept } = failing("begin", error, { times: 5 });
		expect(await update()).toEqual({});
		expect(await kept()).toEqual({ n: 1 });
	});

	it.each(LOCKED)("is given up after a second, and nothing was done, told by %s", async (_driver, error) => {
		const { update, executed, kept } = failing("begin", error);
		expect(await errorOf(update())).toMatchObject({ code: "store_unavailable", cause: error });
		expect(time.clock.monotonicMs()).toBeGreaterThanOrEqual(1_000);
		expect(time.clock.monotonicMs()).toBeLessThan(1_200);
		expect(executed.filter((sql) => sql.startsWith("insert"))).toEqual([]);
		expect(await kept()).toEqual({});
	});

	it.each(["pragma journal_mode", "create table"])(
		"is waited for in the set-up too: %s",
		async (statement) => {
			const { update, executed } = failing(statement, betterError("SQLITE_BUSY"), { times: 3 });
			expect(await update()).toEqual({});
			expect(await update()).toEqual({ n: 1 });
			expect(executed.filter((sql) => sql.startsWith(statement))).toHaveLength(4);
		},
	);

	it("is waited for by a read and by a list", async () => {
		const { store, update } = failing("select", betterError("SQLITE_BUSY_RECOVERY"), { times: 2 });
		await update();
		const { store: other } = failing("select", betterError("SQLITE_BUSY_RECOVERY"), { times: 2 });
		expect(await time.run(other.read("s"))).toEqual({ n: 1 });
		expect(await time.run(store.read("s"))).toEqual({ n: 1 });
	});

	it("undoes what the batch has done so far before it is tried again", async () => {
		const { update, kept } = failing("insert", betterError("SQLITE_BUSY"), { times: 1, isDone: true });
		expect(await update()).toEqual({});
		expect(await kept()).toEqual({ n: 1 });
	});
});

describe("a commit", () => {
	it("that is busy is rolled back, and tried again", async () => {
		const { update, executed, kept } = failing("commit", betterError("SQLITE_BUSY"), { times: 2 });
		expect(await update()).toEqual({});
		expect(executed.filter((sql) => sql === "rollback")).toHaveLength(2);
		expect(await kept()).toEqual({ n: 1 });
	});

	it("that stays busy was certainly not applied", async () => {
		const { update, kept } = failing("commit", betterError("SQLITE_BUSY"));
		expect(await errorOf(update())).toMatchObject({ code: "store_unavailable" });
		expect(await kept()).toEqual({});
	});

	it.each([
		["that says it was busy, and has ended its transaction", betterError("SQLITE_BUSY")],
		["that the disk has failed", betterError("SQLITE_IOERR_FSYNC")],
		["that found the disk full", nodeError(13)],
	])("%s may have been applied, and is not tried again", async (_what, error) => {
		const { update, executed, kept } = failing("commit", error, { isDone: true });
		expect(await errorOf(update())).toMatchObject({ code: "outcome_unknown", cause: error });
		expect(executed.filter((sql) => sql === "commit")).toHaveLength(1);
		expect(await kept()).toEqual({ n: 1 });
	});

	it.each([betterError("SQLITE_FULL"), nodeError(10)])(
		"that failed without having been applied is unknown too, and leaves no transaction open",
		async (error) => {
			const { update, kept } = failing("commit", error, { times: 1 });
			expect(await errorOf(update())).toMatchObject({ code: "outcome_unknown" });
			expect(await kept()).toEqual({});
			expect(await update()).toEqual({});
			expect(await kept()).toEqual({ n: 1 });
		},
	);
});

describe("an error before the commit", () => {
	it.each([
		["store_unavailable", "begin", betterError("SQLITE_READONLY")],
		["store_unavailable", "insert", nodeError(13)],
		["store_unavailable", "insert", betterError("SQLITE_IOERR_WRITE")],
		["store_unavailable", "begin", new TypeError("The database connection is not open")],
		["store_answer_invalid", "insert", libsqlError("SQLITE_TOOBIG", 18)],
		["store_answer_invalid", "select", nodeError(1)],
	])("says that nothing was done: %s at `%s`", async (code, statement, error) => {
		const { update, kept } = failing(statement, error, { times: 1, isDone: statement !== "begin" });
		expect(await errorOf(update())).toMatchObject({ code, cause: error });
		expect(await kept()).toEqual({});
		expect(await update()).toEqual({});
	});

	it("leaves a record alone that a batch does not fit", async () => {
		const { update, kept } = failing("none", new Error());
		await update([{ op: "set", field: "n", value: "text" }]);
		expect(await errorOf(update())).toMatchObject({ code: "record_invalid" });
		expect(await kept()).toEqual({ n: "text" });
	});
});

describe("a record of somebody else", () => {
	it.each([
		["text that is not JSON", "'{ no'"],
		["JSON of another form", "'[1]'"],
		["a number", "12"],
		["bytes", "x'7b7d'"],
	])("is left as it is: %s", async (_what, value) => {
		const { store, update } = failing("none", new Error());
		await update();
		database.exec(`update session_lease set record = ${value}`);
		const invalid = { code: "record_invalid" };
		expect(await errorOf(update())).toMatchObject(invalid);
		expect(await errorOf(time.run(store.read("s")))).toMatchObject(invalid);
		database.exec("insert into session_lease values ('t', '{}')");
		const listed: unknown[] = [];
		const list = async () => {
			for await (const record of store.list?.() ?? []) listed.push(record);
		};
		await time.run(list());
		expect(listed).toEqual([
			{ key: "s", error: expect.objectContaining(invalid) },
			{ key: "t", fields: {} },
		]);
		const kept = database
			.prepare(`select record = ${value} as isKept from session_lease where key = 's'`)
			.all();
		expect(kept).toEqual([{ isKept: 1 }]);
	});

	it("is left as it is where it has no text at all", async () => {
		database.exec("create table session_lease (key text primary key, record text)");
		database.exec("insert into session_lease values ('s', null)");
		expect(await errorOf(failing("none", new Error()).update())).toMatchObject({ code: "record_invalid" });
	});

	it("is refused in a list, where it has no text as its key", async () => {
		const { store, update } = failing("none", new Error());
		await update();
		database.exec("insert into session_lease values (x'00', '{}')");
		const list = async () => {
			for await (const _record of store.list?.() ?? []);
		};
		expect(await errorOf(time.run(list()))).toMatchObject({ code: "record_invalid" });
	});
});

describe("a record without fields", () => {
	it("has no row", async () => {
		const { update } = failing("none", new Error());
		await update();
		await update([{ op: "remove", field: "n" }]);
		expect(database.prepare("select count(*) as rows from session_lease").all()).toEqual([{ rows: 0 }]);
	});
});

describe("a table", () => {
	it("keeps records apart from those of another one", async () => {
		const ports = { wait: time.wait };
		const [one, two] = ["one", "Two_2"].map((table) => sqliteStore(database, { table, ...ports }));
		await time.run(one?.update("s", ADD) ?? Promise.reject());
		expect(await two?.read("s")).toEqual({});
		expect(await one?.read("s")).toEqual({ n: 1 });
	});

	it.each(["", "a b", 'a"; drop table x', "1a", "sqlite_a", "a".repeat(64)])(
		"is not called `%s`",
		(table) => {
			expect(() => sqliteStore(database, { table })).toThrow(
				expect.objectContaining({ code: "option_invalid" }),
			);
		},
	);
});

describe("a URL", () => {
	it.each([
		["sqlite:", "/a b.db"],
		["sqlite://", "/a b.db"],
		["sqlite:", "/a%20b.db"],
		["sqlite://", "/a%20b.db"],
	])("names a file by its whole path: %s<folder>%s", async (scheme, name) => {
		await using folder = await createSqliteFolder();
		const path = folder.file.replace(/\/[^/]*$/, "");
		const store = await openSqlite(`${scheme}${path}${name}`);
		await store.update("s", ADD);
		await store.close();
		await store.close();
		const again = new Database(`${path}/a b.db`);
		expect(again.prepare("select key, record from session_lease").all()).toEqual([
			{ key: "s", record: '{"n":1}' },
		]);
		again.close();
	});

	it("names a database in memory, of its own", async () => {
		const stores = [await openSqlite("sqlite::memory:"), await openSqlite("sqlite::memory:")] as const;
		await stores[0].update("s", ADD);
		expect(await stores[0].read("s")).toEqual({ n: 1 });
		expect(await stores[1].read("s")).toEqual({});
		for (const store of stores) await store.close();
	});

	it.each([
		"sqlite:",
		"sqlite://host/a.db",
		"sqlite:a.db?mode=ro",
		"sqlite:a#b",
		"sqlite:%",
		"sqlite:a%00b",
		"a.db",
	])("is refused that names no file: %s", async (url) => {
		expect(await errorOf(openSqlite(url))).toMatchObject({
			code: "option_invalid",
			message: expect.stringContaining("sqlite:<path>"),
		});
	});

	it("is refused whose folder is not there, by the name of that folder", async () => {
		await using folder = await createSqliteFolder();
		expect(await errorOf(openSqlite(`sqlite:${folder.file}/none/a.db`))).toMatchObject({
			code: "option_invalid",
			message: expect.stringContaining(`"${folder.file}/none"`),
		});
	});

	it("of what is no database is refused, and so is a folder", async () => {
		await using folder = await createSqliteFolder();
		const unusable = { code: "store_unavailable", message: expect.stringContaining("SQLite file") };
		expect(await errorOf(openSqlite(`sqlite:${folder.file.replace(/\/[^/]*$/, "")}`))).toMatchObject(
			unusable,
		);
		expect(await errorOf(openSqlite("sqlite:package.json"))).toMatchObject(unusable);
	});
});

describe("drivers", () => {
	const absent: LoadSqlite = () => Promise.reject(new Error("Cannot find package"));
	const broken: LoadSqlite = async () =>
		class {
			constructor() {
				throw new Error("The module was compiled against a different Node.js version");
			}
		} as never;

	it("that are not installed, or do not work, are passed over", async () => {
		const libsql: LoadSqlite = async () => Database;
		const store = await openSqliteWith([absent, broken, libsql], "sqlite::memory:");
		expect(await store.update("s", ADD)).toEqual({});
		await store.close();
	});

	it("are named with how to install one, if there is none", async () => {
		expect(await errorOf(openSqliteWith([absent, broken], "sqlite::memory:"))).toMatchObject({
			code: "option_invalid",
			message: expect.stringMatching(/libsql.*npm install better-sqlite3/),
		});
	});

	it("of Node itself are one of them, where Node has it", async () => {
		const driver = await findDriver("node:sqlite");
		if (!driver) return void process.stdout.write("not tested: openSqlite by node:sqlite (it is not here)\n");
		const store = await openSqliteWith([driver], "sqlite::memory:");
		expect(await store.update("s", ADD)).toEqual({});
		await store.close();
		await store.close();
	});
});
