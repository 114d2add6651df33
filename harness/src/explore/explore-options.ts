// What an exploration is told: how to run schedules, and how many.

import { FAULT_KINDS } from "./faults.ts";
import type { Scenario } from "./scenario.ts";

export interface ExploreOptions {
	/** @default "exhaustive"; "replay" if `replay` is given */
	readonly mode?: "exhaustive" | "random" | "pct";
	/** A replay string: this one schedule is run, and nothing else. */
	readonly replay?: string;
	/** Ends the exploration, complete or not. @default 200_000, in the modes that draw 1_000 */
	readonly schedulesMax?: number;
	/** A schedule that takes more steps does not come to rest, which is a violation. @default 1_000 */
	readonly stepsMax?: number;
	/** Only schedules with so few preemptions. @default all: first 0, then 1, then 2, then without a bound */
	readonly preemptionsMax?: number;
	/** For the modes that draw: the same seed, the same schedules. @default 1 */
	readonly seed?: number;
	/** Ends the exploration before its next schedule: the report is of those that were run, and not complete. */
	readonly signal?: AbortSignal;
	/** Told before each schedule how many were run. */
	readonly onSchedule?: (schedules: number) => void;
	/** For `pct`: at how many steps the running process is set back. @default 2 */
	readonly changes?: number;
}

const MODES = ["exhaustive", "random", "pct"] as const;
const COUNTS = ["schedulesMax", "stepsMax", "preemptionsMax", "seed", "changes"] as const;

/** What is wrong with the options, if anything is. */
export function refusalOfOptions(options: ExploreOptions): string | undefined {
	const { mode = "exhaustive", preemptionsMax } = options;
	if (!MODES.includes(mode)) return `Expected \`mode\` to be one of ${MODES.join(", ")}, got \`${mode}\`.`;
	if (mode !== "exhaustive" && preemptionsMax !== undefined)
		return "`preemptionsMax` is for the mode exhaustive.";
	for (const name of COUNTS) {
		const value = options[name] ?? 0;
		if (!isCount(value)) return `Expected \`${name}\` to be an integer, 0 or more, got \`${value}\`.`;
	}
	return undefined;
}

/** What is wrong with a scenario, as far as that can be seen without running it. */
export function refusalOfScenario({ name, faults, properties, setup }: Scenario): string | undefined {
	if (!Array.isArray(properties)) return "Expected the scenario's `properties` to be a list.";
	if (typeof setup !== "function") return "Expected the scenario's `setup` to be a function.";
	if (typeof name !== "string" || !/^[^|\n]+$/.test(name)) {
		return `Expected the scenario's \`name\` to be a text without | and line breaks, got ${JSON.stringify(name)}.`;
	}
	for (const [kind, budget = 0] of Object.entries(faults ?? {})) {
		if (!FAULT_KINDS.some((known) => known === kind)) return `There is no fault \`${kind}\`.`;
		if (!Number.isSafeInteger(budget) || budget < 0) {
			return `Expected the budget of \`${kind}\` to be an integer, 0 or more, got \`${budget}\`.`;
		}
	}
	const sentences = new Set(properties.map(({ sentence }) => sentence));
	return sentences.size < properties.length ? "Two properties of the scenario have one sentence." : undefined;
}

const isCount = (value: number): boolean =>
	value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value >= 0);
