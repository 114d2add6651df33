// What was applied while its process stood still: it hears of it in a later step.
import type { TraceStep } from "../explore/trace.ts";

export interface HeardStep {
	readonly entry: TraceStep;
	/** `later`: it stands still. `of an earlier one`: it was applied before, and only the reply is in this step. */
	readonly hears: "now" | "later" | "of an earlier one";
}

/** The steps, and which of them show a process the answer to a call. */
export function heardSteps(entries: readonly TraceStep[]): readonly HeardStep[] {
	const paused = new Set<string>();
	const unheard = new Map<string, number>();
	return entries.map((entry): HeardStep => {
		const { actor, label, title, fault, to, key } = entry;
		if (fault === "pause") paused.add(actor);
		if (label === `${actor}^`) paused.delete(actor);
		if (to === undefined || fault) return { entry, hears: "now" };
		// Which of two equal calls is heard of first is all the same.
		const call = JSON.stringify([actor, to, key, title]);
		const count = unheard.get(call) ?? 0;
		if (paused.has(actor)) {
			unheard.set(call, count + 1);
			return { entry, hears: "later" };
		}
		if (count === 0) return { entry, hears: "now" };
		unheard.set(call, count - 1);
		return { entry, hears: "of an earlier one" };
	});
}
