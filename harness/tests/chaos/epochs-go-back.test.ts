// One session on an engine that is killed with epochs unflushed: they are granted again, and nobody writes over anybody.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { createLeases, type Lease, type Leases } from "../../src/index.ts";
import type { IIIConnection } from "../../src/stores/connect-iii.ts";
import { iiiStore } from "../../src/stores/iii-store.ts";
import { type ServedEngine, startServedEngine } from "./engine-process.ts";
import { flushedSessions } from "./flushed.ts";

const SESSION = "s";
const TRIES_MAX = 5;
/** Of the engine: as long as that, what is acknowledged is in memory alone. */
const FLUSH_EVERY_MS = 1_000;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
	for (const clean of cleanups.splice(0).reverse()) await clean();
});

interface Holder {
	readonly iii: IIIConnection;
	readonly leases: Leases<string>;
}

async function holder(engine: ServedEngine, owner: string): Promise<Holder> {
	const iii = await engine.connect();
	cleanups.push(() => iii.shutdown());
	const store = iiiStore(iii, { timeoutMs: 1_000 });
	return { iii, leases: createLeases<string>({ store, owner, ttlMs: 10_000, skewMs: 0 }) };
}

async function untilFlushed(engine: ServedEngine, epoch: number): Promise<void> {
	for (let looks = 0; looks < 200; looks++) {
		if ((flushedSessions(engine).get(SESSION)?.epoch ?? 0) >= epoch) return;
		await pause(20);
	}
	throw new Error(`Epoch ${epoch} was not flushed.`);
}

/** A holder whose epoch the killed engine has forgotten, although it had acknowledged its write. */
async function forgottenHolder(
	engine: ServedEngine,
): Promise<{ lease: Lease<string>; flushedEpoch: number }> {
	const old = await holder(engine, "old");
	for (let tries = 0; tries < TRIES_MAX; tries++) {
		const first = await old.leases.acquire(SESSION);
		await first.release({ value: "flushed" });
		await untilFlushed(engine, first.epoch);
		const lease = await old.leases.acquire(SESSION);
		await lease.write("acknowledged, and forgotten");
		let flushedEpoch = 0;
		await engine.restart(0, () => {
			flushedEpoch = flushedSessions(engine).get(SESSION)?.epoch ?? 0;
		});
		if (flushedEpoch < lease.epoch) return { lease, flushedEpoch };
		// A flush came in between: once more.
		await lease.abandon();
	}
	throw new Error(`Every one of ${TRIES_MAX} kills came after a flush.`);
}

it("grants a forgotten epoch again, to one who loads what was kept, and fences who held it before", async () => {
	const folder = mkdtempSync(join(tmpdir(), "session-lease-back-"));
	cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
	const engine = await startServedEngine(folder, "state file", { flushEveryMs: FLUSH_EVERY_MS });
	cleanups.push(() => engine.stop());
	const { lease: old, flushedEpoch } = await forgottenHolder(engine);
	const next = await (await holder(engine, "new")).leases.acquire(SESSION);
	expect(next).toMatchObject({ epoch: flushedEpoch + 1, value: "flushed" });
	expect(next.epoch).toBeLessThanOrEqual(old.epoch);
	await expect(old.write("late")).rejects.toMatchObject({ code: "lease_lost" });
	await next.release({ value: "new" });
	const last = await (await holder(engine, "third")).leases.acquire(SESSION);
	expect(last).toMatchObject({ epoch: next.epoch + 1, value: "new" });
	await last.release();
}, 60_000);
