// Promises of the lease that only some scenarios put to the test.
import { always, type Gather, never, type Property } from "../../../src/explore/properties.ts";
import { parseRecord } from "../../../src/lease/record.ts";
import { headOf, standingValue } from "../../../src/lease/standing.ts";

const epochOf = (data: unknown): number => (data as { epoch?: number } | undefined)?.epoch ?? 0;

/** Needs `process.observe`. */
export function givenBackTurnsNobodyAway(): Property {
	const gather: Gather<{ readonly back: readonly number[]; readonly isBroken: boolean }> = {
		from: { back: [], isBroken: false },
		next: (seen, event) => {
			if (event.type === "rollback") return { ...seen, back: [] };
			if (event.type !== "note") return seen;
			const epoch = epochOf(event.data);
			if (event.name === "released" || event.name === "abandoned") {
				return { ...seen, back: [...seen.back, epoch] };
			}
			return {
				...seen,
				isBroken: seen.isBroken || (event.name === "turned_away" && seen.back.includes(epoch)),
			};
		},
	};
	const when = ({ gathered }: { gathered: { back: readonly number[] } }) => gathered.back.length > 0;
	return never("a lease that was given back turns somebody away", ({ gathered }) => gathered.isBroken, {
		gather,
		when,
	});
}

/** Where each process acquires once. Needs `process.observe`, and owners that are named as their process. */
export function nobodyTurnsItselfAway(sessionId: string): Property {
	const gather: Gather<{ readonly owner: string; readonly epoch: number } | null> = {
		from: null,
		next: (last, event) => {
			if (event.type !== "note" || event.name !== "turned_away") return last;
			return { owner: event.process, epoch: epochOf(event.data) };
		},
	};
	return never(
		"somebody is turned away by itself",
		({ gathered, fields }) => {
			const head = headOf(parseRecord(sessionId, fields(sessionId)));
			return head?.epoch === gathered?.epoch && head?.holder.owner === gathered?.owner;
		},
		{ gather, when: ({ gathered }) => gathered !== null },
	);
}

interface Writers {
	/** By process and operation: the epoch that is written. */
	readonly open: Readonly<Record<string, number>>;
	/** By epoch: the processes that were told so. */
	readonly written: Readonly<Record<number, readonly string[]>>;
}

/** Also where a store forgets. Needs `watchLeases`. */
export function oneWriterAnEpoch(): Property {
	const gather: Gather<Writers> = {
		from: { open: {}, written: {} },
		next: (writers, event) => {
			if (event.type === "rollback") return { ...writers, written: {} };
			if (event.type !== "line") return writers;
			const { line, process } = event;
			const op = `${process}/${line.op}`;
			if (line.type === "invoke") {
				if (line.call !== "write" && line.call !== "release") return writers;
				return { ...writers, open: { ...writers.open, [op]: line.epoch } };
			}
			const { [op]: epoch, ...open } = writers.open;
			if (epoch === undefined || line.type !== "ok") return { ...writers, open };
			const before = writers.written[epoch] ?? [];
			const after = before.includes(process) ? before : [...before, process].sort();
			return { open, written: { ...writers.written, [epoch]: after } };
		},
	};
	return never(
		"two holders write one value",
		({ gathered }) => Object.values(gathered.written).some(({ length }) => length > 1),
		{ gather, when: ({ gathered }) => Object.keys(gathered.written).length > 0 },
	);
}

interface Claims {
	/** By process and operation: the value that is being saved. */
	readonly open: Readonly<Record<string, string>>;
	/** By process: the value that it was told is saved. */
	readonly saved: Readonly<Record<string, string>>;
	/** Said just now, and nothing was written since. */
	readonly claimed?: string;
}

/** Whatever the store forgot: who is told that it was saved finds it there. Needs `watchLeases`; not with `pause`. */
export function savedIsThere(sessionId: string): Property {
	const gather: Gather<Claims> = {
		from: { open: {}, saved: {} },
		next: ({ claimed, ...claims }, event) => {
			if (event.type !== "line")
				return event.type === "note" && claimed !== undefined ? { ...claims, claimed } : claims;
			const { line, process } = event;
			const op = `${process}/${line.op}`;
			if (line.type === "invoke") {
				if (line.call !== "write" && line.call !== "release") return claims;
				const value = line.value ?? claims.saved[process];
				return value === undefined ? claims : { ...claims, open: { ...claims.open, [op]: value } };
			}
			const { [op]: value, ...open } = claims.open;
			if (value === undefined || line.type !== "ok") return { ...claims, open };
			return { open, saved: { ...claims.saved, [process]: value }, claimed: value };
		},
	};
	return always(
		"what was said to be saved is there",
		({ gathered, fields }) => {
			const text = standingValue(parseRecord(sessionId, fields(sessionId)))?.text ?? "no value";
			return text === gathered.claimed || `${text} is there, and not ${gathered.claimed}`;
		},
		{ gather, when: ({ gathered }) => gathered.claimed !== undefined },
	);
}
