// PostgreSQL by URL: what opens, what is said where it does not, and that a process ends behind it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgres } from "../../src/stores/open-postgres.ts";
import { errorOf } from "../support/bench.ts";
import { type Listening, listen } from "../support/listen.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { postgresProgram, startPostgres, urlOf } from "./postgres-server.ts";
import type { TestServer } from "./test-server.ts";

expectNoUnhandledRejections();

const COUNT = [{ op: "increment", field: "n", by: 1 }] as const;
const CHILD = fileURLToPath(new URL("opened-and-closed.mjs", import.meta.url));
const CHILD_MS_MAX = 15_000;

/** A way to the server that ends no connection of its own accord: as if the server had gone without a word. */
function startHalfOpenWay(port: number): Promise<Listening> {
	const server = createServer({ allowHalfOpen: true }, (near) => {
		const far = createConnection({ port, host: "127.0.0.1" }).on("error", () => undefined);
		near.on("close", () => far.destroy());
		near.on("data", (bytes) => far.write(bytes));
		far.on("data", (bytes) => near.write(bytes));
	});
	return listen(server);
}

/** Messages of PostgreSQL's protocol: a letter, the length of the rest with itself, the rest. */
function protocolMessage(kind: string, rest: readonly Uint8Array[]): Buffer {
	const body = Buffer.concat(rest);
	const head = Buffer.alloc(5, kind);
	head.writeInt32BE(body.length + 4, 1);
	return Buffer.concat([head, body]);
}

const AUTHENTICATED = protocolMessage("R", [Buffer.alloc(4)]);
const READY = protocolMessage("Z", [Buffer.from("I")]);
const TERMINATED = protocolMessage("E", [
	Buffer.from("SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0"),
]);

/** A server that is killed as it lets somebody in: both are read at once. */
function startDyingServer(): Promise<Listening> {
	const server = createServer((socket) => {
		socket.once("data", () => socket.end(Buffer.concat([AUTHENTICATED, READY, TERMINATED])));
	});
	return listen(server);
}

/** Why a URL is refused is said without a server. */
describe("the URL of a PostgreSQL database", () => {
	it("is refused where nothing answers or it is none, and shows no password", async () => {
		const nowhere = await errorOf(openPostgres("postgres://me:secret@127.0.0.1:1/db?password=secret"));
		const noUrl = await errorOf(openPostgres("postgres:me:secret@host"));
		expect([nowhere, noUrl]).toMatchObject([{ code: "store_unavailable" }, { code: "option_invalid" }]);
		for (const error of [nowhere, noUrl]) expect(String(error)).not.toMatch(/secret/);
	});

	it("may name the folder of a Unix socket", async () => {
		const error = await errorOf(openPostgres("postgres://me@/db?host=/no/such/folder"));
		expect(error).toMatchObject({ code: "store_unavailable" });
		expect(String(error)).toContain("/no/such/folder/.s.PGSQL.5432");
	});
});

describe("a PostgreSQL server that is killed as it lets somebody in", () => {
	it("fails the call, not the process", async () => {
		const server = await startDyingServer();
		const error = await errorOf(openPostgres(urlOf(server)));
		expect(error).toMatchObject({ code: "store_unavailable" });
		await server.close();
	});
});

describe.skipIf(postgresProgram === undefined)("PostgreSQL by URL", () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startPostgres();
	});
	afterAll(() => server?.stop());

	it("says which database there is none of", async () => {
		const error = await errorOf(openPostgres(`${urlOf(server)}x`));
		expect(error).toMatchObject({ code: "store_unavailable" });
		expect(String(error)).toMatch(/cannot be used: .*database "\w+" does not exist\.$/);
	});

	it("ends the calls that are under way before it closes", async () => {
		const store = await openPostgres(urlOf(server));
		const calls = Array.from({ length: 20 }, () => store.update("closing", COUNT));
		await store.close();
		const before = await Promise.all(calls);
		expect(before.map(({ n = 0 }) => Number(n)).sort((a, b) => a - b)).toEqual([...Array(20).keys()]);
	});

	it("keeps no process that has closed it, although the server does not answer its goodbye", async () => {
		const way = await startHalfOpenWay(server.port);
		const child = spawn(process.execPath, [CHILD, urlOf(way)], { timeout: CHILD_MS_MAX });
		let printed = "";
		child.stdout.on("data", (chunk) => {
			printed += chunk;
			if (String(chunk) === "updated\n") child.stdin.write("go on\n");
		});
		const [code, signal] = await once(child, "exit");
		expect([printed, code, signal]).toEqual(["updated\nclosed\n", 0, null]);
		await way.close();
	});
});
