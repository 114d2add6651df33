// Schedules drawn from a seed: uniformly, or by priorities (PCT), each with some kinds of fault left out (swarm).
import type { Random } from "../system/random.ts";
import type { Choice, Decide, DecisionPoint } from "./decision.ts";
import { FAULT_KINDS, type FaultBudgets, type FaultKind } from "./faults.ts";

/** One decision in so many is a fault, where one is possible. */
const FAULT_ONE_IN = 12;

/** Leaves out each kind in every second run: faults that hide each other get their turn alone. */
export function swarmOf(faults: FaultBudgets, random: Random): ReadonlySet<FaultKind> {
	return new Set(FAULT_KINDS.filter((kind) => (faults[kind] ?? 0) > 0 && random.once(2)));
}

/** Any choice, each as likely as the other; faults seldom, and only of the kinds of this run. */
export function drawUniformly(random: Random, swarm: ReadonlySet<FaultKind>): Decide {
	return (point) => drawFault(point, random, swarm) ?? indexOf(point, random.pick(withoutFaults(point)));
}

/**
 * Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010): whoever has the highest priority goes on, and at
 * `changes` random steps the running one falls to the lowest. A bug that needs d orderings is found with a probability
 * of at least 1/(n k^(d-1)) in one schedule of n processes and k steps.
 */
export function drawByPriority(
	random: Random,
	swarm: ReadonlySet<FaultKind>,
	{ changes, stepsExpected }: { readonly changes: number; readonly stepsExpected: number },
): Decide {
	const priorities = new Map<string, number>();
	const changesAt = new Set(Array.from({ length: changes }, () => random.integer(1, stepsExpected)));
	let step = 0;
	let lowest = 0;
	const priorityOf = (actor: string): number => {
		const known = priorities.get(actor) ?? random.integer(1, 1_000_000);
		priorities.set(actor, known);
		return known;
	};
	return (point) => {
		const fault = drawFault(point, random, swarm);
		if (fault !== undefined) return fault;
		const choices = withoutFaults(point);
		const first = () => choices.reduce((a, b) => (priorityOf(b.actor) > priorityOf(a.actor) ? b : a));
		if (changesAt.has(++step)) priorities.set(first().actor, --lowest);
		return indexOf(point, first());
	};
}

function drawFault(point: DecisionPoint, random: Random, swarm: ReadonlySet<FaultKind>): number | undefined {
	const faults = point.choices.filter(({ fault }) => fault !== undefined && swarm.has(fault));
	return faults.length > 0 && random.once(FAULT_ONE_IN) ? indexOf(point, random.pick(faults)) : undefined;
}

const withoutFaults = ({ choices }: DecisionPoint): readonly Choice[] =>
	choices.filter(({ fault }) => fault === undefined);

const indexOf = ({ choices }: DecisionPoint, choice: Choice): number => choices.indexOf(choice);
