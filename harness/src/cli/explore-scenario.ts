// One exploration of the program: it tells how far it is, and can be interrupted.
import { type ExploreOptions, explore } from "../explore/explore.ts";
import type { Report } from "../explore/report.ts";
import type { Scenario } from "../explore/scenario.ts";
import { InputError } from "./input-error.ts";
import { type SchedulePorts, scheduleProgress } from "./schedule-progress.ts";

/** @throws InputError if the scenario cannot be set up; the signal's reason: then what was found counts for nothing. */
export async function exploreScenario(
	scenario: Scenario,
	options: ExploreOptions,
	ports: SchedulePorts,
): Promise<Report> {
	const { signal } = ports;
	const onSchedule = scheduleProgress(scenario.name, ports);
	const report = await explore(scenario, { ...options, signal, onSchedule });
	signal.throwIfAborted();
	const { violation } = report.counterexample ?? {};
	if (violation?.kind === "setup") {
		const [detail = ""] = (violation.detail ?? "").split("\n");
		throw new InputError(`The scenario "${scenario.name}" cannot be set up: ${detail}`);
	}
	return report;
}
