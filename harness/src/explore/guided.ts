// A schedule that is told in advance, by the labels of its decisions.
import type { Decide } from "./decision.ts";

/** Takes what cannot be had as a reason to end. */
export class StrictGuide {
	readonly #labels: readonly string[];
	#next = 0;
	/** The label that could not be had, and what could have been. */
	missed: { readonly label: string; readonly choices: readonly string[] } | undefined;

	constructor(labels: readonly string[]) {
		this.#labels = labels;
	}

	/** Whether every label was used. */
	get isUsedUp(): boolean {
		return this.#next >= this.#labels.length;
	}

	/** After the last label, whatever comes first. */
	readonly decide: Decide = ({ choices }) => {
		const label = this.#labels[this.#next++];
		if (label === undefined) return 0;
		const index = choices.findIndex((choice) => choice.label === label);
		if (index >= 0) return index;
		this.missed = { label, choices: choices.map((choice) => choice.label) };
		return "cut";
	};
}

/** Skips what cannot be had: for shrinking, where a schedule with something taken out is tried. */
export function followLoosely(labels: readonly string[]): Decide {
	let next = 0;
	return ({ choices }) => {
		while (next < labels.length) {
			const label = labels[next++];
			const index = choices.findIndex((choice) => choice.label === label);
			if (index >= 0) return index;
		}
		return 0;
	};
}
