// An engine that forgets when it is killed what it has not flushed, epochs included: what the leases promise then.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createLeases } from "../../src/index.ts";
import { iiiStore } from "../../src/stores/iii-store.ts";
import type { TurnRecord } from "../../src/turn/record.ts";
import { type ServedEngine, startServedEngine } from "./engine-process.ts";
import { type FlushedSession, flushedSessions } from "./flushed.ts";
import { keepsItsPromises } from "./forgetting.ts";

const asked = process.env.SESSION_LEASE_CHAOS;
if (asked === undefined) {
	process.stdout.write("not tested here: engines that forget, under load (npm run chaos does)\n");
}
const TRANSITIONS = Math.ceil(Number(asked) / 10);
const SEED = Number(process.env.SESSION_LEASE_SEED ?? 1);
const LIMIT_MS = 120_000 + TRANSITIONS * 300;

describe.skipIf(asked === undefined)("an engine that forgets", () => {
	it(
		"lets no two holders write one value, wedges no session, and loses nothing that was flushed",
		async () => {
			const folder = mkdtempSync(join(tmpdir(), "session-lease-forgets-"));
			const engine = await startServedEngine(folder, "state file");
			const lost: string[] = [];
			let kept = 0;
			try {
				const options = {
					folder,
					engine,
					transitions: TRANSITIONS,
					seed: SEED,
					everyMs: [300, 900],
					limitMs: LIMIT_MS,
					async restart(afterMs: number) {
						let flushed = new Map<string, FlushedSession>();
						await engine.restart(afterMs, () => {
							flushed = flushedSessions(engine);
						});
						kept += flushed.size;
						lost.push(...(await missingOf(engine, flushed)));
					},
				} as const;
				await keepsItsPromises(options, engine.name);
				expect(lost).toEqual([]);
				expect(kept).toBeGreaterThan(0);
			} finally {
				await engine.stop();
				rmSync(folder, { recursive: true, force: true });
			}
		},
		LIMIT_MS + 120_000,
	);
});

/**
 * Sessions whose value is older than the one in the file. Their epoch may be: the request of a forgotten holder that was
 * under way removes the epochs before its own, and leaves its own value, which nobody holds and which stands.
 */
async function missingOf(
	engine: ServedEngine,
	flushed: ReadonlyMap<string, FlushedSession>,
): Promise<string[]> {
	const iii = await engine.connect();
	try {
		const leases = createLeases({ store: iiiStore(iii) });
		const missing: string[] = [];
		for (const [session, { valueText }] of flushed) {
			const now = await leases.inspect(session);
			if (writtenAtMs(now.valueText) < writtenAtMs(valueText)) {
				missing.push(`${session}: ${valueText} was flushed, and ${now.valueText} is there`);
			}
		}
		return missing;
	} finally {
		await iii.shutdown();
	}
}

/** All of them are written on one machine. */
const writtenAtMs = (valueText: string | undefined): number =>
	valueText === undefined ? 0 : (JSON.parse(valueText) as TurnRecord).updated_at_ms;
