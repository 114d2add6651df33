// Who held which epoch, from which step to which: the bars of the picture.
import type { TraceEntry } from "../explore/trace.ts";
import { leaseNote } from "./note-text.ts";

export interface Hold {
	readonly lane: string;
	readonly sessionId: string;
	readonly epoch: number;
	readonly takeover: boolean;
	/** The step at which it was granted. */
	readonly from: number;
	/** The step at which it ended; the last one of the run if it did not. */
	readonly to: number;
	readonly end: "released" | "abandoned" | "lost" | "died" | "open";
	/** Of one that died or was lost: the step at which the next epoch was granted, or the last one of the run. */
	readonly until: number;
}

/** Steps between which more than one process held a session. */
export interface Overlap {
	readonly from: number;
	readonly to: number;
	readonly holders: number;
}

type Open = Pick<Hold, "sessionId" | "epoch" | "takeover" | "from"> & { readonly actor: string };

export function holdsOf(trace: readonly TraceEntry[], lanes: ReadonlyMap<string, string>): readonly Hold[] {
	const last = trace.at(-1)?.step ?? 0;
	const holds: Hold[] = [];
	let open: Open[] = [];
	const end = (isEnded: (hold: Open) => boolean, how: Hold["end"], to: number) => {
		for (const { actor, ...hold } of open.filter(isEnded)) {
			holds.push({ ...hold, lane: lanes.get(actor) ?? actor, to, end: how, until: to });
		}
		open = open.filter((hold) => !isEnded(hold));
	};
	for (const entry of trace) {
		const { actor, step } = entry;
		if (entry.type === "death") end((hold) => hold.actor === actor, "died", step);
		if (entry.type !== "note") continue;
		const { sessionId = "", epoch = 0, takeover = false } = leaseNote(entry.data);
		const isThis = (hold: Open) =>
			hold.actor === actor && hold.sessionId === sessionId && hold.epoch === epoch;
		if (entry.name === "granted") open.push({ actor, sessionId, epoch, takeover, from: step });
		if (entry.name === "released" || entry.name === "abandoned" || entry.name === "lost") {
			end(isThis, entry.name, step);
		}
	}
	end(() => true, "open", last);
	holds.sort((a, b) => a.from - b.from);
	return holds.map((hold) => ({ ...hold, until: untilOf(hold, holds, last) }));
}

function untilOf(hold: Hold, holds: readonly Hold[], last: number): number {
	if (hold.end !== "died" && hold.end !== "lost") return hold.to;
	const next = holds.find(({ sessionId, from }) => sessionId === hold.sessionId && from > hold.from);
	return Math.max(hold.to, next?.from ?? last);
}

/** By stretch, joined where as many go on. */
export function overlapsOf(holds: readonly Hold[], last: number): readonly Overlap[] {
	const overlaps: Overlap[] = [];
	// A grant counts once its step is over: the stretch after step n is the n-th.
	for (let step = 1; step <= last; step++) {
		const counts = new Map<string, number>();
		for (const { sessionId, from, to, end } of holds) {
			const holdsOn = from <= step && (step < to || (end === "open" && step === to));
			if (holdsOn) counts.set(sessionId, (counts.get(sessionId) ?? 0) + 1);
		}
		const holders = Math.max(0, ...counts.values());
		const before = overlaps.at(-1);
		if (holders < 2) continue;
		if (before?.to === step && before.holders === holders)
			overlaps.splice(-1, 1, { ...before, to: step + 1 });
		else overlaps.push({ from: step, to: step + 1, holders });
	}
	return overlaps;
}
