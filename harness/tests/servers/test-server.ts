// A real server in a process of its own: on a loopback port and in a folder of its own, ended by its process id.
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../support/free-port.ts";
import { type RunningProcess, startProcess } from "../support/process.ts";

/** Every server is demanded, and what takes long is run: `npm run test:servers`. */
export const isLong: boolean = process.env.SESSION_LEASE_SERVERS === "all";

export interface TestServer {
	readonly host: string;
	readonly port: number;
	readonly folder: string;
	/** Ends it with SIGKILL, and nothing else. */
	kill(): Promise<void>;
	/** Starts it again after `kill`, in the same folder, on the same port. */
	restart(): Promise<void>;
	/** Ends it, and removes its folder. */
	stop(): Promise<void>;
}

export interface ServerSetup {
	readonly name: string;
	readonly program: string;
	readonly parameters: (where: { readonly port: number; readonly folder: string }) => readonly string[];
	/** Prepares the folder, once. */
	readonly prepare?: (where: { readonly port: number; readonly folder: string }) => Promise<void>;
	/** Resolves if the server does what it is for; rejects as long as it does not. @default it listens */
	readonly isReady?: (where: { readonly port: number }) => Promise<unknown>;
	/** Who runs it. @default this process's user */
	readonly uid?: number;
	readonly gid?: number;
	/** Ends it even if this process cannot, in milliseconds. @default 170_000; 900_000 where all is run */
	readonly lifeMs?: number;
}

const START_MS_MAX = 20_000;
const LIFE_MS_MAX = isLong ? 900_000 : 170_000;

/** @throws Error with what it printed, if it is not ready in time. */
export async function startServer(setup: ServerSetup): Promise<TestServer> {
	const { name, program, parameters, prepare, isReady = listens, lifeMs = LIFE_MS_MAX } = setup;
	const folder = await mkdtemp(join(tmpdir(), `session-lease-${name}-`));
	const where = { folder, port: await freePort() };
	const user = setup.uid === undefined ? {} : { uid: setup.uid, gid: setup.gid ?? setup.uid };
	let running: RunningProcess | undefined;
	const start = async () => {
		running = startProcess(spawn(program, parameters(where), { cwd: folder, ...user }), lifeMs);
		const deadline = AbortSignal.timeout(START_MS_MAX);
		for (;;) {
			try {
				return void (await isReady(where));
			} catch (cause) {
				if (deadline.aborted) throw new Error(`${name} is not ready:\n${running.printed()}`, { cause });
			}
			await pause(30);
		}
	};
	const stop = async () => {
		await running?.kill();
		await rm(folder, { recursive: true, force: true });
	};
	try {
		await prepare?.(where);
		await start();
	} catch (error) {
		await stop();
		throw error;
	}
	return { host: "127.0.0.1", ...where, kill: async () => running?.kill(), restart: start, stop };
}

/** The file of a program, looked for on the PATH and in the given folders. */
export function programFile(program: string, folders: readonly string[] = []): string | undefined {
	const onPath = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
	return [...onPath, ...folders].map((folder) => join(folder, program)).find(isProgram);
}

/**
 * What is not looked at here is named in a line of the output. Where `SESSION_LEASE_SERVERS=all` demands it, it is an
 * error instead.
 */
export function notTested(what: string, why: string): void {
	if (isLong) throw new Error(`${what} cannot be tested: ${why}.`);
	process.stdout.write(`not tested: ${what} (${why})\n`);
}

function listens({ port }: { readonly port: number }): Promise<void> {
	return new Promise((resolve, reject) => {
		const socket = createConnection(port, "127.0.0.1");
		socket.once("error", reject).once("connect", () => {
			socket.destroy();
			resolve();
		});
	});
}

function isProgram(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
