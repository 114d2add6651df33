// The states in which a scenario can end: as the explorer finds them, and as a walk finds them that cuts nothing.
import type { Decide } from "../../src/explore/decision.ts";
import type { explore } from "../../src/explore/explore.ts";
import { Coverage } from "../../src/explore/monitor.ts";
import { eventually, type Property } from "../../src/explore/properties.ts";
import { runSchedule } from "../../src/explore/run.ts";
import type { Scenario } from "../../src/explore/scenario.ts";

const SESSION = "s";
const STEPS_MAX = 1_000;

/** Sorted; every property of the scenario is left out, since what they gather tells states apart. */
export async function endStatesFound(scenario: Scenario, by: typeof explore): Promise<readonly string[]> {
	const ends = new Set<string>();
	const report = await by(
		{ ...scenario, properties: [keepingEnds(ends)] },
		{ preemptionsMax: Number.POSITIVE_INFINITY },
	);
	if (!report.complete)
		throw new Error(`Expected ${scenario.name} to be explored completely: ${report.reasons}`);
	return [...ends].sort();
}

/** Every schedule there is. @throws Error if there are more than `schedulesMax` */
export async function endStatesThereAre(
	scenario: Scenario,
	schedulesMax: number,
): Promise<{ readonly ends: readonly string[]; readonly schedules: number }> {
	const ends = new Set<string>();
	const properties = [keepingEnds(ends)];
	const coverage = new Coverage(properties);
	const walk = new Walk();
	let schedules = 0;
	do {
		if (++schedules > schedulesMax)
			throw new Error(`${scenario.name} has more than ${schedulesMax} schedules.`);
		await runSchedule({ ...scenario, properties }, { decide: walk.decide, coverage, stepsMax: STEPS_MAX });
	} while (walk.advance());
	return { ends: [...ends].sort(), schedules };
}

function keepingEnds(ends: Set<string>): Property {
	return eventually("the end is kept", ({ fields }) => {
		ends.add(JSON.stringify(Object.entries(fields(SESSION)).sort(([a], [b]) => (a < b ? -1 : 1))));
		return true;
	});
}

/** Depth first, with nothing but the path in mind. */
class Walk {
	readonly #path: { taken: number; readonly of: number }[] = [];
	#depth = 0;

	readonly decide: Decide = ({ choices }) => {
		this.#path[this.#depth] ??= { taken: 0, of: choices.length };
		return this.#path[this.#depth++]?.taken ?? 0;
	};

	/** False if there is no other schedule. */
	advance(): boolean {
		this.#depth = 0;
		for (let last = this.#path.at(-1); last; last = this.#path.at(-1)) {
			if (++last.taken < last.of) return true;
			this.#path.pop();
		}
		return false;
	}
}
