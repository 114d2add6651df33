// The chaos run on a real iii engine: worker processes are killed, paused, cut off and replaced; the engine is left alone.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runChaos } from "../chaos/chaos.ts";
import { chaosText } from "../chaos/chaos-text.ts";
import { type Child, startChild } from "../chaos/child.ts";
import {
	engineBinary,
	engineHasQueues,
	engineVersion,
	redisBinary,
	startEngine,
	tellNotTested,
} from "./iii-engine.ts";

/** `npm run chaos` asks for many; here is what fits every day. */
const TRANSITIONS = Math.ceil(Number(process.env.SESSION_LEASE_CHAOS ?? 1_000) / 10);
const LIMIT_MS = 120_000 + TRANSITIONS * 200;

if (engineBinary === undefined) tellNotTested("chaos on a real iii engine", "III_ENGINE names no binary");

describe.skipIf(engineBinary === undefined)("chaos on a real iii engine", () => {
	it.each(redisBinary === undefined ? (["kv"] as const) : (["kv", "redis"] as const))(
		"with %s loses no update, repeats no effect, loses no wake and leaves no lease",
		async (state) => {
			const folder = mkdtempSync(join(tmpdir(), "session-lease-chaos-"));
			const queue = { max_retries: 8, backoff_ms: 100, concurrency: 32 };
			const real = await startEngine(engineBinary as string, { state, queue, lifeMs: LIMIT_MS + 90_000 });
			const provider = engineHasQueues ? undefined : await startProvider(real.url);
			try {
				const engine = { port: Number(new URL(real.url).port), connect: async () => real.connect() };
				const report = await runChaos({
					folder,
					engine,
					transitions: TRANSITIONS,
					seed: 1,
					faults: ["kill", "pause", "drop", "replace"],
					everyMs: [200, 900],
					limitMs: LIMIT_MS,
				});
				process.stdout.write(`${chaosText(report, `a real iii ${engineVersion}, ${state}`)}\n`);
				expect(report.violations).toEqual([]);
				expect(report.transitions).toBeGreaterThanOrEqual(TRANSITIONS);
			} finally {
				await provider?.kill();
				await real.stop();
				rmSync(folder, { recursive: true, force: true });
			}
		},
		LIMIT_MS + 120_000,
	);
});

/** A worker that nobody hurts is the queue, where the engine has none. */
async function startProvider(url: string): Promise<Child> {
	const provider = startChild(["worker", "--url", url, "--name", "queue", "--serve-queue"]);
	await provider.line(/^worker queue: /, 30_000);
	return provider;
}
