// A chaos run in a few lines.
import type { ChaosReport } from "./chaos.ts";

const SHOWN_MAX = 12;

export function chaosText(report: ChaosReport, engineName: string): string {
	const { transitions, turns, faults, effects, history, violations, elapsedMs, exitCodes } = report;
	const hurt = [...faults].map(([fault, count]) => `${fault} ${count}`).join(", ");
	const evaluated = history.checks
		.filter(({ evaluated }) => evaluated > 0)
		.map((check) => `${check.name} ${check.evaluated}`);
	const perSecond = Math.round(transitions / (elapsedMs / 1000));
	return [
		`chaos on ${engineName}: ${transitions} transitions of ${turns.length} turns in ${Math.round(elapsedMs / 1000)} s (${perSecond}/s)`,
		`  done to the processes: ${hurt || "nothing"}`,
		`  workers cut short when they were ended: ${exitCodes.filter((code) => code !== 0).length} of ${exitCodes.length}`,
		`  calls run: ${effects.length}; history ${history.verdict}: ${evaluated.join(", ")}`,
		...(violations.length === 0
			? ["  no lost update, no double effect, no lost wake, no leftover lease"]
			: violations.slice(0, SHOWN_MAX).map((sentence) => `  VIOLATED: ${sentence}`)),
		...(violations.length > SHOWN_MAX ? [`  … and ${violations.length - SHOWN_MAX} more`] : []),
	].join("\n");
}
