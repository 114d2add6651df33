// Whether an exploration showed what it was to show: for test runners, whose failures are thrown.
import type { Report } from "../explore/report.ts";
import { explorationText, type TextOptions } from "./exploration-text.ts";

export interface HoldOptions {
	/** Demands that every schedule was run. @default false: those that were run are enough */
	readonly complete?: boolean;
}

/** What there is to say about a report that does not hold, a vacuous one included; `undefined`: it holds. */
export function failureText(
	report: Report,
	{ complete = false, ...how }: HoldOptions & TextOptions = {},
): string | undefined {
	const text = explorationText(report, { ...runAgain(report), ...how });
	if (report.verdict !== "held") return text;
	if (complete && !report.complete)
		return `Expected every schedule to be run, and this was not all of them.\n\n${text}`;
	return undefined;
}

/** @throws Error with the whole text, unless the verdict is `held` and, with `complete`, every schedule was run. */
export function assertHolds(report: Report, options: HoldOptions = {}): void {
	const text = failureText(report, options);
	if (text !== undefined) throw new Error(text);
}

/** In the test itself: its scenario may be in no module that the program could take it from. */
function runAgain({ counterexample }: Report): TextOptions {
	if (!counterexample) return {};
	return { runAgain: `await explore(scenario, { replay: ${JSON.stringify(counterexample.replay)} })` };
}
