// A lease that was taken from its holder, who has not noticed.
import type { Lease } from "../../src/index.ts";
import { type Bench, SESSION, type Worker, type WorkerOptions } from "./bench.ts";

export interface Fenced {
	readonly old: Lease<unknown>;
	readonly oldWorker: Worker;
	readonly rival: Lease<unknown>;
}

/** An old holder of epoch 1 with `["old"]` written, and a rival that broke in: the old one has not noticed. */
export async function fence(bench: Bench, options: WorkerOptions = {}): Promise<Fenced> {
	const oldWorker = bench.worker("old", options);
	const old = await oldWorker.leases.acquire(SESSION);
	await old.write(["old"]);
	const { leases } = bench.worker("rival");
	await leases.break(SESSION, "test");
	return { old, oldWorker, rival: await leases.acquire(SESSION) };
}
