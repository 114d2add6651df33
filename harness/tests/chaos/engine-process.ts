// The engine of a chaos run: the in-process engine served by a process of its own, which can be killed and started again.
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connectIII, type IIIConnection } from "../../src/stores/connect-iii.ts";
import { freePort } from "../support/free-port.ts";
import { type Child, startChild } from "./child.ts";

export interface ServedEngine extends ChaosEngine {
	/** What it keeps over a kill. */
	readonly file: string;
	/** Ends it with SIGKILL, and starts it again on its port after that many milliseconds. */
	restart(afterMs: number, whileDown?: () => void): Promise<void>;
}

export interface ChaosEngine {
	/** As the report names it. */
	readonly name: string;
	readonly port: number;
	/** A connection without anything in between. */
	connect(): Promise<IIIConnection>;
	stop(): Promise<void>;
}

const READY_MS_MAX = 20_000;
/**
 * Retries that outlast the leases of these runs, and not the time between two restarts of the engine: one that was
 * restarted counts the deliveries of its messages anew, and those of a worker that never returns have to become dead letters.
 */
const QUEUE = "turn-step,max_retries=6,backoff_ms=100,concurrency=32";

/**
 * `journal`: state and queue are in the file before they are acknowledged. `state file`: a kill forgets what was written
 * since the last flush, and all messages.
 */
export async function startServedEngine(
	folder: string,
	kept: "journal" | "state file",
	{ flushEveryMs = 100, queue = QUEUE }: { readonly flushEveryMs?: number; readonly queue?: string } = {},
): Promise<ServedEngine> {
	const port = await freePort();
	const file = join(folder, kept === "journal" ? "journal.jsonl" : "state.json");
	const keeping =
		kept === "journal" ? ["--durable"] : ["--state", "file", "--flush-every", String(flushEveryMs)];
	const start = async (): Promise<Child> => {
		const engine = startChild([
			"engine",
			"--port",
			String(port),
			"--file",
			file,
			"--queue",
			queue,
			...keeping,
		]);
		await engine.line(/ws:\/\//, READY_MS_MAX);
		return engine;
	};
	let child = await start();
	return {
		name: `the in-process engine on a socket, ${kept}`,
		port,
		file,
		connect: () => connectIII(`ws://127.0.0.1:${port}`, { name: "chaos" }),
		async restart(afterMs, whileDown) {
			await child.kill();
			whileDown?.();
			await pause(afterMs);
			child = await start();
		},
		stop: () => child.kill(),
	};
}
