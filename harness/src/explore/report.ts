// What an exploration has found, as data: text, diagrams and pages are made from it elsewhere.
import type { FaultBudgets, FaultKind } from "./faults.ts";
import type { Violation } from "./monitor.ts";
import type { Property } from "./properties.ts";
import type { TraceEntry } from "./trace.ts";

/**
 * - `held`: nothing was violated in any schedule that was run; `complete` says whether that was all of them.
 * - `violated`: a schedule breaks a property, and breaks it again when it is run again.
 * - `vacuous`: nothing was violated, but something that had to happen never did, so little was shown.
 * - `not deterministic`: the same decisions led to something else: the scenario does what no port has told it.
 * - `refused`: an option or the scenario is wrong, or the replay string cannot be read or does not fit the scenario.
 */
export type Verdict = "held" | "violated" | "vacuous" | "not deterministic" | "refused";

export type Mode = "exhaustive" | "random" | "pct" | "replay";

export interface PropertyReport {
	readonly kind: Property["kind"];
	readonly sentence: string;
	/** How often it was looked at. */
	readonly evaluated: number;
	/** How often it was found true. */
	readonly reached: number;
}

/** The shortest schedule found that breaks something. */
export interface Counterexample {
	readonly violation: Violation;
	/** Pasted back, it runs the same schedule again. */
	readonly replay: string;
	readonly preemptions: number;
	readonly faults: readonly FaultKind[];
	readonly steps: number;
	readonly trace: readonly TraceEntry[];
	/** In which schedule something broke first, from 1; what is shown was shrunk from it. */
	readonly foundInSchedule: number;
}

export interface Report {
	readonly scenario: string;
	readonly mode: Mode;
	readonly verdict: Verdict;
	/** Every schedule was run, or cut because it had reached a state that was seen before. */
	readonly complete: boolean;
	readonly schedules: number;
	/** Distinct states at which there was a choice; 0 in modes that do not tell them apart. */
	readonly states: number;
	readonly steps: number;
	/** The highest number of preemptions up to which every schedule was run; `undefined`: none is complete. */
	readonly preemptionsCovered: number | "all" | undefined;
	readonly limits: {
		readonly faults: FaultBudgets;
		readonly schedulesMax: number;
		readonly stepsMax: number;
		readonly seed?: number;
	};
	/** How often each kind of fault struck, over all schedules. */
	readonly struck: Readonly<Partial<Record<FaultKind, number>>>;
	readonly properties: readonly PropertyReport[];
	/** Why the verdict is `vacuous`, `not deterministic` or `refused`. */
	readonly reasons: readonly string[];
	readonly counterexample?: Counterexample;
	/** The schedule of a replay string, as it was run. */
	readonly replayed?: readonly TraceEntry[];
}
