// Workers as processes, over sockets, on the engine that this package serves.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectIII } from "../../src/stores/connect-iii.ts";
import { createFolder, runProgramHere } from "../cli/run-cli.ts";
import { freePort } from "../support/free-port.ts";
import { type CliProcess, createSite, isDrainedInTheMiddle, runsATurn, startCli } from "./worker-process.ts";

describe("a worker process", () => {
	let engine: CliProcess;
	let url = "";
	beforeAll(async () => {
		engine = startCli(["engine", "--port", "0"]);
		url = await engine.line(/ws:\/\/\S+/);
	}, 30_000);
	afterAll(() => engine[Symbol.asyncDispose]());

	it("runs a turn to its end, and is drained in the middle of another", async () => {
		await using site = await createSite(url);
		await runsATurn(site);
		await isDrainedInTheMiddle(site);
	}, 60_000);

	it("ends with 1 when another worker takes over its name, and says so", async () => {
		const given = ["worker", "--url", url, "--name", "twin", "--dead-letters-every", "100", "--drain", "0"];
		const ended = runProgramHere(given);
		const namesake = await connectIII(url, { name: `namesake-${process.pid}` });
		const ask = () =>
			namesake.trigger({ function_id: "turn::get_state::twin", payload: { session_id: "s" } });
		while (
			!(await ask().then(
				() => true,
				() => false,
			))
		)
			await pause(20);
		namesake.registerFunction("turn::get_state::twin", async () => undefined);
		const { exitCode, error } = await ended;
		await namesake.shutdown();
		expect(error).toContain(`worker twin: ends: A worker named "twin" is connected to ${url} already.`);
		expect(exitCode).toBe(1);
	}, 30_000);

	it("says which queue is missing, and how to add it", async () => {
		const given = ["worker", "--url", url, "--name", "q", "--queue", "other", "--connect", "100"];
		const { exitCode, out, error } = await runProgramHere(given);
		expect(error).toMatch(/has no queue "other"[\s\S]*queue_configs:\n {4}other: \{ type: standard/);
		expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
	});
});

describe("what cannot be used is refused by name", () => {
	it("an engine that is not there, after a bounded wait", async () => {
		const url = `ws://127.0.0.1:${await freePort()}`;
		const { exitCode, error } = await runProgramHere(["worker", "--url", url, "--connect", "300"]);
		expect(error).toBe(
			`session-lease: No iii engine answers at ${url} (connect ECONNREFUSED ${url.slice(5)}); ` +
				"it was waited for 300 ms.\n",
		);
		expect(exitCode).toBe(1);
	});

	it.each<[string[], string]>([
		[[], "worker --url"],
		[["--url", "http://e:1"], "ws://"],
		[["--url", "ws://e:1", "--name", "a b"], "--name"],
		[["--url", "ws://e:1", "--name="], "--name"],
		[["--url", "ws://e:1", "--queue", "q", "--queue", "r"], "--queue"],
		[["--url", "ws://e:1", "--scope="], "--scope"],
		[["--url", "ws://e:1", "--ttl", "99"], "--ttl"],
		[["--url", "ws://e:1", "--wait-slots", "-1"], "--wait-slots"],
		[["--url", "ws://e:1", "--sweep-every", "soon"], "--sweep-every"],
		[["--url", "ws://e:1", "--functions", "missing.json"], "missing.json"],
		[["--url", "ws://e:1", "--workers", "3"], "--workers is no option of worker"],
		[["turn.json", "--url", "ws://e:1"], '"turn.json"'],
	])("%j", async (given, named) => {
		const { exitCode, out, error } = await runProgramHere(["worker", ...given]);
		expect(error).toContain(named);
		expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
	});

	it("a turn file whose functions are none, though its message is not looked at", async () => {
		await using folder = await createFolder();
		const url = `ws://127.0.0.1:${await freePort()}`;
		const run = async (file: unknown) => {
			const path = await folder.write("turn.json", file);
			const given = ["worker", "--url", url, "--connect", "100", "--functions", path];
			return (await runProgramHere(given)).error;
		};
		expect(await run({ functions: { note: { command: [] } } })).toContain("at functions.note.command");
		expect(await run({ functions: { note: { command: ["no-such-program"] } } })).toContain(
			'"no-such-program"',
		);
		expect(await run([])).toContain("functions");
		expect(await run({ message: "anything", functions: { note: { command: ["node"] } } })).toContain(
			"No iii engine",
		);
	});
});
