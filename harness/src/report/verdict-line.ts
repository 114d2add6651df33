// What an exploration comes to, in a line: how much was run, what it showed, within which bounds.
import type { FaultBudgets } from "../explore/faults.ts";
import type { Violation } from "../explore/monitor.ts";
import type { Counterexample, Report } from "../explore/report.ts";
import { counted } from "./counted.ts";
import { shellWord } from "./shell-word.ts";
import { oneLine } from "./table.ts";

/** For example `held: all 206300 schedules of "two contenders", complete (457827 states; crash 1, expiry 1)`. */
export function verdictLine(report: Report): string {
	const { verdict, schedules, counterexample } = report;
	const scenario = `"${oneLine(report.scenario)}"`;
	switch (verdict) {
		case "violated": {
			if (report.mode === "replay") return `violated: the replayed schedule of ${scenario}`;
			const smallest = counterexample ? `, made as small as ${counted(counterexample.steps, "step")}` : "";
			return `violated: schedule ${schedules} of ${scenario}${smallest}`;
		}
		case "not deterministic":
			return `not deterministic: ${scenario}, after ${counted(schedules, "schedule")}`;
		case "refused":
			return `refused: ${scenario} was not explored`;
		case "held":
		case "vacuous":
			return `${verdict}: ${scopeText(report, scenario)} (${boundsText(report)})`;
	}
}

function scopeText(
	{ mode, complete, schedules, preemptionsCovered, limits }: Report,
	scenario: string,
): string {
	if (mode === "replay") return `the replayed schedule of ${scenario}`;
	if (mode !== "exhaustive") {
		return `${counted(schedules, `${mode === "pct" ? "PCT" : mode} schedule`)} of ${scenario}, seed ${limits.seed ?? 1}`;
	}
	if (complete) return `all ${counted(schedules, "schedule")} of ${scenario}, complete`;
	const covered =
		typeof preemptionsCovered === "number"
			? `complete up to ${counted(preemptionsCovered, "preemption")}`
			: "not complete";
	const ended = schedules >= limits.schedulesMax ? `, ended at ${limits.schedulesMax} schedules` : "";
	return `${counted(schedules, "schedule")} of ${scenario}, ${covered}${ended}`;
}

function boundsText({ states, limits }: Report): string {
	return [...(states > 0 ? [counted(states, "state")] : []), faultsText(limits.faults) || "no faults"].join(
		"; ",
	);
}

/** For example `crash 1, expiry 2`: how often each may happen in one schedule. */
export function faultsText(faults: FaultBudgets): string {
	return Object.entries(faults)
		.filter(([, count]) => count > 0)
		.map(([kind, count]) => `${kind} ${count}`)
		.join(", ");
}

/** What does not hold: for example `never: two processes hold the session at once`. */
export function violationText({ kind, sentence }: Pick<Violation, "kind" | "sentence">): string {
	return `${kind}: ${oneLine(sentence)}`;
}

/** For example `6 steps, 1 preemption, 2 faults (crash, expiry)`. */
export function sizeText({ steps, preemptions, faults }: Counterexample): string {
	const struck = faults.length > 0 ? `${counted(faults.length, "fault")} (${faults.join(", ")})` : "no fault";
	return `${counted(steps, "step")}, ${preemptions === 0 ? "no preemption" : counted(preemptions, "preemption")}, ${struck}`;
}

/** The line to paste into a shell. */
export function replayCommand({ replay }: Counterexample): string {
	return `session-lease replay ${shellWord(replay)}`;
}
