// One process at a time has a file: each says so in a file of its own beside it, named by its process id.
//
// Each first says so and then looks who else does. Of two that start together the second to say so sees the first, so
// that never both go on, though both may give up. What a process that is gone has left behind is removed by the next;
// nobody can lose what he holds by that, since nobody else bears his id while he lives.
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Processes } from "../system/processes.ts";
import { ServeError } from "./serve-error.ts";

const HELD_BY = ".held-by-";

/**
 * Opens a file that this process alone has from then on, until what was opened gives it back, or cannot be opened. It
 * need not be there yet. A process has it once: what bears its own id was left by an earlier one, as by the first
 * process of a container that was started again. Processes of other machines and containers are not seen.
 * @throws ServeError (`file_unusable`) naming the process that has it; whatever `open` throws.
 */
export function holdFile<T>(path: string, processes: Processes, open: (giveBack: () => void) => T): T {
	const mine = claimOf(path, processes.id);
	const giveBack = () => {
		try {
			rmSync(mine, { force: true });
		} catch {
			// It says nothing any more as soon as this process is gone.
		}
	};
	try {
		claim(path, processes);
		return open(giveBack);
	} catch (error) {
		giveBack();
		throw error;
	}
}

function claim(path: string, processes: Processes): void {
	try {
		writeFileSync(claimOf(path, processes.id), "");
		for (const id of claimants(path)) {
			if (id === processes.id) continue;
			if (processes.isRunning(id)) throw inUse(path, id);
			rmSync(claimOf(path, id), { force: true });
		}
	} catch (cause) {
		if (cause instanceof ServeError) throw cause;
		throw new ServeError("file_unusable", `Cannot hold ${path}: ${(cause as Error).message}.`, { cause });
	}
}

function inUse(path: string, id: number): ServeError {
	const advice = `If that is no engine, remove ${claimOf(path, id)}.`;
	return new ServeError("file_unusable", `${path} is in use by process ${id}. ${advice}`);
}

function claimOf(path: string, id: number): string {
	return `${path}${HELD_BY}${id}`;
}

function claimants(path: string): number[] {
	const start = basename(path) + HELD_BY;
	return readdirSync(dirname(path))
		.filter((name) => name.startsWith(start) && /^\d+$/.test(name.slice(start.length)))
		.map((name) => Number(name.slice(start.length)));
}
