// The PostgreSQL store on PGlite: the kit, and a folder that outlives its process.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { conform } from "../../src/conformance/conform.ts";
import type { FieldOp } from "../../src/lease/atomic-store.ts";
import { openPglite } from "../../src/stores/open-pglite.ts";
import { type PostgresClient, postgresStore } from "../../src/stores/postgres-store.ts";
import { errorOf } from "../support/bench.ts";
import { startProcess } from "../support/process.ts";
import { pglitePort } from "./pglite-port.ts";
import { isLong, notTested } from "./test-server.ts";

const COUNT: readonly FieldOp[] = [{ op: "increment", field: "n", by: 1 }];
/** Of hooks: other tests may have the processors. */
const START_MS_MAX = 60_000;
if (!isLong) notTested("PGlite", "it takes the processor for long; SESSION_LEASE_SERVERS=all does");

it("opens nothing by a URL that is not one", async () => {
	for (const url of ["pglite", "pglite://folder", "postgres://host/db"]) {
		expect(await errorOf(openPglite(url))).toMatchObject({ code: "option_invalid" });
	}
});

describe.skipIf(!isLong)("PGlite", () => {
	let database: PGlite;
	beforeAll(async () => {
		database = await PGlite.create("memory://");
	}, START_MS_MAX);
	afterAll(() => database.close());

	conform(
		{ describe, it, expect },
		pglitePort(() => database),
	);

	it("fits as a client, but for one in a transaction", async () => {
		const client: PostgresClient = database;
		expect(await postgresStore(client).update("s", COUNT)).toEqual({});
		const error = await errorOf(database.transaction((inside) => postgresStore(inside).update("s", COUNT)));
		expect(error).toMatchObject({ code: "store_answer_invalid" });
		expect(await postgresStore(client).read("s")).toEqual({ n: 1 });
	});
});

/** Counts in the folder until it is killed, and prints every answer. */
const COUNTING = `
import { openPglite } from ${JSON.stringify(new URL("../../dist/stores/open-pglite.js", import.meta.url).href)};
const store = await openPglite(process.argv[1]);
for (;;) console.log((await store.update("s", ${JSON.stringify(COUNT)})).n ?? 0);
`;

describe.skipIf(!isLong)("PGlite in a folder", () => {
	let parent: string;
	let url: string;
	beforeAll(async () => {
		parent = await mkdtemp(join(tmpdir(), "session-lease-pglite-"));
		url = `pglite:${join(parent, "some", "new folder")}`;
	});
	afterAll(() => rm(parent, { recursive: true }));

	it("keeps what was answered when its process is killed, and lets nobody else in until then", async () => {
		const child = spawn(process.execPath, ["--input-type=module", "--eval", COUNTING, url]);
		const running = startProcess(child, 60_000);
		const answers = () => running.printed().trim().split("\n").map(Number);
		await new Promise<void>((resolve) => {
			child.stdout.on("data", () => void (answers().length >= 50 && resolve()));
			child.once("exit", () => resolve());
		});
		const refused = await errorOf(openPglite(url));
		await running.kill();
		expect(refused).toMatchObject({ code: "store_unavailable" });
		expect(String(refused)).toMatch(/is open already/);

		const store = await openPglite(url);
		const { n: kept } = await store.read("s");
		const again = await errorOf(openPglite(url));
		await store.close();
		await store.close();
		expect(again).toMatchObject({ code: "store_unavailable" });
		// The last answer told of the count before it. One batch may have been under way.
		const acknowledged = (answers().at(-1) ?? Number.NaN) + 1;
		expect([acknowledged, acknowledged + 1]).toContain(kept);
		expect(acknowledged).toBeGreaterThanOrEqual(50);

		const next = await openPglite(url);
		expect(await next.read("s")).toEqual({ n: kept });
		await next.close();
	});
});
