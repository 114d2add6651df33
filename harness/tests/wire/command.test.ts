// The command `engine`: what it takes, what it says, and what is left when its process is killed.
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { createFolder, runProgramHere } from "../cli/run-cli.ts";
import { connectTo, NEWEST, OLDEST, type SdkClient, until } from "./setup.ts";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const LIFE_MS_MAX = 20_000;

interface EngineProcess {
	readonly child: ChildProcess;
	readonly url: string;
}

const children: ChildProcess[] = [];
const clients: SdkClient[] = [];
afterEach(async () => {
	for (const client of clients.splice(0)) await client.shutdown();
	for (const child of children.splice(0)) await end(child, "SIGKILL");
});

/** The built program, once it says that it serves. */
async function startEngine(...given: string[]): Promise<EngineProcess> {
	const child = spawn(process.execPath, [MAIN, "engine", "--port", "0", ...given], { timeout: LIFE_MS_MAX });
	children.push(child);
	let out = "";
	child.stdout?.on("data", (chunk) => {
		out += chunk;
	});
	const url = await until(() => /^ws:\/\/\S+/.exec(out)?.[0]);
	return { child, url };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
	if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
	const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
	child.kill(signal);
	return exit;
}

function connect(url: string, sdk = NEWEST): SdkClient {
	const client = connectTo(url, sdk, randomUUID());
	clients.push(client);
	return client;
}

const set = (client: SdkClient, key: string, value: unknown) =>
	client.trigger({ function_id: "state::set", payload: { scope: "s", key, value } });
const list = (client: SdkClient) => client.trigger({ function_id: "state::list", payload: { scope: "s" } });

describe("an engine that is killed", () => {
	it("has lost nothing that its journal was told, and goes on with the messages in another process", async () => {
		await using folder = await createFolder();
		const given = [
			"--durable",
			"--file",
			join(folder.path, "journal"),
			"--queue",
			"q,backoff_ms=20,max_retries=99",
		];
		const first = await startEngine(...given);
		const worker = connect(first.url);
		let started = 0;
		worker.registerFunction("f", () => {
			started++;
			return new Promise(() => undefined);
		});
		const keys = Array.from({ length: 50 }, (_, index) => `key ${index}`);
		await Promise.all(keys.map((key) => set(worker, key, key)));
		const action = { type: "enqueue", queue: "q" } as const;
		await worker.trigger({ function_id: "f", payload: { n: 1 }, action });
		await until(() => started === 1);
		await end(first.child, "SIGKILL");

		const second = await startEngine(...given);
		const successor = connect(second.url, OLDEST);
		const heard: unknown[] = [];
		successor.registerFunction("f", async (payload) => heard.push(payload));
		expect((await list(successor)).sort()).toEqual([...keys].sort());
		await until(() => heard.length === 1);
		expect(heard).toEqual([{ n: 1 }]);
		expect(await end(second.child, "SIGTERM")).toBe(0);
	});

	it("leaves its files to the next one, which two at a time do not have", async () => {
		await using folder = await createFolder();
		for (const kept of [["--durable"], ["--state", "file"]]) {
			const file = join(folder.path, kept.join(" "));
			const given = [...kept, "--file", file];
			const { child } = await startEngine(...given);
			const refused = await runProgramHere(["engine", "--port", "0", ...given], "", AbortSignal.abort());
			const advice = `If that is no engine, remove ${file}.held-by-${child.pid}.`;
			expect(refused).toEqual({
				exitCode: 1,
				out: "",
				error: `session-lease: ${file} is in use by process ${child.pid}. ${advice}\n`,
			});
			await end(child, "SIGKILL");
			const { exitCode } = await runProgramHere(["engine", "--port", "0", ...given], "", AbortSignal.abort());
			expect(exitCode).toBe(0);
		}
		expect((await readdir(folder.path)).filter((name) => name.includes("held"))).toEqual([]);
	});

	it("has lost what it had not flushed to its state file", async () => {
		await using folder = await createFolder();
		const file = join(folder.path, "state");
		const given = ["--state", "file", "--file", file];
		const first = await startEngine(...given, "--flush-every", "100");
		await set(connect(first.url), "a", "flushed");
		expect(await end(first.child, "SIGINT")).toBe(0);
		const second = await startEngine(...given);
		await set(connect(second.url), "b", "not flushed");
		await end(second.child, "SIGKILL");
		const third = await startEngine(...given);
		expect(await list(connect(third.url))).toEqual(["flushed"]);
	});
});

describe("session-lease engine", () => {
	it("says in one line where it serves what, and that it is not for production", async () => {
		await using folder = await createFolder();
		const file = join(folder.path, "kept");
		const shown = [
			[[], "(state: kv; in memory; like iii 0.21; queue: turn-step)"],
			[
				["--state", "redis", "--like", "0.23"],
				"(state: redis; in memory; like iii 0.23; no queues of its own)",
			],
			[["--queue", "a", "--queue", "b,max_retries=5"], "(state: kv; in memory; like iii 0.21; queues: a, b)"],
			[["--durable", "--file", file], `(state: kv; journal: ${file}; like iii 0.21; queue: turn-step)`],
			[
				["--state", "file", "--file", file, "--flush-every", "200"],
				`(state: file; written to ${file} every 200 ms; like iii 0.21; queue: turn-step)`,
			],
		] as const;
		for (const [given, what] of shown) {
			const { exitCode, out, error } = await runProgramHere(
				["engine", "--port", "0", ...given],
				"",
				AbortSignal.abort(),
			);
			const line =
				/^ws:\/\/127\.0\.0\.1:\d+ (\(.*\)): an engine for development and tests, never for production\.\n$/;
			expect(line.exec(out)?.[1]).toBe(what);
			expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
		}
	});

	it.each([
		[["extra"], '"extra" is one argument too many: engine takes none.'],
		[["--port", "65536"], 'Expected --port to be an integer from 0 to 65535, got "65536".'],
		[["--state", "sql"], 'Expected --state to be kv or file or redis, got "sql".'],
		[["--like", "0.22"], 'Expected --like to be 0.21 or 0.23, got "0.22".'],
		[["--durable"], "--durable needs a --file <path>."],
		[["--state", "file"], "--state file needs a --file <path>."],
		[["--file", "f"], "--file goes with --state file or --durable only."],
		[["--durable", "--file", ""], "Expected --file to be a path."],
		[["--durable", "--state", "file", "--file", "f"], "--durable does not go with --state file"],
		[["--durable", "--file", "f", "--flush-every", "200"], "--flush-every goes with --state file only."],
		[
			["--state", "file", "--file", "f", "--flush-every", "99"],
			"Expected --flush-every to be an integer from 100",
		],
		[["--like", "0.23", "--queue", "q"], "--queue does not go with --like 0.23"],
		[["--queue", ""], "Expected --queue to begin with the queue's name"],
		[["--queue", "max_retries=3"], "Expected --queue to begin with the queue's name"],
		[["--queue", "q", "--queue", "q"], 'The queue "q" was given twice.'],
		[["--queue", "q,tries=3"], '--queue q: "tries=3" is no setting; there are max_retries,'],
		[["--queue", "q,max_retries=few"], '--queue q: expected max_retries to be an integer, got "few".'],
		[
			["--queue", "q,max_retries=0"],
			"--queue q: Expected `max_retries` of queue `q` to be an integer of at least 1",
		],
		[["--queue", "q,type=fifo"], "--queue q: Expected `message_group_field` of the fifo queue"],
		[["--workers", "2"], "--workers is no option of engine. See --help."],
	])("names what it cannot use: %j", async (given, sentence) => {
		const { exitCode, out, error } = await runProgramHere(["engine", ...given], "", AbortSignal.abort());
		expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
		expect(error).toContain(sentence);
		expect(error.trimEnd().split("\n")).toHaveLength(1);
	});

	it("names the port that is taken, the line that is malformed, and the queue that is missing", async () => {
		await using folder = await createFolder();
		const { url } = await startEngine();
		const { port } = new URL(url);
		const malformed = await folder.write("malformed", "{}\n");
		const message = { change: "enqueue", queue: "lost", id: "m", function_id: "f", payload: null };
		const header = { format: "session-lease-engine", version: 1 };
		const journal = await folder.write("journal", `${JSON.stringify(header)}\n${JSON.stringify(message)}\n`);
		for (const [given, sentence] of [
			[["--port", port], `Port ${port} is taken: somebody else listens there. Name another --port, or 0`],
			[["--port", "0", "--durable", "--file", malformed], `${malformed}, line 1: Expected {`],
			[["--port", "0", "--durable", "--file", journal], "Expected a queue `lost`: message m was kept of it."],
			[
				["--port", "0", "--durable", "--file", journal, "--queue", "lost,type=fifo,message_group_field=id"],
				"Expected message m, which was kept of queue `lost`, to go there: enqueue_error: FIFO queue 'lost'",
			],
		] as const) {
			const { exitCode, error } = await runProgramHere(["engine", ...given], "", AbortSignal.abort());
			expect(error).toContain(`session-lease: ${sentence}`);
			expect(error.trimEnd().split("\n")).toHaveLength(1);
			expect(exitCode).toBe(1);
		}
	});
});
