// A lease on this machine's own clocks, timers and ids: a process that ends by itself, and a sleepless event loop.
import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { createLeases, memoryStore } from "../../src/index.ts";
import { errorOf } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const folders: string[] = [];

afterAll(async () => {
	for (const folder of folders) await rm(folder, { recursive: true });
});

/** The library, compiled into a folder of its own; what others have not finished yet is compiled as far as it goes. */
async function compile(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "session-lease-"));
	folders.push(folder);
	await writeFile(join(folder, "package.json"), '{ "type": "module" }');
	await symlink(join(root, "node_modules"), join(folder, "node_modules"));
	const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
	const args = ["-p", join(root, "tsconfig.build.json"), "--outDir", folder];
	await run(process.execPath, [compiler, ...args]).catch(() => undefined);
	return folder;
}

describe("a process", () => {
	it("ends by itself while it holds a lease, long before the next renewal", async () => {
		const folder = await compile();
		await writeFile(
			join(folder, "hold.js"),
			`import { createLeases } from "./system/leases.js";
			import { memoryStore } from "./stores/memory-store.js";
			const lease = await createLeases({ store: memoryStore(), ttlMs: 60_000 }).acquire("s");
			process.stdout.write("held epoch " + lease.epoch);`,
		);
		// A process that is kept alive is killed after 10 s, and `run` rejects.
		const { stdout } = await run(process.execPath, [join(folder, "hold.js")], { timeout: 10_000 });
		expect(stdout).toBe("held epoch 1");
	}, 60_000);
});

describe("real time", () => {
	it("renews a lease past its TTL, and waits for a held session", async () => {
		const store = memoryStore();
		const leases = createLeases<number>({ store, ttlMs: 150, skewMs: 0 });
		const lease = await leases.acquire("s");
		expect(await errorOf(leases.acquire("s", { waitMs: 400 }))).toMatchObject({ code: "lease_held" });
		expect(lease.signal.aborted).toBe(false);
		expect(await lease.release({ value: 1 })).toBe(1);
		expect(await leases.acquire("s")).toMatchObject({ epoch: 2, value: 1 });
	});

	it("stops a holder whose event loop was blocked past its deadline", async () => {
		const lease = await createLeases({ store: memoryStore(), ttlMs: 100 }).acquire("s");
		const endMs = performance.now() + 120;
		while (performance.now() < endMs);
		expect(lease.signal.aborted).toBe(true);
		expect(await errorOf(lease.write(["late"]))).toMatchObject({ code: "lease_lost", lastWrite: "none" });
	});

	it("names the machine and the process as the owner, and draws ids that nobody else has", async () => {
		const leases = createLeases({ store: memoryStore() });
		const ids = new Set([(await leases.acquire("a")).id, (await leases.acquire("b")).id]);
		expect(ids.size).toBe(2);
		expect((await leases.inspect("a")).holder).toMatch(new RegExp(`:${process.pid}$`));
	});
});
