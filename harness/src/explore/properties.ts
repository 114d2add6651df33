// What has to hold, as sentences.
import type { HistoryLine } from "../history/history.ts";
import type { Fields } from "../lease/atomic-store.ts";
import type { RecordUpdate } from "./records.ts";

export type WorldEvent =
	/** A process said that something happened. */
	| { readonly type: "note"; readonly process: string; readonly name: string; readonly data: unknown }
	/** A process wrote a line of its history. */
	| { readonly type: "line"; readonly process: string; readonly line: HistoryLine }
	/** The store applied a batch. */
	| ({ readonly type: "update" } & RecordUpdate)
	/** A process died. */
	| { readonly type: "crash"; readonly process: string }
	/** The store forgot. */
	| { readonly type: "rollback" };

/** What a property can see of a world. */
export interface View<S> {
	/** How often something was noted. */
	count(note: string): number;
	/** A record as it is now. */
	fields(key: string): Fields;
	/** What the property has gathered itself. */
	readonly gathered: S;
	/** Nothing can happen any more. */
	readonly atRest: boolean;
}

/** Gathers from events what a property needs to know: JSON, since it takes part in telling states apart. */
export interface Gather<S> {
	readonly from: S;
	readonly next: (state: S, event: WorldEvent) => S;
}

/** `true`, or what there is to say: any text means no. */
export type Judgement = boolean | string;

export interface Property {
	readonly kind: "always" | "never" | "sometimes" | "eventually";
	/** What holds, or for `never` what does not happen. Unique in its scenario. */
	readonly sentence: string;
	readonly gather?: Gather<unknown>;
	/** Looks only where this is true; a property that was nowhere looked at fails. */
	readonly when?: (view: View<unknown>) => boolean;
	readonly judge: (view: View<unknown>) => Judgement;
}

export interface PropertyOptions<S> {
	readonly gather?: Gather<S>;
	readonly when?: (view: View<S>) => boolean;
}

/** Holds after every step. */
export function always<S = undefined>(
	sentence: string,
	judge: (view: View<S>) => Judgement,
	options: PropertyOptions<S> = {},
): Property {
	return { kind: "always", sentence, judge, ...options } as Property;
}

/** True after no step. */
export function never<S = undefined>(
	sentence: string,
	judge: (view: View<S>) => boolean,
	options: PropertyOptions<S> = {},
): Property {
	return { kind: "never", sentence, judge, ...options } as Property;
}

/** True after some step of some schedule: what a scenario is about has to happen in it. */
export function sometimes<S = undefined>(
	sentence: string,
	judge: (view: View<S>) => boolean,
	options: PropertyOptions<S> = {},
): Property {
	return { kind: "sometimes", sentence, judge, ...options } as Property;
}

/** Holds at rest, when no fault and nothing else can happen any more: every schedule that is run to its end gets there. */
export function eventually<S = undefined>(
	sentence: string,
	judge: (view: View<S>) => Judgement,
	options: PropertyOptions<S> = {},
): Property {
	return { kind: "eventually", sentence, judge, ...options } as Property;
}

/** What was noted happens once at most, whoever noted it. */
export function atMostOnce(note: string): Property {
	return never(`"${note}" happens twice`, ({ count }) => count(note) > 1, {
		when: ({ count }) => count(note) > 0,
	});
}
