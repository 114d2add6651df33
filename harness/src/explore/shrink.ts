// Makes a schedule that breaks something as small as it gets: fewest preemptions, then faults, then steps.
import type { Decide } from "./decision.ts";
import { followLoosely } from "./guided.ts";
import type { RunResult } from "./run.ts";

/** Runs a schedule that follows the decisions as far as it can. */
export type TryRun = (decide: Decide) => Promise<RunResult>;

/** Runs at most so many schedules. */
const TRIES_MAX = 2_000;

/**
 * Takes decisions out, ever fewer at a time, as long as what is left breaks the same: without a decision the running
 * process goes on. Each try is a run, so the result is one that was seen. The signal ends it early.
 */
export async function shrink(
	found: RunResult,
	tryRun: TryRun,
	signal: AbortSignal | undefined,
): Promise<RunResult> {
	let best = found;
	let tries = 0;
	const attempt = async (labels: readonly string[]): Promise<boolean> => {
		tries++;
		const result = await tryRun(followLoosely(labels));
		if (!breaksTheSame(result, best) || compare(result, best) >= 0) return false;
		best = result;
		return true;
	};
	const goesOn = () => tries < TRIES_MAX && signal?.aborted !== true;
	for (let shrunk = true; shrunk && goesOn(); ) {
		shrunk = false;
		for (let size = Math.ceil(best.labels.length / 2); size >= 1; size = Math.floor(size / 2)) {
			for (let start = 0; start < best.labels.length && goesOn(); ) {
				const { labels } = best;
				const without = [...labels.slice(0, start), ...labels.slice(start + size)];
				if (await attempt(without)) shrunk = true;
				else start += size;
			}
		}
	}
	return best;
}

function breaksTheSame({ violation }: RunResult, { violation: expected }: RunResult): boolean {
	return violation?.kind === expected?.kind && violation?.sentence === expected?.sentence;
}

function compare(a: RunResult, b: RunResult): number {
	return (
		a.preemptions - b.preemptions ||
		a.struck.length - b.struck.length ||
		a.steps - b.steps ||
		a.labels.length - b.labels.length
	);
}
