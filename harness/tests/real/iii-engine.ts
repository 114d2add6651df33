// A real iii engine in a process of its own, where `III_ENGINE` names its binary: loopback only, in a fresh folder.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type IIIClient, registerWorker } from "iii-sdk";

export const engineBinary: string | undefined = process.env.III_ENGINE;

export interface RunningEngine {
	/** A worker's connection over the real SDK. */
	connect(): IIIClient;
	stop(): Promise<void>;
}

const START_MS_MAX = 20_000;
/** Ends the engine even if this process cannot. */
const LIFE_MS_MAX = 120_000;

/** @throws Error with what the engine printed, if it does not serve state in time. */
export async function startEngine(binary: string): Promise<RunningEngine> {
	const folder = await mkdtemp(join(tmpdir(), "session-lease-iii-"));
	const [port, streamPort] = [await freePort(), await freePort()];
	await writeFile(join(folder, "config.yaml"), configuration(port, streamPort));
	const env = { ...process.env, III_TELEMETRY_ENABLED: "false" };
	const engine = spawn(binary, ["--no-update-check", "--config", "config.yaml"], { cwd: folder, env });
	const printed: string[] = [];
	engine.stdout.on("data", (chunk) => printed.push(String(chunk)));
	engine.stderr.on("data", (chunk) => printed.push(String(chunk)));
	const life = setTimeout(() => engine.kill("SIGKILL"), LIFE_MS_MAX);
	const clients: IIIClient[] = [];
	const connect = () => {
		const client = registerWorker(`ws://127.0.0.1:${port}`, { otel: { enabled: false } });
		clients.push(client);
		return client;
	};
	const stop = async () => {
		for (const client of clients) await client.shutdown();
		clearTimeout(life);
		await ended(engine);
		await rm(folder, { recursive: true, force: true });
	};
	try {
		await servesState(connect());
	} catch (cause) {
		await stop();
		throw new Error(`The engine did not serve state within ${START_MS_MAX} ms:\n${printed.join("")}`, {
			cause,
		});
	}
	return { connect, stop };
}

async function servesState(client: IIIClient): Promise<void> {
	const deadline = AbortSignal.timeout(START_MS_MAX);
	for (;;) {
		try {
			await client.trigger({
				function_id: "state::get",
				payload: { scope: "probe", key: "probe" },
				timeoutMs: 1_000,
			});
			return;
		} catch (error) {
			if (deadline.aborted) throw error;
			await pause(100);
		}
	}
}

async function ended(engine: ChildProcess): Promise<void> {
	if (engine.exitCode !== null || engine.signalCode !== null) return;
	const exit = new Promise((resolve) => engine.once("exit", resolve));
	engine.kill("SIGKILL");
	await exit;
}

function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once("error", reject);
		server.listen(0, "127.0.0.1", () => {
			const address = server.address();
			server.close(() =>
				typeof address === "object" && address
					? resolve(address.port)
					: reject(new Error("No port is free.")),
			);
		});
	});
}

function configuration(port: number, streamPort: number): string {
	const memory = "{ adapter: { name: kv, config: { store_method: in_memory } }";
	return `workers:
  - name: iii-worker-manager
    config: { port: ${port}, host: 127.0.0.1 }
  - name: iii-state
    config: ${memory} }
  - name: iii-stream
    config: ${memory}, port: ${streamPort}, host: 127.0.0.1 }
  - name: iii-queue
    config: { adapter: { name: builtin }, queue_configs: { turn-step: { max_retries: 8, concurrency: 10, type: standard, backoff_ms: 100 } } }
`;
}
