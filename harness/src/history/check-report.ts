// What a check of a history answers: data, from which text is made.
import type { Operation } from "./history.ts";

/** `inconclusive`: it cannot be said, and that is no pass. */
export type Verdict = "held" | "violated" | "inconclusive";

export type CheckName =
	| "epochs"
	| "fenced lease"
	| "versioned register"
	| "lost updates"
	| "duplicate effects"
	| "truthful outcomes";

export interface Finding {
	readonly sentence: string;
	/** The operations that it speaks of. */
	readonly ops: readonly Operation[];
}

export interface CheckReport {
	readonly name: CheckName;
	/** `not_evaluated`: the history has nothing for this check. */
	readonly verdict: Verdict | "not_evaluated";
	/** How many operations it looked at. */
	readonly evaluated: number;
	/** What is violated, or why it cannot be said. */
	readonly findings: readonly Finding[];
}

export interface HistoryReport {
	/** Violated if one check is, else inconclusive if one is or nothing was evaluated at all. */
	readonly verdict: Verdict;
	readonly checks: readonly CheckReport[];
}

/** The report of a check whose every finding is a violation. */
export function checkReport(name: CheckName, evaluated: number, findings: readonly Finding[]): CheckReport {
	const verdict = findings.length > 0 ? "violated" : evaluated > 0 ? "held" : "not_evaluated";
	return { name, verdict, evaluated, findings };
}

export function verdictOf(checks: readonly CheckReport[]): Verdict {
	const verdicts = new Set(checks.map(({ verdict }) => verdict));
	if (verdicts.has("violated")) return "violated";
	return verdicts.has("held") && !verdicts.has("inconclusive") ? "held" : "inconclusive";
}
