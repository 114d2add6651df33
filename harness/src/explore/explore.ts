// Runs the schedules of a scenario and says what was found.
import { Exploration } from "./exploration.ts";
import type { ExploreOptions } from "./explore-options.ts";
import type { Report } from "./report.ts";
import type { Scenario } from "./scenario.ts";

export type { ExploreOptions };

/** Explores a scenario. Never rejects: whatever is found, or goes wrong, is in the report. */
export async function explore(scenario: Scenario, options: ExploreOptions = {}): Promise<Report> {
	return new Exploration(scenario, options ?? {}).run();
}
