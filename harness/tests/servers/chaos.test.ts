// Worker processes whose leases are in Redis and in PostgreSQL, killed and hurt in every way, and so are the servers.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { runChaos } from "../chaos/chaos.ts";
import { chaosText } from "../chaos/chaos-text.ts";
import { startServedEngine } from "../chaos/engine-process.ts";
import { postgresProgram, startPostgres, urlOf } from "./postgres-server.ts";
import { redisProgram, startRedis } from "./redis-server.ts";
import { isLong, notTested, type TestServer } from "./test-server.ts";

interface Subject {
	readonly name: string;
	readonly program: string | undefined;
	readonly start: () => Promise<TestServer>;
	readonly urlOf: (place: { readonly host: string; readonly port: number }) => string;
}

const SUBJECTS: readonly Subject[] = [
	{
		name: "Redis",
		program: redisProgram,
		start: startRedis,
		urlOf: ({ host, port }) => `redis://${host}:${port}`,
	},
	{ name: "PostgreSQL", program: postgresProgram, start: startPostgres, urlOf },
];

const TRANSITIONS = Number(process.env.SESSION_LEASE_CHAOS ?? 1_500);
const SEED = Number(process.env.SESSION_LEASE_SEED ?? 1);
const FAULTS = ["kill", "pause", "drop", "replace", "restart the engine", "restart the store"] as const;
const LIMIT_MS = 120_000 + TRANSITIONS * 200;

if (!isLong) notTested("chaos on Redis and on PostgreSQL", "it takes minutes: npm run test:servers");

describe.skipIf(!isLong).each(SUBJECTS)("chaos on $name", ({ name, program, start, urlOf }) => {
	if (isLong && program === undefined) notTested(`chaos on ${name}`, "its server is not here");

	it.skipIf(program === undefined)(
		"loses no update, repeats no effect, loses no wake and leaves no lease, whoever is killed",
		async () => {
			const folder = mkdtempSync(join(tmpdir(), "session-lease-chaos-"));
			const server = await start();
			const engine = await startServedEngine(folder, "journal");
			const store = {
				port: server.port,
				urlOf,
				async restart(afterMs: number) {
					await server.kill();
					await pause(afterMs);
					await server.restart();
				},
			};
			try {
				const report = await runChaos({
					folder,
					engine,
					store,
					transitions: TRANSITIONS,
					seed: SEED,
					faults: FAULTS,
					everyMs: [300, 1_700],
					limitMs: LIMIT_MS,
					restart: engine.restart,
				});
				process.stdout.write(`${chaosText(report, `${engine.name}, leases in ${name}`)}\n`);
				expect(report.violations).toEqual([]);
				expect(report.transitions).toBeGreaterThanOrEqual(TRANSITIONS);
				expect([...report.faults.keys()].sort()).toEqual([...FAULTS].sort());
			} finally {
				await engine.stop();
				await server.stop();
				rmSync(folder, { recursive: true, force: true });
			}
		},
		LIMIT_MS + 120_000,
	);
});
