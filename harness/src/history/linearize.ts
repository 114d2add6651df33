// Whether operations can have taken effect one after the other, each at a moment between its invoke and its completion.
//
// The search of Wing and Gong ("Testing and Verifying Concurrent Objects", 1993) with Lowe's memory of what was seen
// ("Testing for linearizability", 2017). Three things keep it short, and leave out no order that could succeed:
// what only looks is taken as soon as it fits; a state in which somebody has come too late is left; of unknown operations that
// are alike, the one that was invoked first is tried.
import { endOf, type Operation, startOf } from "./history.ts";

/** What operations do one at a time. States are plain and never changed. */
export interface Model<State> {
	readonly initial: State;
	/** The state after the operation took effect, as its answer says; `undefined`: it cannot have, in this state. */
	step(state: State, operation: Operation): State | undefined;
	/** Equal for equal states. */
	keyOf(state: State): string;
	/** Whether it changes nothing in any state; what happens to change nothing in this one may be needed later. */
	onlyLooks(operation: Operation): boolean;
	/** Whether the operation cannot take effect in this state, nor in any that follows it. */
	isTooLate(state: State, operation: Operation): boolean;
}

export type Linearization<State> =
	| { readonly verdict: "held" }
	/** `stepsMax` steps were not enough. */
	| { readonly verdict: "inconclusive" }
	/** The longest order that was found, the state after it, and an operation that cannot follow. */
	| {
			readonly verdict: "violated";
			readonly prefix: readonly Operation[];
			readonly state: State;
			readonly stuck: Operation;
	  };

interface Step<State> {
	readonly state: State;
	readonly before: Step<State> | undefined;
	readonly operation: Operation | undefined;
	/** Of the operations whose outcome is known, in the order of their invokes: the first that is still open … */
	readonly firstOpen: number;
	/** … and those after it that are not. */
	readonly ahead: readonly number[];
	/** Of the unknown ones: those that took effect. */
	readonly unknowns: readonly number[];
	readonly taken: number;
}

/** An operation that has failed has no place here, unless the model says what its failure tells. */
export function linearize<State>(
	operations: readonly Operation[],
	model: Model<State>,
	{ stepsMax }: { readonly stepsMax: number },
): Linearization<State> {
	const sorted = [...operations].sort((a, b) => startOf(a) - startOf(b));
	const known = sorted.filter(({ outcome }) => outcome !== "unknown");
	const unknown = sorted.filter(({ outcome }) => outcome === "unknown");
	const search = new Search(model, known, unknown);
	let deepest = search.start;
	const open = [deepest];
	const seen = new Set<string>();
	for (let steps = 0; ; ) {
		const step = open.pop();
		if (!step) break;
		if (step.firstOpen === known.length) return { verdict: "held" };
		const key = search.keyOf(step);
		if (seen.has(key)) continue;
		if (steps++ === stepsMax) return { verdict: "inconclusive" };
		seen.add(key);
		if (step.taken > deepest.taken) deepest = step;
		open.push(...search.next(step).reverse());
	}
	return {
		verdict: "violated",
		prefix: pathTo(deepest),
		state: deepest.state,
		stuck: search.stuckAt(deepest),
	};
}

function pathTo<State>(last: Step<State>): Operation[] {
	const path: Operation[] = [];
	for (let step: Step<State> | undefined = last; step; step = step.before) {
		if (step.operation) path.push(step.operation);
	}
	return path.reverse();
}

class Search<State> {
	readonly #model: Model<State>;
	readonly #known: readonly Operation[];
	readonly #unknown: readonly Operation[];
	readonly #alike: readonly string[];

	constructor(model: Model<State>, known: readonly Operation[], unknown: readonly Operation[]) {
		this.#model = model;
		this.#known = known;
		this.#unknown = unknown;
		this.#alike = unknown.map(({ invoke }) => {
			const { op: _op, process: _process, time: _time, ...call } = invoke.line;
			return JSON.stringify(Object.entries(call).sort());
		});
	}

	get start(): Step<State> {
		const nothing = { before: undefined, operation: undefined, ahead: [], unknowns: [] };
		return { ...nothing, state: this.#model.initial, firstOpen: 0, taken: 0 };
	}

	keyOf({ state, firstOpen, ahead, unknowns }: Step<State>): string {
		const still = unknowns.filter((index) => !this.#isTooLate(state, this.#unknown[index]));
		return `${firstOpen}/${ahead}/${still}/${this.#model.keyOf(state)}`;
	}

	/** The likely ones first: what is known in the order in which it ended, then what is not. */
	next(step: Step<State>): Step<State>[] {
		const { candidates, endsFirst } = this.#candidates(step);
		const next: Step<State>[] = [];
		if (candidates.some((index) => this.#isTooLate(step.state, this.#known[index]))) return next;
		for (const index of candidates) {
			const operation = this.#known[index] as Operation;
			const state = this.#model.step(step.state, operation);
			if (state === undefined) continue;
			const after = { ...this.#take(step, index), state, before: step, operation };
			if (this.#model.onlyLooks(operation)) return [after];
			next.push(after);
		}
		return [...next, ...this.#nextUnknown(step, endsFirst)];
	}

	#nextUnknown(step: Step<State>, endsFirst: number): Step<State>[] {
		const key = this.#model.keyOf(step.state);
		const next: Step<State>[] = [];
		const tried = new Set<string>();
		for (const [index, operation] of this.#unknown.entries()) {
			if (startOf(operation) > endsFirst) break;
			const alike = this.#alike[index] as string;
			if (this.#isTooLate(step.state, operation)) continue;
			if (step.unknowns.includes(index) || tried.has(alike)) continue;
			tried.add(alike);
			const state = this.#model.step(step.state, operation);
			if (state === undefined || this.#model.keyOf(state) === key) continue;
			const unknowns = [...step.unknowns, index].sort((a, b) => a - b);
			next.push({ ...step, state, unknowns, before: step, operation });
		}
		return next;
	}

	/** The operation that has to come next, as it ended first, of those that cannot. */
	stuckAt(step: Step<State>): Operation {
		const open = this.#candidates(step).candidates.map((index) => this.#known[index] as Operation);
		const cannot = open.filter((operation) => this.#model.step(step.state, operation) === undefined);
		return (cannot[0] ?? open[0]) as Operation;
	}

	/** Open operations that began before any of them had ended, in the order of their ends. */
	#candidates({ firstOpen, ahead }: Step<State>): { candidates: number[]; endsFirst: number } {
		const candidates: number[] = [];
		const taken = new Set(ahead);
		let endsFirst = Number.POSITIVE_INFINITY;
		for (let index = firstOpen; index < this.#known.length; index++) {
			const operation = this.#known[index] as Operation;
			if (startOf(operation) > endsFirst) break;
			if (taken.has(index)) continue;
			endsFirst = Math.min(endsFirst, endOf(operation));
			candidates.push(index);
		}
		const endAt = (index: number): number => endOf(this.#known[index] as Operation);
		return { candidates: candidates.sort((a, b) => endAt(a) - endAt(b)), endsFirst };
	}

	#take({ firstOpen, ahead, unknowns, taken }: Step<State>, index: number) {
		const done = new Set([...ahead, index]);
		let first = firstOpen;
		while (done.delete(first)) first++;
		return { firstOpen: first, ahead: [...done].sort((a, b) => a - b), unknowns, taken: taken + 1 };
	}

	#isTooLate(state: State, operation: Operation | undefined): boolean {
		return operation !== undefined && this.#model.isTooLate(state, operation);
	}
}
