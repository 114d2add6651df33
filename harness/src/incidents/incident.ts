// A published incident in miniature: the system as it was, and with the piece that keeps it from happening again.
import type { ExploreOptions } from "../explore/explore-options.ts";
import type { Scenario } from "../explore/scenario.ts";

export interface Incident {
	/** On the command line: one word. */
	readonly name: string;
	readonly title: string;
	/** What happened: a few sentences for people. */
	readonly happened: string;
	/** Where it was published: URLs. */
	readonly sources: readonly string[];
	readonly cases: readonly IncidentCase[];
}

/** One thing that went wrong, and what keeps it from doing so. */
export interface IncidentCase {
	readonly title: string;
	/** As it was, at the smallest size: the shortest schedule that breaks it is the picture. */
	readonly broken: BrokenScenario;
	/** As it was, at the report's own size: what it describes is among the schedules. */
	readonly reported: BrokenScenario;
	/** What prevents it, in a sentence that names the exports of this package. */
	readonly piece: string;
	/** With the piece. */
	readonly held: readonly HeldScenario[];
}

export interface BrokenScenario {
	readonly scenario: Scenario;
	readonly options?: ExploreOptions;
	/** The sentence of the property that breaks. */
	readonly breaks: string;
}

/** Every schedule; every one with so many preemptions at most; or so many that PCT draws. */
export type Extent =
	| "all"
	| { readonly preemptionsMax: number }
	| { readonly drawn: number; readonly seed?: number };

export interface HeldScenario {
	readonly scenario: Scenario;
	readonly extent: Extent;
	/** Takes minutes: left out unless everything is asked for. @default false */
	readonly takesLong?: boolean;
}
