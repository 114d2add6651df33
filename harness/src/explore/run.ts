// One run of a scenario: one schedule, from the world's first moment to its rest.
import type { Choice, Decide, DecisionPoint } from "./decision.ts";
import type { FaultKind } from "./faults.ts";
import { LiveWorld } from "./live-world.ts";
import type { Coverage, Violation } from "./monitor.ts";
import type { Scenario } from "./scenario.ts";
import type { TraceEntry } from "./trace.ts";

export interface RunOptions {
	readonly decide: Decide;
	readonly coverage: Coverage;
	/** Whether all that happens now has happened in an earlier run, and was looked at. @default never */
	readonly isKnown?: () => boolean;
	/** A run that takes more steps does not come to rest, which is a violation. */
	readonly stepsMax: number;
	/** Whether to keep what is needed to draw the run. @default false */
	readonly traces?: boolean;
}

export interface RunResult {
	readonly ending: "rest" | "cut" | "violated";
	readonly violation?: Violation;
	/** What was picked, step by step, also where there was but one choice: with other faults there may be more. */
	readonly labels: readonly string[];
	/** By label: whether it was the first choice. */
	readonly defaults: readonly boolean[];
	readonly steps: number;
	readonly preemptions: number;
	readonly struck: readonly FaultKind[];
	/** Empty unless asked for. */
	readonly trace: readonly TraceEntry[];
}

export async function runSchedule(scenario: Scenario, options: RunOptions): Promise<RunResult> {
	const { decide, coverage, stepsMax, isKnown = () => false, traces = false } = options;
	const world = new LiveWorld(scenario, {
		coverage,
		traces,
	});
	const labels: string[] = [];
	const defaults: boolean[] = [];
	const struck: FaultKind[] = [];
	let preemptions = 0;
	let steps = 0;
	const end = (ending: RunResult["ending"], violation?: Violation): RunResult => {
		world.close();
		const rest = violation ? { violation } : {};
		return {
			ending,
			...rest,
			labels,
			defaults,
			steps,
			preemptions,
			struck,
			trace: world.tracer?.entries ?? [],
		};
	};

	const refusal = await world.setUp();
	if (refusal) return end("violated", refusal);
	for (;;) {
		const choices = world.choices();
		const violation = isKnown() ? undefined : world.look(choices.length === 0);
		if (violation) return end("violated", violation);
		if (choices.length === 0) return end("rest");
		if (steps >= stepsMax) {
			return end("violated", { kind: "rest", sentence: `the world comes to rest within ${stepsMax} steps` });
		}
		const choice = pick(choices, world, decide);
		if (choice === "cut") return end("cut");
		labels.push(choice.label);
		defaults.push(choice === choices[0]);
		if (choice.fault) struck.push(choice.fault);
		if (choice.preempts) preemptions++;
		steps++;
		await world.step(choice);
	}
}

function pick(choices: readonly Choice[], world: LiveWorld, decide: Decide): Choice | "cut" {
	const point: DecisionPoint = { choices, running: world.runningNow, stateKey: () => world.key() };
	const decided = decide(point);
	if (decided === "cut") return "cut";
	const choice = choices[decided];
	if (!choice) throw new RangeError(`Expected one of ${choices.length} choices, got ${decided}.`);
	return choice;
}
