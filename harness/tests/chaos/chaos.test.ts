// Worker processes on an engine in another process, over the real SDK, killed and hurt in every way that they can be.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runChaos } from "./chaos.ts";
import { chaosText } from "./chaos-text.ts";
import { startServedEngine } from "./engine-process.ts";

/** `npm run chaos` asks for many; here is what fits every day. */
const TRANSITIONS = Number(process.env.SESSION_LEASE_CHAOS ?? 60);
const SEED = Number(process.env.SESSION_LEASE_SEED ?? 1);
const FAULTS = ["kill", "pause", "drop", "replace", "restart the engine"] as const;
const LIMIT_MS = 120_000 + TRANSITIONS * 100;

it(
	"loses no update, repeats no effect, loses no wake and leaves no lease, whoever is killed",
	async () => {
		const folder = mkdtempSync(join(tmpdir(), "session-lease-chaos-"));
		const engine = await startServedEngine(folder, "journal");
		try {
			const report = await runChaos({
				folder,
				engine,
				transitions: TRANSITIONS,
				seed: SEED,
				faults: FAULTS,
				everyMs: TRANSITIONS > 1_000 ? [300, 1_700] : [200, 900],
				limitMs: LIMIT_MS,
				restart: engine.restart,
			});
			process.stdout.write(`${chaosText(report, engine.name)}\n`);
			expect(report.violations).toEqual([]);
			expect(report.transitions).toBeGreaterThanOrEqual(TRANSITIONS);
			if (TRANSITIONS > 1_000) expect([...report.faults.keys()].sort()).toEqual([...FAULTS].sort());
			else expect(report.faults.size).toBeGreaterThan(1);
		} finally {
			await engine.stop();
			rmSync(folder, { recursive: true, force: true });
		}
	},
	LIMIT_MS + 120_000,
);
