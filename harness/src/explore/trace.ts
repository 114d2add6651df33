// What happened in a run, step by step: data for text, diagrams and pages.
import type { HistoryLine } from "../history/history.ts";
import type { FaultKind } from "./faults.ts";

interface TraceMoment {
	/** Steps are numbered 1, 2, 3 …; what belongs to a step has its number, what was before the first one has 0. */
	readonly step: number;
	/** A process, with its life, or what else acts: `time`, `network`, `store`, a queue, `outside`. */
	readonly actor: string;
	/** World time, milliseconds since the start. */
	readonly atMs: number;
}

/** A decision was carried out. */
export interface TraceStep extends TraceMoment {
	readonly type: "step";
	readonly label: string;
	readonly title: string;
	readonly fault?: FaultKind;
	/** A process that could have gone on was left standing. */
	readonly preempts: boolean;
	/** For a call, whom it goes to: `store`, a queue, or what its scenario names. */
	readonly to?: string;
	/** For a call to the store, the record. */
	readonly key?: string;
	/** What the call was answered, unless its process has not heard of it. */
	readonly answer?: string;
	/** The number of the request that is under way from here on: its landing is labelled `+<number>`. */
	readonly leaves?: number;
}

export type TraceEntry =
	| TraceStep
	/** A process said that something happened. */
	| (TraceMoment & { readonly type: "note"; readonly name: string; readonly data: unknown })
	/** A process wrote a line of its history. */
	| (TraceMoment & { readonly type: "line"; readonly line: HistoryLine })
	/** A life of a process began: all lives of one process share a lane. */
	| (TraceMoment & { readonly type: "start"; readonly lane: string })
	/** A process died. */
	| (TraceMoment & { readonly type: "death" });
