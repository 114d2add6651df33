// The main job on a real iii engine, through the built program: with iii's own retries, three deliveries in three seconds.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JobReport } from "../../src/job/job-report.ts";

import { createFolder, EXAMPLE, runCli } from "../cli/run-cli.ts";
import { describeOnEngines } from "./iii-engine.ts";
import { type QueueProvider, startQueueProvider } from "./queue-provider.ts";

const UNSERIALIZED_ATTEMPTS_MAX = 5;

describeOnEngines(
	"the main job",
	(engine, state) => {
		let provider: QueueProvider | undefined;
		beforeAll(async () => {
			provider = await startQueueProvider(engine().url);
		}, 30_000);
		afterAll(() => provider?.stop());

		const run = async (...options: readonly string[]) => {
			const { exitCode, out, error } = await runCli([
				"run",
				EXAMPLE,
				"--url",
				engine().url,
				"--json",
				...options,
			]);
			expect(error.replaceAll(/^\d+ s; .*\n/gm, "")).toBe("");
			return { exitCode, report: JSON.parse(out) as JobReport };
		};

		it.each(state === "kv" ? ["1", "2", "3"] : ["1"])(
			"is kept with two deaths and every wake twice, seed %s",
			async (seed) => {
				await using folder = await createFolder();
				const history = await folder.write("history.jsonl", "");
				const { exitCode, report } = await run(
					"--crash",
					"2",
					"--duplicate",
					"--seed",
					seed,
					"--history",
					history,
				);
				expect(report.verdict.violations).toEqual([]);
				expect(exitCode).toBe(0);
				expect(report.crashes.length).toBeGreaterThan(0);
				const checked = await runCli(["check", history]);
				expect(checked.out).toContain("Held:");
				const { crashes, turnedAway, deadLetters, elapsedMs } = report;
				const seen = { crashes: crashes.length, turnedAway, deadLetters: deadLetters?.length, elapsedMs };
				process.stdout.write(
					`the main job on a real iii engine, ${state}, seed ${seed}: ${JSON.stringify(seen)}\n`,
				);
			},
			60_000,
		);

		it("is violated without the lease", async () => {
			for (let attempt = 1; attempt <= UNSERIALIZED_ATTEMPTS_MAX; attempt++) {
				const { exitCode, report } = await run("--no-serialize");
				if (Math.max(...report.calls.map(({ runs }) => runs)) < 2) continue;
				expect(exitCode).toBe(2);
				return;
			}
			expect.fail(`No call ran twice in ${UNSERIALIZED_ATTEMPTS_MAX} attempts.`);
		}, 60_000);
	},
	{ queue: { max_retries: 3, backoff_ms: 1_000 } },
);
