// The chaos run on a real iii engine: worker processes are killed, paused, cut off and replaced. Where its state is in a
// file, the engine is killed too, and forgets.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type ChaosOptions, runChaos } from "../chaos/chaos.ts";
import { chaosText } from "../chaos/chaos-text.ts";
import { outlivesItsWorker } from "../chaos/dead-worker.ts";
import { keepsItsPromises } from "../chaos/forgetting.ts";
import {
	engineBinary,
	engineHasQueues,
	engineVersion,
	type RunningEngine,
	type StateStore,
	startEngine,
	stateStores,
	tellNotTested,
} from "./iii-engine.ts";
import { startQueueProvider } from "./queue-provider.ts";

/** `npm run chaos` asks for many; here is what fits every day. */
const TRANSITIONS = Math.ceil(Number(process.env.SESSION_LEASE_CHAOS ?? 1_000) / 10);
const LIMIT_MS = 120_000 + TRANSITIONS * 200;

if (engineBinary === undefined) tellNotTested("chaos on a real iii engine", "III_ENGINE names no binary");
else if (!engineHasQueues) {
	const why = `${engineVersion} has no queue, and what serves one here outlasts every lease`;
	tellNotTested("a worker killed under a real iii engine's default queue settings", why);
}

/** Runs it on an engine of its own. */
async function onEngine<T>(
	state: StateStore,
	run: (engine: RunningEngine, options: Omit<ChaosOptions, "faults">) => Promise<T>,
): Promise<T> {
	const folder = mkdtempSync(join(tmpdir(), "session-lease-chaos-"));
	const queue = { max_retries: 8, backoff_ms: 100, concurrency: 32 };
	const lifeMs = LIMIT_MS + 120_000;
	const real = await startEngine(engineBinary as string, { state, queue, saveIntervalMs: 100, lifeMs });
	const provider = await startQueueProvider(real.url);
	try {
		return await run(real, {
			folder,
			engine: { port: Number(new URL(real.url).port), connect: async () => real.connect() },
			transitions: TRANSITIONS,
			seed: 1,
			everyMs: [200, 900],
			limitMs: LIMIT_MS,
		});
	} finally {
		await provider?.stop();
		await real.stop();
		rmSync(folder, { recursive: true, force: true });
	}
}

describe.skipIf(engineBinary === undefined)("chaos on a real iii engine", () => {
	it.each(stateStores)(
		"with its state in %s loses no update, repeats no effect, loses no wake and leaves no lease",
		async (state) => {
			const report = await onEngine(state, (_engine, options) =>
				runChaos({ ...options, faults: ["kill", "pause", "drop", "replace"] }),
			);
			process.stdout.write(`${chaosText(report, `a real iii ${engineVersion}, ${state}`)}\n`);
			expect(report.violations).toEqual([]);
			expect(report.transitions).toBeGreaterThanOrEqual(TRANSITIONS);
		},
		LIMIT_MS + 120_000,
	);

	it(
		"lets no two holders write one value, and wedges no session, when the engine is killed and forgets",
		async () => {
			await onEngine("file", (engine, options) => {
				const restart = async (afterMs: number) => {
					await engine.kill();
					await pause(afterMs);
					await engine.restart();
				};
				return keepsItsPromises({ ...options, restart }, `a real iii ${engineVersion}`);
			});
		},
		LIMIT_MS + 120_000,
	);
});

describe.skipIf(!engineHasQueues)("a turn on a real iii engine with default queue settings", () => {
	it("ends, though its worker is killed in a transition and comes back before its message is given up", async () => {
		const engine = await startEngine(engineBinary as string, {
			queue: { max_retries: 3, backoff_ms: 1_000 },
		});
		try {
			await outlivesItsWorker(engine.url, { restartMs: 300 });
		} finally {
			await engine.stop();
		}
	}, 90_000);
});
