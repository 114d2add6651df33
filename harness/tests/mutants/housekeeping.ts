// What a holder removes of older epochs, and what it must not.
import type { Mutant } from "./mutant.ts";

export const housekeeping: readonly Mutant[] = [
	{
		name: "standing-value-dropped",
		breaks: "A holder that writes no value removes the fields of the epoch whose value stands.",
		patches: [
			{
				file: "lease/holder.ts",
				from: "hasValue || epochOfField(field) !== this.#context.standingEpoch",
				to: "hasValue || epochOfField(field) > 0",
			},
		],
		scenario: "a writer and two readers",
		options: { schedulesMax: 300 },
		finds: "the last value stands",
	},
	{
		name: "no-housekeeping",
		breaks: "Nobody removes the fields of older epochs.",
		patches: [
			{
				file: "lease/holder.ts",
				from: "if (batch.owed !== undefined) removed.push(...this.#takeOlder(batch.value !== undefined));",
				to: "",
			},
		],
		scenario: "two contenders, two transitions each",
		options: { schedulesMax: 300 },
		finds: "the record has 14 fields at most",
	},
];
