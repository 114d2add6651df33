// A process that a test has started: what it printed, and its end, which comes in any case.
import type { ChildProcessWithoutNullStreams } from "node:child_process";

export interface RunningProcess {
	/** Standard output and standard error, as they came. */
	printed(): string;
	/** With SIGKILL; resolves when it is gone. May be called again. */
	kill(): Promise<void>;
}

export function startProcess(child: ChildProcessWithoutNullStreams, lifeMsMax: number): RunningProcess {
	const printed: string[] = [];
	child.stdout.on("data", (chunk) => printed.push(String(chunk)));
	child.stderr.on("data", (chunk) => printed.push(String(chunk)));
	const exit = new Promise<void>((resolve) => {
		child.once("exit", () => resolve());
		child.once("error", (error) => {
			printed.push(error.message);
			resolve();
		});
	});
	const life = setTimeout(() => child.kill("SIGKILL"), lifeMsMax);
	return {
		printed: () => printed.join(""),
		async kill() {
			clearTimeout(life);
			child.kill("SIGKILL");
			await exit;
		},
	};
}
