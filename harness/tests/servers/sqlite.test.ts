// The store on real files of SQLite: the whole kit, by each driver that is here, and several processes on one file.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import Database from "libsql";
import { describe, expect, it } from "vitest";
import { conform } from "../../src/conformance/conform.ts";
import type { AtomicStore, FieldOp, StoredRecord } from "../../src/index.ts";
import { openSqlite } from "../../src/stores/open-sqlite.ts";
import { sqliteStore } from "../../src/stores/sqlite-store.ts";
import { startProcess } from "../support/process.ts";
import { createSqliteFolder, findDriver, loadLibsql, sqliteMemoryPort, sqlitePort } from "./sqlite-port.ts";

const ALL = process.env.SESSION_LEASE_SERVERS === "all";
const CHILD = fileURLToPath(new URL("sqlite-child.mjs", import.meta.url));
const ADD: readonly FieldOp[] = [{ op: "increment", field: "n", by: 1 }];

conform({ describe, it, expect }, sqlitePort("a SQLite file by libsql", loadLibsql));
if (ALL) conform({ describe, it, expect }, sqliteMemoryPort("SQLite in memory by libsql", loadLibsql));

for (const name of ["better-sqlite3", "node:sqlite"] as const) {
	const driver = await findDriver(name);
	if (driver) conform({ describe, it, expect }, sqlitePort(`a SQLite file by ${name}`, driver));
	else process.stdout.write(`not tested: SQLite by ${name} (it is not here)\n`);
}

async function listed({ list }: AtomicStore): Promise<StoredRecord[]> {
	const records: StoredRecord[] = [];
	for await (const record of list?.() ?? []) records.push(record);
	return records;
}

interface Incrementing {
	readonly process: ChildProcessWithoutNullStreams;
	/** The counts that it was answered so far. */
	answers(): number[];
	kill(): Promise<void>;
}

const LIFE_MS_MAX = 60_000;
const SQLITE_WAIT_MS = 5_000;

function startIncrements(url: string, times: number): Incrementing {
	const child = spawn(process.execPath, [CHILD, url, String(times)]);
	const running = startProcess(child, LIFE_MS_MAX);
	return {
		process: child,
		kill: running.kill,
		answers: () => (running.printed().match(/^\d+$/gm) ?? []).map(Number),
	};
}

describe("processes on one SQLite file", () => {
	it(
		"get every count just once, though they begin on a file that is not there yet, and none has to wait for long",
		async () => {
			await using folder = await createSqliteFolder();
			const [processes, times] = ALL ? [6, 500] : [4, 100];
			const children = Array.from({ length: processes }, () => startIncrements(folder.url, times));
			const ends = await Promise.all(children.map(({ process }) => once(process, "close")));
			const ended = children.map((child, at) => ({ code: ends[at]?.[0], answers: child.answers().length }));
			expect(ended).toEqual(children.map(() => ({ code: 0, answers: times })));
			const counts = children.flatMap((child) => child.answers()).sort((a, b) => a - b);
			expect(counts).toEqual(Array.from({ length: processes * times }, (_, count) => count));
		},
		LIFE_MS_MAX,
	);

	it(
		"lose nothing that was answered when they are killed in the middle, and leave the file free",
		async () => {
			await using folder = await createSqliteFolder();
			const killed = ALL ? 30 : 3;
			let answered = 0;
			for (let count = 1; count <= killed; count++) {
				const child = startIncrements(folder.url, Number.POSITIVE_INFINITY);
				while (child.answers().length < 20 + count) await once(child.process.stdout, "data");
				await child.kill();
				answered += child.answers().length;
			}
			const store = await openSqlite(folder.url);
			const { n } = await store.update("shared", ADD);
			expect(n).toBeGreaterThanOrEqual(answered);
			// Each may have died between its commit and its answer.
			expect(n).toBeLessThanOrEqual(answered + killed);
			await store.close();
		},
		LIFE_MS_MAX,
	);
});

describe("a SQLite file whose lock another connection keeps", () => {
	async function lockedFile() {
		const folder = await createSqliteFolder();
		const own = new Database(folder.file);
		// As better-sqlite3 has it.
		own.exec(`pragma busy_timeout = ${SQLITE_WAIT_MS}`);
		const other = new Database(folder.file);
		const store = sqliteStore(own, { lockWaitMs: 100 });
		await store.update("s", ADD);
		other.exec("begin immediate");
		const close = async () => {
			own.close();
			other.close();
			await folder[Symbol.asyncDispose]();
		};
		return { store, other, [Symbol.asyncDispose]: close };
	}

	it("refuses a batch after the limit, certainly not applied, and lets this process work meanwhile", async () => {
		await using locked = await lockedFile();
		const { store, other } = locked;
		let stillMs = 0;
		let beatAtMs = performance.now();
		const heart = setInterval(() => {
			stillMs = Math.max(stillMs, performance.now() - beatAtMs);
			beatAtMs = performance.now();
		}, 10);
		try {
			await expect(store.update("s", ADD)).rejects.toMatchObject({ code: "store_unavailable" });
		} finally {
			clearInterval(heart);
		}
		expect(stillMs).toBeGreaterThan(0);
		expect(stillMs).toBeLessThan(SQLITE_WAIT_MS / 2);
		other.exec("rollback");
		expect(await store.update("s", ADD)).toEqual({ n: 1 });
		expect(await store.read("s")).toEqual({ n: 2 });
	});

	it("applies a batch when the lock becomes free in time", async () => {
		await using locked = await lockedFile();
		const applied = locked.store.update("s", ADD);
		locked.other.exec("commit");
		expect(await applied).toEqual({ n: 1 });
	});

	it("answers reads, and lists", async () => {
		await using locked = await lockedFile();
		expect(await locked.store.read("s")).toEqual({ n: 1 });
		expect(await listed(locked.store)).toEqual([{ key: "s", fields: { n: 1 } }]);
	});
});

describe("a SQLite file", () => {
	it("is one in which commits are on the disk when they are answered", async () => {
		await using folder = await createSqliteFolder();
		const client = new Database(folder.file);
		await sqliteStore(client).read("s");
		const pragma = (name: string) => Object.values(client.prepare(`pragma ${name}`).all()[0] as object)[0];
		expect(["journal_mode", "synchronous", "busy_timeout"].map(pragma)).toEqual(["wal", 3, 0]);
		client.close();
	});

	it("lists more records than fit in a page, each once", async () => {
		await using folder = await createSqliteFolder();
		const store = await openSqlite(folder.url);
		const keys = Array.from({ length: 205 }, (_, count) => `s${count}`);
		await Promise.all(keys.map((key) => store.update(key, ADD)));
		const records = await listed(store);
		expect(records.map(({ key }) => key)).toEqual([...keys].sort());
		await store.close();
	});
});
