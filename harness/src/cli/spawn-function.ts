// One run of a function: a process of its own, its arguments on standard input, bounded in time and output.
import { type ChildProcess, spawn } from "node:child_process";
import type { Wait } from "../lease/clock.ts";
import type { Command } from "./command.ts";

export interface FunctionRun {
	readonly name: string;
	readonly command: Command;
	/** JSON. */
	readonly input: unknown;
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly timeLimitMs: number;
	/** Kills it. */
	readonly signal: AbortSignal;
}

const OUTPUT_MAX_BYTES = 1_048_576;
const ERROR_TAIL_CHARACTERS = 400;

/** What it wrote: JSON if it is that, else text. Rejects if it ends in anything but exit code 0. */
export async function spawnFunction(run: FunctionRun, wait: Wait): Promise<unknown> {
	const { name, command, signal, timeLimitMs } = run;
	signal.throwIfAborted();
	const child = spawn(command.file, command.parameters, {
		cwd: command.folder,
		env: run.environment,
		stdio: ["pipe", "pipe", "pipe"],
		// In a process group of its own, so that what it has started ends with it.
		detached: true,
	});
	const ended = new AbortController();
	let killedFor: Error | undefined;
	const kill = (reason: Error) => {
		killedFor ??= reason;
		killGroup(child);
		// Whoever has left the group may still hold the other ends.
		child.stdout?.destroy();
		child.stderr?.destroy();
	};
	const onAbort = () => kill(signal.reason);
	signal.addEventListener("abort", onAbort, { once: true });
	wait(timeLimitMs, { signal: ended.signal }).then(
		() => kill(new Error(`"${name}" ran longer than ${timeLimitMs} ms and was ended.`)),
		// It has ended by itself.
		() => undefined,
	);
	try {
		const outcome = await outcomeOf(child, JSON.stringify(run.input), () =>
			kill(new Error(`"${name}" wrote more than ${OUTPUT_MAX_BYTES} bytes and was ended.`)),
		);
		if (killedFor) throw killedFor;
		if (outcome.exit !== "exit code 0") {
			throw new Error(
				`"${name}" ended with ${outcome.exit}${outcome.errorTail ? `: ${outcome.errorTail}` : "."}`,
			);
		}
		return parseOutput(outcome.output);
	} finally {
		ended.abort();
		signal.removeEventListener("abort", onAbort);
	}
}

interface Outcome {
	/** `exit code 0`, `signal SIGKILL` */
	readonly exit: string;
	readonly output: string;
	/** The last that it wrote to standard error. */
	readonly errorTail: string;
}

function outcomeOf(child: ChildProcess, input: string, onTooMuch: () => void): Promise<Outcome> {
	const output: Buffer[] = [];
	let bytes = 0;
	let errorTail = "";
	child.stdout?.on("data", (chunk: Buffer) => {
		bytes += chunk.length;
		if (bytes > OUTPUT_MAX_BYTES) onTooMuch();
		else output.push(chunk);
	});
	child.stderr?.on("data", (chunk: Buffer) => {
		errorTail = (errorTail + chunk.toString("utf8")).slice(-ERROR_TAIL_CHARACTERS);
	});
	// A function need not read its arguments: that it has closed its input is not an error.
	child.stdin?.on("error", () => undefined);
	child.stdin?.end(input);
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		// What it has started and left behind ends with it, and does not keep its output open.
		child.once("exit", () => killGroup(child));
		child.once("close", (code, signal) => {
			const exit = code === null ? `signal ${signal}` : `exit code ${code}`;
			resolve({ exit, output: Buffer.concat(output).toString("utf8"), errorTail: errorTail.trim() });
		});
	});
}

function parseOutput(output: string): unknown {
	const text = output.trim();
	if (text === "") return null;
	try {
		return JSON.parse(text);
	} catch {
		// Text is a good answer too.
		return text;
	}
}

function killGroup(child: ChildProcess): void {
	if (child.pid === undefined) return;
	try {
		process.kill(-child.pid, "SIGKILL");
	} catch {
		// Nobody of the group is left.
	}
}
