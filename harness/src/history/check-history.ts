// A recorded history judged: every check, and one verdict over all of them.
import { SessionLeaseError } from "../lease/errors.ts";
import { type HistoryReport, verdictOf } from "./check-report.ts";
import { checkDuplicateEffects } from "./duplicate-effects.ts";
import { checkEpochs } from "./epochs.ts";
import type { History } from "./history.ts";
import { checkFencedLease, checkVersionedRegister } from "./linearizable.ts";
import { checkLostUpdates } from "./lost-updates.ts";
import { partitionsOf } from "./partition.ts";
import { checkTruthfulOutcomes } from "./truthful-outcomes.ts";

export interface CheckHistoryOptions {
	/** How long an order is looked for, in steps, for each session and register; more is inconclusive. @default 1_000_000 */
	readonly stepsMax?: number;
}

export const STEPS_MAX = 1_000_000;

/** The same history and options give the same report. @throws SessionLeaseError (`option_invalid`) */
export function checkHistory(
	{ operations }: History,
	{ stepsMax = STEPS_MAX }: CheckHistoryOptions = {},
): HistoryReport {
	if (!Number.isSafeInteger(stepsMax) || stepsMax < 1) {
		const message = `Expected \`stepsMax\` to be a positive integer, got \`${stepsMax}\`.`;
		throw new SessionLeaseError("option_invalid", message);
	}
	const partitions = partitionsOf(operations);
	const checks = [
		checkEpochs(partitions),
		checkFencedLease(partitions, { stepsMax }),
		checkVersionedRegister(partitions, { stepsMax }),
		checkLostUpdates(partitions),
		checkTruthfulOutcomes(partitions),
		checkDuplicateEffects(partitions),
	];
	return { verdict: verdictOf(checks), checks };
}
