// Each session is a fenced lease, each register a versioned one: in one order of moments, with what everybody was told.
import type { CheckName, CheckReport, Finding } from "./check-report.ts";
import type { Operation } from "./history.ts";
import { leaseModel, leaseRefusal, tellsOfLease } from "./lease-model.ts";
import { linearize, type Model } from "./linearize.ts";
import type { ObjectKind, Partition } from "./partition.ts";
import { registerModel, registerRefusal } from "./register-model.ts";
import { named } from "./sentences.ts";

export interface SearchLimits {
	/** Of each session or register. */
	readonly stepsMax: number;
}

export function checkFencedLease(partitions: readonly Partition[], limits: SearchLimits): CheckReport {
	const kind = { kind: "session", name: "fenced lease", tells: tellsOfLease, refusal: leaseRefusal } as const;
	return checkEach(partitions, { ...kind, model: leaseModel }, limits);
}

export function checkVersionedRegister(partitions: readonly Partition[], limits: SearchLimits): CheckReport {
	const kind = { kind: "register", name: "versioned register", refusal: registerRefusal } as const;
	const tells = ({ outcome }: Operation) => outcome !== "fail";
	return checkEach(partitions, { ...kind, tells, model: () => registerModel }, limits);
}

interface Checked<State> {
	readonly kind: ObjectKind;
	readonly name: CheckName;
	readonly model: () => Model<State>;
	/** Whether an operation says anything of the object. */
	readonly tells: (operation: Operation) => boolean;
	readonly refusal: (state: State, operation: Operation) => string;
}

/** How much of what went before is shown with the operation that cannot follow it. */
const CONTEXT_OPERATIONS = 3;

function checkEach<State>(
	partitions: readonly Partition[],
	{ kind, name, model, tells, refusal }: Checked<State>,
	{ stepsMax }: SearchLimits,
): CheckReport {
	let evaluated = 0;
	const violations: Finding[] = [];
	const undecided: Finding[] = [];
	for (const partition of partitions) {
		if (partition.kind !== kind) continue;
		const operations = partition.operations.filter(tells);
		const known = operations.filter(({ outcome }) => outcome !== "unknown").length;
		evaluated += known;
		const of = `${kind} "${partition.key}"`;
		const found = linearize(operations, model(), { stepsMax });
		if (found.verdict === "inconclusive") {
			const sentence = `Whether the ${known} operations on ${of} have an order was not found out in ${stepsMax} steps.`;
			undecided.push({ sentence, ops: [] });
		}
		if (found.verdict === "violated") {
			const { prefix, stuck, state } = found;
			const sentence =
				`The operations on ${of} have no order: after ${prefix.length} of them ` +
				`${named(stuck)} cannot follow, since ${refusal(state, stuck)}.`;
			violations.push({ sentence, ops: [...prefix.slice(-CONTEXT_OPERATIONS), stuck] });
		}
	}
	const findings = [...violations, ...undecided];
	if (violations.length > 0) return { name, verdict: "violated", evaluated, findings };
	if (undecided.length > 0) return { name, verdict: "inconclusive", evaluated, findings };
	return { name, verdict: evaluated > 0 ? "held" : "not_evaluated", evaluated, findings };
}
