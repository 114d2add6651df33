// A real iii engine in a process of its own, where `III_ENGINE` names its binary: loopback only, in a fresh folder.
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type IIIClient, registerWorker } from "iii-sdk";
import { afterAll, beforeAll, describe } from "vitest";
import { programFile } from "../servers/test-server.ts";
import { freePort } from "../support/free-port.ts";
import { type RunningProcess, startProcess } from "../support/process.ts";

export const engineBinary: string | undefined = process.env.III_ENGINE;

/** As the binary tells it, for example `0.21.4`; `undefined` without one. */
export const engineVersion: string | undefined =
	engineBinary && execFileSync(engineBinary, ["--version"], { encoding: "utf8" }).trim();

/** From 0.21.5 on messages go to a standalone worker, which is not started here. */
export const engineHasQueues: boolean = engineVersion !== undefined && /^0\.21\.[0-4]$/.test(engineVersion);

export const redisBinary: string | undefined = programFile("redis-server");

/** A line of the output: what these tests were not able to look at. */
export function tellNotTested(what: string, why: string): void {
	process.stdout.write(`not tested: ${what} (${why})\n`);
}

export type StateStore = "kv" | "file" | "redis";

/** Where a real engine can keep its state here; without one, what would be tested. */
export const stateStores: readonly StateStore[] =
	engineBinary === undefined || redisBinary !== undefined ? ["kv", "file", "redis"] : ["kv", "file"];

if (engineBinary !== undefined && redisBinary === undefined) {
	tellNotTested("a real iii engine with its state in Redis", "no redis-server is on the PATH");
}

/** Describes tests on one engine for each of its stores; they are skipped, and that is told, without a binary. */
export function describeOnEngines(
	subject: string,
	describeTests: (engine: () => RunningEngine, state: StateStore) => void,
	setup: EngineSetup = {},
): void {
	const title = `${subject} on a real iii engine`;
	if (engineBinary === undefined) tellNotTested(title, "III_ENGINE names no binary");
	describe.skipIf(engineBinary === undefined).each(stateStores)(`${title}, %s`, (state) => {
		let engine: RunningEngine;
		beforeAll(async () => {
			engine = await startEngine(engineBinary as string, { ...setup, state });
		}, 30_000);
		afterAll(() => engine.stop());
		describeTests(() => engine, state);
	});
}

export interface EngineSetup {
	/** `redis` starts a server of its own. @default "kv" */
	readonly state?: StateStore;
	/** Of `state::set`, as JSON. @default no limit */
	readonly maxValueBytes?: number;
	/** How often `file` is written, in milliseconds: 100 at least. @default 5_000 */
	readonly saveIntervalMs?: number;
	/** Of the queue `turn-step`, besides its defaults here; refused by nobody, used up to 0.21.4. */
	readonly queue?: {
		readonly max_retries?: number;
		readonly concurrency?: number;
		readonly type?: "standard" | "fifo";
		readonly message_group_field?: string;
		readonly backoff_ms?: number;
	};
	/** Ends the processes even if this one cannot, in milliseconds. @default 120_000 */
	readonly lifeMs?: number;
	/** Where it runs, and what it finds there; the caller's to remove. @default a new one, removed in the end */
	readonly folder?: string;
}

export interface RunningEngine {
	readonly url: string;
	readonly folder: string;
	/** A worker's connection over the real SDK. */
	connect(): IIIClient;
	/** Ends the engine with SIGKILL, and nothing else: not its folder, not its Redis. */
	kill(): Promise<void>;
	/** Starts it again after `kill()`, in the same folder, on the same port. */
	restart(): Promise<void>;
	stop(): Promise<void>;
}

const START_MS_MAX = 20_000;
const LIFE_MS_MAX = 120_000;

/** @throws Error with what was printed, if it does not serve state in time. */
export async function startEngine(binary: string, setup: EngineSetup = {}): Promise<RunningEngine> {
	const { lifeMs = LIFE_MS_MAX } = setup;
	const folder = setup.folder ?? (await mkdtemp(join(tmpdir(), "session-lease-iii-")));
	const ports = { engine: await freePort(), stream: await freePort(), redis: await freePort() };
	const url = `ws://127.0.0.1:${ports.engine}`;
	const clients: IIIClient[] = [];
	const connect = () => {
		// An engine of 0.23 refuses a second connection of the same name, which by default is the process's.
		const workerName = `test-${process.pid}-${clients.length}`;
		const client = registerWorker(url, { workerName, otel: { enabled: false } });
		clients.push(client);
		return client;
	};
	let redis: RunningProcess | undefined;
	let engine: RunningProcess | undefined;
	const stop = async () => {
		for (const client of clients) await client.shutdown();
		await engine?.kill();
		await redis?.kill();
		if (setup.folder === undefined) await rm(folder, { recursive: true, force: true });
	};
	const start = async () => {
		// What a first start has read it keeps in its folder, and reads from there: the file is written once.
		const parameters = ["--no-update-check", "--config", "config.yaml"];
		const env = { ...process.env, III_TELEMETRY_ENABLED: "false" };
		engine = startProcess(spawn(binary, parameters, { cwd: folder, env }), lifeMs);
		await listens(ports.engine);
		await isReady(connect());
	};
	try {
		if (setup.state === "redis") {
			redis = startRedis(folder, ports.redis, lifeMs);
			await listens(ports.redis);
		}
		await writeFile(join(folder, "config.yaml"), configuration(setup, ports));
		await start();
	} catch (cause) {
		await stop();
		const printed = [redis, engine].map((child) => child?.printed() ?? "").join("");
		throw new Error(`The engine did not serve state within ${START_MS_MAX} ms:\n${printed}`, { cause });
	}
	return { url, folder, connect, kill: async () => engine?.kill(), restart: start, stop };
}

/** Nothing of it is written to a disk. */
function startRedis(folder: string, port: number, lifeMs: number): RunningProcess {
	if (redisBinary === undefined) throw new Error("There is no redis-server on the PATH.");
	const parameters = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
	return startProcess(spawn(redisBinary, [...parameters, "--dir", folder]), lifeMs);
}

/** State is served before it tells of its configuration. */
async function isReady(client: IIIClient): Promise<void> {
	const deadline = AbortSignal.timeout(START_MS_MAX);
	const ask = (function_id: string, payload: object) =>
		client.trigger({ function_id, payload, timeoutMs: 1_000 });
	for (;;) {
		try {
			await ask("state::get", { scope: "probe", key: "probe" });
			await ask("configuration::get", { id: "iii-state" });
			return;
		} catch (error) {
			if (deadline.aborted) throw error;
			await pause(50);
		}
	}
}

/** Before that the SDK would print that it cannot connect, and wait. */
async function listens(port: number): Promise<void> {
	const deadline = AbortSignal.timeout(START_MS_MAX);
	const connects = () =>
		new Promise<boolean>((resolve) => {
			const socket = connectSocket(port, "127.0.0.1");
			socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
			socket.once("connect", () => socket.destroy());
		});
	while (!(await connects())) {
		if (deadline.aborted) throw new Error(`Nothing listens on port ${port}.`);
		await pause(20);
	}
}

type Ports = Readonly<Record<"engine" | "stream" | "redis", number>>;

const KV = { name: "kv", config: { store_method: "in_memory" } };

/** JSON is YAML too. */
function configuration({ queue, ...setup }: EngineSetup, ports: Ports): string {
	const loopback = "127.0.0.1";
	const turnStep = { max_retries: 8, concurrency: 10, type: "standard", backoff_ms: 100, ...queue };
	const workers = [
		{ name: "iii-worker-manager", config: { port: ports.engine, host: loopback } },
		{ name: "iii-state", config: stateConfiguration(setup, ports) },
		{ name: "iii-stream", config: { adapter: KV, port: ports.stream, host: loopback } },
		{
			name: "iii-queue",
			config: { adapter: { name: "builtin" }, queue_configs: { "turn-step": turnStep } },
		},
	];
	return JSON.stringify({ workers });
}

function stateConfiguration(
	{ state = "kv", maxValueBytes, saveIntervalMs }: EngineSetup,
	ports: Ports,
): object {
	const adapters = {
		kv: KV,
		file: { name: "kv", config: { store_method: "file_based", file_path: "./data/state" } },
		redis: { name: "redis", config: { redis_url: `redis://127.0.0.1:${ports.redis}` } },
	};
	return {
		adapter: adapters[state],
		...(maxValueBytes === undefined ? {} : { max_value_bytes: maxValueBytes }),
		...(saveIntervalMs === undefined ? {} : { save_interval_ms: saveIntervalMs }),
	};
}
