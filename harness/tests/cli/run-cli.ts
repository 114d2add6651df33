// The built program, run as its users run it, and files to give it.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "../../src/cli/program.ts";
import { realClock, realWait } from "../../src/system/real-time.ts";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
export const EXAMPLE: string = join(PACKAGE, "examples", "turn.json");
const MAIN = join(PACKAGE, "dist", "cli", "main.js");
const LIMIT_MS = 60_000;

export interface CliResult {
	readonly exitCode: number | null;
	readonly out: string;
	readonly error: string;
}

/** Runs `session-lease` with these arguments; `npm test` has built it. */
export function runCli(
	given: readonly string[],
	environment: Record<string, string> = {},
): Promise<CliResult> {
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, [MAIN, ...given], {
			env: { ...process.env, ...environment },
			timeout: LIMIT_MS,
		});
		let out = "";
		let error = "";
		child.stdout.on("data", (chunk) => {
			out += chunk;
		});
		child.stderr.on("data", (chunk) => {
			error += chunk;
		});
		child.once("error", reject);
		child.once("close", (exitCode) => resolve({ exitCode, out, error }));
	});
}

/** The same program in this process: quicker, for what ends before anything runs. */
export async function runProgramHere(
	given: readonly string[],
	input = "",
	signal: AbortSignal = new AbortController().signal,
): Promise<CliResult> {
	let out = "";
	let error = "";
	const exitCode = await runProgram(given, {
		clock: realClock,
		wait: realWait,
		environment: process.env,
		signal,
		readIn: async () => input,
		writeOut: (text) => {
			out += text;
		},
		writeError: (text) => {
			error += text;
		},
	});
	return { exitCode, out, error };
}

export interface Folder extends AsyncDisposable {
	readonly path: string;
	/** Writes a file, JSON unless it is text already, and answers its path. */
	write(name: string, content: unknown): Promise<string>;
}

/** A folder of a test's own, gone with its scope. */
export async function createFolder(): Promise<Folder> {
	const path = await mkdtemp(join(tmpdir(), "session-lease-test-"));
	return {
		path,
		async write(name, content) {
			const file = join(path, name);
			await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
			return file;
		},
		[Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
	};
}

/** A turn of one call, `call_1` of `note`, which needs approval. */
export function turnOf(change: Record<string, unknown> = {}): Record<string, unknown> {
	return {
		message: { role: "assistant", content: [{ type: "tool_use", id: "call_1", name: "note", input: {} }] },
		functions: { note: { command: ["node", "-e", ""] } },
		...change,
	};
}

export function toolUses(...ids: readonly string[]): Record<string, unknown> {
	const content = ids.map((id) => ({ type: "tool_use", id, name: "note", input: {} }));
	return { role: "assistant", content };
}
