import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type FunctionRun, spawnFunction } from "../../src/cli/spawn-function.ts";
import { realWait } from "../../src/system/real-time.ts";
import { createFolder } from "./run-cli.ts";

const run = (script: string, change: Partial<FunctionRun> = {}) =>
	spawnFunction(
		{
			name: "f",
			command: { file: process.execPath, parameters: ["-e", script], folder: tmpdir() },
			input: { text: "hello; $(world)" },
			environment: { PATH: process.env.PATH, KEY: "k" },
			timeLimitMs: 20_000,
			signal: new AbortController().signal,
			...change,
		},
		realWait,
	);

const READ = 'const input = JSON.parse(require("node:fs").readFileSync(0, "utf8"));';

describe("a function's process", () => {
	it("gets its arguments on standard input, and answers JSON or text", async () => {
		expect(await run(`${READ} console.log(JSON.stringify({ got: input.text }))`)).toEqual({
			got: "hello; $(world)",
		});
		expect(await run("console.log('plain text')")).toBe("plain text");
		expect(await run("")).toBeNull();
	});

	it("gets the environment that it is given, and no other", async () => {
		expect(await run("console.log(JSON.stringify([process.env.KEY, process.env.HOME ?? null]))")).toEqual([
			"k",
			null,
		]);
	});

	it("fails with the end of its standard error when its exit code is not 0", async () => {
		await expect(run("console.error('no such account'); process.exit(3)")).rejects.toThrow(
			'"f" ended with exit code 3: no such account',
		);
	});

	it("is no failure if it does not read its arguments", async () => {
		expect(await run("process.exit(0)", { input: "x".repeat(1_000_000) })).toBeNull();
	});

	it("is ended at its time limit, by name", async () => {
		await expect(run("setInterval(() => {}, 1000)", { timeLimitMs: 200 })).rejects.toThrow(
			'"f" ran longer than 200 ms',
		);
	});

	it("is ended when it writes too much", async () => {
		const script = "const chunk = 'x'.repeat(65536); const go = () => process.stdout.write(chunk, go); go();";
		await expect(run(script)).rejects.toThrow('"f" wrote more than 1048576 bytes');
	});

	it("is ended by the signal, with whatever it has started", async () => {
		await using folder = await createFolder();
		const late = `${folder.path}/late`;
		const child = `setTimeout(() => require("node:fs").writeFileSync(${JSON.stringify(late)}, ""), 700)`;
		const script = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" }); setInterval(() => {}, 1000)`;
		const stop = new AbortController();
		const reason = new Error("The lease is lost.");
		const running = run(script, { signal: stop.signal });
		await setTimeout(300);
		stop.abort(reason);
		await expect(running).rejects.toBe(reason);
		await setTimeout(1_000);
		expect(existsSync(late)).toBe(false);
	});

	it("is not started when the signal has aborted", async () => {
		const reason = new Error("Too late.");
		await expect(run("", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
	});
});
