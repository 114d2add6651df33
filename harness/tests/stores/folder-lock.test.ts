// The lock of a folder, by each of the ways in which systems have one.
import { spawn } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lockFolder } from "../../src/stores/folder-lock.ts";
import { errorOf } from "../support/bench.ts";

/** On the others neither kind of name is to be had. */
const PLATFORMS: readonly NodeJS.Platform[] =
	process.platform === "win32" ? ["win32"] : process.platform === "linux" ? ["linux", "darwin"] : ["darwin"];

describe.each(PLATFORMS)("a folder's lock on %s", (platform) => {
	let folder: string;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "session-lease-lock-"));
	});
	afterAll(() => rm(folder, { recursive: true }));

	it("is one's at a time, by whatever path, and another folder's is another one", async () => {
		const lock = await lockFolder(folder, platform);
		const other = await mkdtemp(join(tmpdir(), "session-lease-lock-"));
		await (await lockFolder(other, platform)).release();
		await rm(other, { recursive: true });
		for (const path of [folder, join(folder, "..", folder.split("/").at(-1) ?? "")]) {
			const error = await errorOf(lockFolder(path, platform));
			expect(error).toMatchObject({ code: "store_unavailable" });
			expect(String(error)).toMatch(/is open already/);
		}
		await lock.release();
		await (await lockFolder(folder, platform)).release();
	});

	it("is free when its process was killed", async () => {
		const { dev, ino } = await stat(folder, { bigint: true });
		const id = `session-lease-${dev}-${ino}`;
		const name = platform === "darwin" ? join(tmpdir(), `${id}.sock`) : `\0${id}`;
		const program = `require("node:net").createServer().listen(${JSON.stringify(name)}, () => console.log("listens"))`;
		const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
		const exit = new Promise((resolve) => child.once("exit", resolve));
		await new Promise((resolve) => child.stdout.once("data", resolve));
		expect(await errorOf(lockFolder(folder, platform))).toMatchObject({ code: "store_unavailable" });
		child.kill("SIGKILL");
		await exit;
		await (await lockFolder(folder, platform)).release();
	});
});
