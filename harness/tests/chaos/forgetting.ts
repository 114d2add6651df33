// A chaos run on an engine that forgets: what the leases promise then, whatever it has forgotten.
import { expect } from "vitest";
import { type ChaosOptions, type ChaosRun, liveAndDie } from "./chaos.ts";
import { checkOneWriter } from "./one-writer.ts";

/** No two holders write one value, and no session is wedged, although the engine is killed again and again. */
export async function keepsItsPromises(
	options: Omit<ChaosOptions, "faults" | "asksAgain"> & Required<Pick<ChaosOptions, "restart">>,
	engineName: string,
): Promise<ChaosRun> {
	const faults = ["restart the engine", "kill", "restart the engine", "pause"] as const;
	const run = await liveAndDie({ ...options, faults, asksAgain: true });
	const unended = run.turns.filter(({ ended }) => !ended);
	expect(unended.map(({ sessionId, record, lease }) => [sessionId, record?.state, lease])).toEqual([]);
	const { violations, writes, loads } = checkOneWriter(run.recorded.operations);
	expect(violations).toEqual([]);
	expect(Math.min(writes, loads)).toBeGreaterThan(options.transitions / 2);
	const restarts = run.faults.get("restart the engine");
	expect(restarts).toBeGreaterThan(0);
	process.stdout.write(
		`${engineName} that forgets: ${run.transitions} transitions of ${run.turns.length} turns, ${restarts} restarts\n`,
	);
	return run;
}
