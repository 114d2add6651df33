// A process that cannot open its store, and has nothing more to do.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { startProcess } from "../support/process.ts";

const CHILD = fileURLToPath(new URL("opened-and-closed.mjs", import.meta.url));
/** It gives up after half a second, or a little more. */
const CHILD_MS_MAX = 8_000;

/** By itself, since nothing of an opening that failed is left behind. */
export async function expectProcessEnds(url: string): Promise<void> {
	const child = spawn(process.execPath, [CHILD, url]);
	const running = startProcess(child, CHILD_MS_MAX);
	const [code, signal] = await once(child, "exit");
	expect([running.printed(), code, signal]).toEqual(["store_unavailable\n", 0, null]);
	await running.kill();
}
