// A range of seeds of the example's turn, and what was seen in it; the first that goes wrong is shown.
import { expect } from "vitest";
import { mixOf, readExample, runSeededJob } from "./seeded-job.ts";

export interface Seen {
	turnedAway: number;
	takeovers: number;
	crashes: number;
	interrupted: number;
	ranAgain: number;
	deadLetters: number;
	epochsMax: number;
	elapsedMsMax: number;
}

/** Every seed of the range keeps every promise, serialized. @throws with the seed and its report at the first that fails. */
export async function expectKept(range: { readonly from: number; readonly to: number }): Promise<Seen> {
	const { stackTraceLimit } = Error;
	// Every bounce makes errors whose stacks nobody reads: a seventh of the time.
	Error.stackTraceLimit = 0;
	try {
		return await keptOver(range);
	} finally {
		Error.stackTraceLimit = stackTraceLimit;
	}
}

async function keptOver(range: { readonly from: number; readonly to: number }): Promise<Seen> {
	const example = await readExample();
	const seen: Seen = {
		turnedAway: 0,
		takeovers: 0,
		crashes: 0,
		interrupted: 0,
		ranAgain: 0,
		deadLetters: 0,
		epochsMax: 0,
		elapsedMsMax: 0,
	};
	for (let seed = range.from; seed <= range.to; seed++) {
		const report = await runSeededJob(example, mixOf(seed));
		const { verdict, calls, epochs } = report;
		if (verdict.result !== "kept") {
			const shown = { ...report, epochs: epochs.slice(-20), deadLetters: report.deadLetters?.length };
			expect.fail(`Seed ${seed}: ${verdict.violations.join(" ")}\n${JSON.stringify(shown, null, 1)}`);
		}
		seen.turnedAway += report.turnedAway;
		seen.takeovers += epochs.filter(({ takeover }) => takeover).length;
		seen.crashes += report.crashes.length;
		seen.interrupted += calls.filter(({ outcome }) => outcome === "interrupted").length;
		seen.ranAgain += calls.filter(({ runs }) => runs > 1).length;
		seen.deadLetters += report.deadLetters?.length ?? 0;
		seen.epochsMax = Math.max(seen.epochsMax, epochs.length);
		seen.elapsedMsMax = Math.max(seen.elapsedMsMax, report.elapsedMs);
	}
	return seen;
}

/** Nothing that the seeds are there for was left out. */
export function expectReached(seen: Seen): void {
	for (const what of ["turnedAway", "takeovers", "crashes", "interrupted", "ranAgain"] as const) {
		expect(seen[what], what).toBeGreaterThan(0);
	}
}
