// What a mutant is: the real sources with one guard taken out, and the scenario in which that has to show.
import type { ExploreOptions } from "../../src/explore/explore.ts";

export interface Patch {
	/** Under `src`. */
	readonly file: string;
	/** Found there exactly once: a mutant follows the code, or has to be updated with it. */
	readonly from: string;
	readonly to: string;
}

export interface Mutant {
	/** Unique among the specimens, and the name of its folder. */
	readonly name: string;
	/** Which guard is gone. */
	readonly breaks: string;
	readonly patches: readonly Patch[];
	/** The name of one of `spaces`. */
	readonly scenario: string;
	/** What finds it, and quickly: the unchanged sources hold under the same. */
	readonly options: ExploreOptions;
	/** The sentence that is violated. */
	readonly finds: string;
}
