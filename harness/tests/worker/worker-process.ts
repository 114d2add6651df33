// Worker processes: the built program on an engine, and what is asked of it from outside.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { connectIII, type IIIConnection } from "../../src/stores/connect-iii.ts";
import type { TurnRecord } from "../../src/turn/index.ts";
import { createFolder, type Folder, runProgramHere } from "../cli/run-cli.ts";
import { isHeld, messageOf } from "./setup.ts";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const LIFE_MS_MAX = 60_000;
const WAIT_MS_MAX = 20_000;

/** A process of the built program; `npm test` has built it. */
export interface CliProcess extends AsyncDisposable {
	readonly pid: number;
	/** Waits for a line on standard output or error. */
	line(pattern: RegExp): Promise<string>;
	/** Ends it by a signal, and answers its exit code. */
	end(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<number | null>;
}

export function startCli(given: readonly string[]): CliProcess {
	const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [MAIN, ...given], {
		timeout: LIFE_MS_MAX,
		killSignal: "SIGKILL",
	});
	let told = "";
	const tell = (text: unknown) => {
		told += String(text);
	};
	child.stdout.on("data", tell);
	child.stderr.on("data", tell);
	const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
	const end = (signal: "SIGTERM" | "SIGINT" | "SIGKILL") => {
		child.kill(signal);
		return exit;
	};
	return {
		pid: child.pid as number,
		line: (pattern) =>
			until(
				`${pattern} in ${given.join(" ")}`,
				() => pattern.exec(told)?.[0],
				() => told,
			),
		end,
		[Symbol.asyncDispose]: async () => void (await end("SIGKILL")),
	};
}

/** Looks again and again, bounded, until there is an answer. */
async function until<T>(
	what: string,
	look: () => T | undefined | Promise<T | undefined>,
	told: () => string = () => "",
): Promise<T> {
	const deadline = AbortSignal.timeout(WAIT_MS_MAX);
	for (;;) {
		const found = await look();
		if (found !== undefined) return found;
		if (deadline.aborted) throw new Error(`Not within ${WAIT_MS_MAX} ms: ${what}\n${told()}`);
		await pause(20);
	}
}

/** Its functions: `note` ends at once, `slow` not before a minute is over and tells its process id to a file. */
async function writeFunctions(folder: Folder): Promise<string> {
	const slow =
		'require("node:fs").writeFileSync("slow.pid", String(process.pid)); setTimeout(() => {}, 60_000)';
	return folder.write("turn.json", {
		functions: {
			note: { command: ["node", "-e", "console.log('noted')"], approval: false },
			slow: { command: ["node", "-e", slow], approval: false },
		},
	});
}

export interface Site extends AsyncDisposable {
	readonly folder: Folder;
	readonly historyPath: string;
	readonly iii: IIIConnection;
	/** Starts a worker there, and waits until it takes wakes. */
	worker(name: string, ...more: readonly string[]): Promise<CliProcess>;
	start(worker: string, sessionId: string, calls: Readonly<Record<string, string>>): Promise<unknown>;
	/** The record of the session once it is in that state. */
	reaches(worker: string, sessionId: string, state: string): Promise<TurnRecord>;
	isHeld(sessionId: string): Promise<boolean>;
}

export async function createSite(url: string, more: readonly string[] = []): Promise<Site> {
	const folder = await createFolder();
	const iii = await connectIII(url, { name: `outside-${process.pid}` });
	const functionsPath = await writeFunctions(folder);
	const historyPath = `${folder.path}/history.jsonl`;
	const call = (function_id: string, payload: object) => iii.trigger({ function_id, payload });
	return {
		folder,
		historyPath,
		iii,
		async worker(name, ...own) {
			const files = ["--functions", functionsPath, "--history", historyPath];
			const worker = startCli(["worker", "--url", url, "--name", name, ...files, ...more, ...own]);
			await worker.line(/sweep: .*/);
			return worker;
		},
		start: (worker, session_id, calls) =>
			call(`turn::start::${worker}`, { session_id, message: messageOf(calls) }),
		reaches: (worker, session_id, state) =>
			until(`session ${session_id} ${state}`, async () => {
				const record = await call(`turn::get_state::${worker}`, { session_id });
				return record.state === state ? record : undefined;
			}),
		async isHeld(key) {
			return isHeld(await call("state::get", { scope: "session_lease", key }));
		},
		async [Symbol.asyncDispose]() {
			await iii.shutdown();
			await folder[Symbol.asyncDispose]();
		},
	};
}

/** A turn of one worker, to its end; then nothing runs, and the worker ends with 0. */
export async function runsATurn(site: Site): Promise<void> {
	await using a = await site.worker("a");
	expect(await site.start("a", "s1", { c1: "note", c2: "note" })).toEqual({ ok: true });
	const { function_results } = await site.reaches("a", "s1", "stopped");
	expect(function_results.map(({ result }) => result.details)).toEqual(["noted", "noted"]);
	expect(await a.end("SIGTERM")).toBe(0);
	expect(await site.isHeld("s1")).toBe(false);
}

/** Ended in the middle of a call: no lease is left, nor the call's process, and its next life goes on at once. */
export async function isDrainedInTheMiddle(site: Site): Promise<void> {
	const { readFile } = await import("node:fs/promises");
	{
		await using a = await site.worker("a", "--drain", "200");
		await site.start("a", "s2", { c1: "slow" });
		const pid = await until("the call is running", async () => {
			const text = await readFile(`${site.folder.path}/slow.pid`, "utf8").catch(() => "");
			return text === "" ? undefined : Number(text);
		});
		expect(await site.isHeld("s2")).toBe(true);
		expect(await a.end("SIGTERM")).toBe(143);
		expect(await site.isHeld("s2")).toBe(false);
		expect(() => process.kill(pid, 0)).toThrow("ESRCH");
	}
	await using a = await site.worker("a");
	const { work } = await site.reaches("a", "s2", "stopped");
	expect(work?.executed.c1?.result.details).toEqual({ interrupted: true });
	expect(await a.end("SIGINT")).toBe(0);
	const checked = await runProgramHere(["check", site.historyPath]);
	expect(checked.out).toMatch(/fenced lease +\d+ {2}held[\s\S]*duplicate effects +\d+ {2}held[\s\S]*Held: /);
	expect(checked.exitCode).toBe(0);
}
