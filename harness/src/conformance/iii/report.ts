// What a run of the table on an engine has found, as data.
import type { Difference } from "./differences.ts";
import type { Target } from "./target.ts";

export type CaseResult = { readonly name: string } & (
	| { readonly verdict: "ok" }
	| { readonly verdict: "differs"; readonly differences: readonly Difference[] }
	| { readonly verdict: "not run"; readonly why: string }
);

export interface ConformanceReport {
	readonly target: Target;
	/** In the order of the table. */
	readonly results: readonly CaseResult[];
	/** Sums of `results`. */
	readonly ok: number;
	readonly differ: number;
	readonly notRun: number;
}

export function conformanceReport(target: Target, results: readonly CaseResult[]): ConformanceReport {
	const count = (verdict: CaseResult["verdict"]) =>
		results.filter((result) => result.verdict === verdict).length;
	return { target, results, ok: count("ok"), differ: count("differs"), notRun: count("not run") };
}
