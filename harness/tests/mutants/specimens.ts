// Every specimen, in the order of the table.
import { answers } from "./answers.ts";
import { clocks } from "./clocks.ts";
import { designs } from "./designs.ts";
import { housekeeping } from "./housekeeping.ts";
import type { Mutant } from "./mutant.ts";
import { naming } from "./naming.ts";
import { outbox } from "./outbox.ts";
import { sealing } from "./sealing.ts";
import { wakes } from "./wakes.ts";

export interface MutantSection {
	readonly title: string;
	readonly mutants: readonly Mutant[];
}

export const sections: readonly MutantSection[] = [
	{ title: "Sealing", mutants: sealing },
	{ title: "Naming", mutants: naming },
	{ title: "Answers", mutants: answers },
	{ title: "Housekeeping", mutants: housekeeping },
	{ title: "Wakes", mutants: wakes },
	{ title: "Events", mutants: outbox },
	{ title: "Clocks", mutants: clocks },
	{ title: "Published designs", mutants: designs },
];
