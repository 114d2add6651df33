// What an exploration was to show and did not.
import { FAULT_KINDS, type FaultBudgets } from "./faults.ts";
import type { Report } from "./report.ts";

/** What was to happen and did not: then nothing was shown about it. */
export function vacuities(
	properties: Report["properties"],
	budgets: FaultBudgets,
	struck: Report["struck"],
): readonly string[] {
	const unseen = properties.flatMap(({ kind, sentence, evaluated, reached }) => {
		if (evaluated === 0) return [`"${sentence}" was never looked at.`];
		return kind === "sometimes" && reached === 0 ? [`"${sentence}" never happened.`] : [];
	});
	const idle = FAULT_KINDS.filter((kind) => (budgets[kind] ?? 0) > 0 && (struck[kind] ?? 0) === 0);
	const stated = properties.length === 0 ? ["The scenario states no property."] : [];
	return [...stated, ...unseen, ...idle.map((kind) => `The fault ${kind} was allowed, and never struck.`)];
}
