// Every schedule, depth first: each run follows the last one up to its latest decision that can be made otherwise.
import type { Decide, DecisionPoint } from "./decision.ts";

interface Branch {
	/** Indices of the choices that the bound allows. */
	readonly allowed: readonly number[];
	/** Position in `allowed` that this run takes. */
	taken: number;
	/** Of the state: a run that gets to another one by the same decisions has not followed. */
	readonly stateKey: string;
	/** By index: whether taking it is a preemption. */
	readonly preempts: readonly boolean[];
	readonly preemptionsLeft: number;
}

/**
 * Two prefixes that reach equal states are one: the second is cut. With a bound on preemptions a state counts as seen
 * only if it was reached with as many left, and by the same process.
 */
export class Exhaustive {
	readonly #preemptionsMax: number;
	readonly #seen = new Map<string, number>();
	readonly #path: Branch[] = [];
	#depth = 0;
	#isBounded = false;
	#divergence: string | undefined;

	/** `Number.POSITIVE_INFINITY`: no bound. */
	constructor(preemptionsMax: number) {
		this.#preemptionsMax = preemptionsMax;
	}

	get states(): number {
		return this.#seen.size;
	}

	/** Whether the bound has left something out. */
	get isBounded(): boolean {
		return this.#isBounded;
	}

	/** Whether this run still follows the one before it: nothing that it shows is new. */
	get isFollowing(): boolean {
		return this.#depth < this.#path.length;
	}

	/** How a run that was to follow another one found other choices: the scenario is not deterministic. */
	get divergence(): string | undefined {
		return this.#divergence;
	}

	readonly decide: Decide = (point) => {
		if (point.choices.length === 1) return 0;
		const depth = this.#depth++;
		const branch = this.#path[depth];
		return branch ? this.#follow(branch, point) : this.#branchOff(point);
	};

	/** Prepares the next schedule; false if there is none. */
	advance(): boolean {
		if (this.#depth < this.#path.length) this.#divergence ??= "The same decisions led to another end.";
		this.#depth = 0;
		for (let last = this.#path.at(-1); last; last = this.#path.at(-1)) {
			if (last.taken + 1 < last.allowed.length) {
				last.taken++;
				return true;
			}
			this.#path.pop();
		}
		return false;
	}

	#follow(branch: Branch, { choices, stateKey }: DecisionPoint): number | "cut" {
		const isLast = this.#depth === this.#path.length;
		const isSame = choices.length === branch.preempts.length && (!isLast || stateKey() === branch.stateKey);
		if (isSame) return branch.allowed[branch.taken] as number;
		const now = choices.map(({ label }) => label).join(", ");
		this.#divergence = `The same decisions led to another state, with the choices ${now}.`;
		return "cut";
	}

	#preemptionsLeft(): number {
		const last = this.#path.at(-1);
		if (!last) return this.#preemptionsMax;
		return last.preemptionsLeft - (last.preempts[last.allowed[last.taken] as number] ? 1 : 0);
	}

	#branchOff({ choices, running, stateKey }: DecisionPoint): number | "cut" {
		const left = this.#preemptionsLeft();
		const state = stateKey();
		const key = left === Number.POSITIVE_INFINITY ? state : `${state} ${running}`;
		if ((this.#seen.get(key) ?? -1) >= left) return "cut";
		this.#seen.set(key, left);
		const allowed: number[] = [];
		for (const [index, { preempts, isImplied }] of choices.entries()) {
			if (preempts && left <= 0) this.#isBounded = true;
			// Under a bound the other way may have too many preemptions.
			else if (!isImplied || left < Number.POSITIVE_INFINITY) allowed.push(index);
		}
		this.#path.push({
			allowed,
			taken: 0,
			stateKey: state,
			preemptionsLeft: left,
			preempts: choices.map(({ preempts }) => preempts),
		});
		return allowed[0] as number;
	}
}
