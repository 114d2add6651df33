// A process of the built program, ended by its own id, and what it printed.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN: string = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const LINES_KEPT = 40;

export interface Child {
	/** Resolves with the first line that fits. @throws Error with what it printed, if it ends before or takes too long. */
	line(pattern: RegExp, withinMs: number): Promise<string>;
	/** Sends the signal, unless it has ended. */
	signal(name: NodeJS.Signals): void;
	/** Ends it with SIGKILL, and resolves when it is gone. */
	kill(): Promise<void>;
	/** The exit code, `null` after a signal; resolves when it is gone. */
	readonly ended: Promise<number | null>;
	/** The last lines that it printed. */
	printed(): string;
}

/** Every child that has not ended: a test process that goes takes them with it. */
const alive = new Set<ChildProcess>();
process.once("exit", () => {
	for (const child of alive) child.kill("SIGKILL");
});

/** Starts `session-lease` with these arguments. */
export function startChild(given: readonly string[]): Child {
	return watchChild(spawn(process.execPath, [MAIN, ...given], { stdio: ["ignore", "pipe", "pipe"] }));
}

export function watchChild(child: ChildProcess): Child {
	const lines: string[] = [];
	const waiting = new Set<() => void>();
	const tell = () => {
		for (const look of waiting) look();
	};
	alive.add(child);
	for (const stream of [child.stdout, child.stderr]) {
		let rest = "";
		stream?.setEncoding("utf8").on("data", (chunk: string) => {
			const parts = (rest + chunk).split("\n");
			rest = parts.pop() ?? "";
			lines.push(...parts);
			tell();
			lines.splice(0, lines.length - LINES_KEPT);
		});
	}
	const gone = () => child.exitCode !== null || child.signalCode !== null;
	const ended = new Promise<number | null>((resolve) => {
		child.once("close", (code) => {
			alive.delete(child);
			resolve(code);
			tell();
		});
	});
	const printed = () => lines.join("\n");
	return {
		ended,
		printed,
		line: (pattern, withinMs) =>
			new Promise((resolve, reject) => {
				const done = (settle: () => void) => {
					waiting.delete(look);
					clearTimeout(timer);
					settle();
				};
				const fail = (why: string) =>
					done(() => reject(new Error(`${child.spawnargs.slice(2).join(" ")}: ${why}\n${printed()}`)));
				const look = () => {
					const found = lines.find((line) => pattern.test(line));
					if (found !== undefined) done(() => resolve(found));
					else if (gone()) fail("it ended");
				};
				const timer = setTimeout(() => fail(`no line like ${pattern} within ${withinMs} ms`), withinMs);
				waiting.add(look);
				look();
			}),
		signal(name) {
			if (!gone()) child.kill(name);
		},
		async kill() {
			if (!gone()) child.kill("SIGKILL");
			await ended;
		},
	};
}
