// Watches the properties over one run, and counts over all runs where each was looked at.
import type { Fields } from "../lease/atomic-store.ts";
import type { Property, View, WorldEvent } from "./properties.ts";

export interface Violation {
	/** That of a property, or what went wrong without one: a task that failed, a world that does not come to rest … */
	readonly kind: Property["kind"] | "setup" | "task" | "rest" | "outside";
	/** What does not hold; for `never`, what happened. */
	readonly sentence: string;
	/** What was found instead. */
	readonly detail?: string;
}

/** By property: how often it was looked at, and how often it was found true. */
export class Coverage {
	readonly #looks = new Map<Property, { evaluated: number; reached: number }>();

	constructor(properties: readonly Property[]) {
		for (const property of properties) this.#looks.set(property, { evaluated: 0, reached: 0 });
	}

	of(property: Property): { evaluated: number; reached: number } {
		const looks = this.#looks.get(property);
		if (!looks) throw new Error(`Expected a property of the scenario, got "${property.sentence}".`);
		return looks;
	}
}

export class Monitor {
	readonly #properties: readonly Property[];
	readonly #coverage: Coverage;
	readonly #fields: (key: string) => Fields;
	readonly #counts = new Map<string, number>();
	readonly #gathered: unknown[];
	#failure: Violation | undefined;

	constructor(properties: readonly Property[], coverage: Coverage, fields: (key: string) => Fields) {
		this.#properties = properties;
		this.#coverage = coverage;
		this.#fields = fields;
		this.#gathered = properties.map(({ gather }) => gather?.from);
	}

	hear(event: WorldEvent): void {
		if (event.type === "note") this.#counts.set(event.name, (this.#counts.get(event.name) ?? 0) + 1);
		for (const [index, property] of this.#properties.entries()) {
			if (property.gather) this.#gathered[index] = this.#gather(property, this.#gathered[index], event);
		}
	}

	#gather({ kind, sentence, gather }: Property, state: unknown, event: WorldEvent): unknown {
		try {
			return gather?.next(state, event);
		} catch (error) {
			this.#failure ??= { kind, sentence, detail: `it could not gather what it needs: ${error}` };
			return state;
		}
	}

	/** The first property that does not hold. */
	look(atRest: boolean): Violation | undefined {
		if (this.#failure) return this.#failure;
		for (const [index, property] of this.#properties.entries()) {
			const violation = this.#judge(property, {
				count: (note) => this.#counts.get(note) ?? 0,
				fields: this.#fields,
				gathered: this.#gathered[index],
				atRest,
			});
			if (violation) return violation;
		}
		return undefined;
	}

	/** One that throws does not hold. */
	#judge(property: Property, view: View<unknown>): Violation | undefined {
		try {
			return this.#judged(property, view);
		} catch (error) {
			return { kind: property.kind, sentence: property.sentence, detail: `it could not be judged: ${error}` };
		}
	}

	#judged(property: Property, view: View<unknown>): Violation | undefined {
		const { kind, sentence, when, judge } = property;
		if (kind === "eventually" && !view.atRest) return undefined;
		if (when && !when(view)) return undefined;
		const looks = this.#coverage.of(property);
		looks.evaluated++;
		const judgement = judge(view);
		if (judgement === true) looks.reached++;
		if (kind === "sometimes" || (judgement === true) === (kind !== "never")) return undefined;
		return { kind, sentence, ...(typeof judgement === "string" ? { detail: judgement } : {}) };
	}

	/** The same text if the properties will judge alike whatever follows. */
	key(): string {
		const counts = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
		return JSON.stringify([counts, this.#gathered]);
	}
}
