// One process at a time in a folder, by a name that the operating system takes back when its process ends, however.
//
// A file with a process id would outlive a crash, and in a container the next process often has the same id.
import { rm, stat } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TransientError } from "../lease/errors.ts";

export interface FolderLock {
	release(): Promise<void>;
}

/**
 * Excludes whoever calls this for the same folder, in this process, too. Not seen are other machines, and containers
 * with a network of their own. On macOS and the BSDs two that start at the same moment after a crash may both get it.
 * @throws TransientError (`store_unavailable`) if somebody has it
 */
export async function lockFolder(
	folder: string,
	platform: NodeJS.Platform = process.platform,
): Promise<FolderLock> {
	const { dev, ino } = await stat(folder, { bigint: true });
	const { name, isFile } = nameOn(platform, `session-lease-${dev}-${ino}`);
	const lock = await listenOn(name);
	if (lock) return lock;
	// A file is left behind by a process that crashed.
	if (isFile && !(await isAnswered(name))) {
		await rm(name, { force: true });
		const anew = await listenOn(name);
		if (anew) return anew;
	}
	const message = `The folder ${folder} is open already: one process at a time can use it. Nothing was done.`;
	throw new TransientError(message, { code: "store_unavailable" });
}

function nameOn(platform: NodeJS.Platform, id: string): { readonly name: string; readonly isFile: boolean } {
	if (platform === "linux") return { name: `\0${id}`, isFile: false };
	if (platform === "win32") return { name: `\\\\.\\pipe\\${id}`, isFile: false };
	return { name: join(tmpdir(), `${id}.sock`), isFile: true };
}

/** Nothing, if the name is taken. */
function listenOn(name: string): Promise<FolderLock | undefined> {
	return new Promise((resolve, reject) => {
		const server = createServer((socket) => socket.destroy()).unref();
		server.once("error", (error: NodeJS.ErrnoException) =>
			error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
		);
		server.listen(name, () =>
			resolve({ release: () => new Promise((released) => void server.close(() => released())) }),
		);
	});
}

function isAnswered(name: string): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = createConnection(name);
		socket.once("error", () => resolve(false));
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
	});
}
