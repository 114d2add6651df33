// Ready-made properties of leases, for scenarios whose leases are watched.
import { recordLeases } from "../history/record-leases.ts";
import type { Lease } from "../lease/lease.ts";
import type { Leases } from "../lease/leases.ts";
import { parseRecord } from "../lease/record.ts";
import { isNoValue } from "../lease/schema.ts";
import { headOf, standingValue } from "../lease/standing.ts";
import { afterLine, afterRollback, type FencedLeases, fencedSession, NO_LEASES } from "./fenced-lease.ts";
import { always, eventually, type Gather, never, type Property, sometimes } from "./properties.ts";
import type { Process } from "./scenario.ts";

/**
 * The same leases, with what they are asked and what they answer written into the process's history. The times of its
 * lines are the steps of the schedule.
 */
export function watchLeases<T>(process: Process, leases: Leases<T>): Leases<T> {
	return recordLeases(leases, {
		process: process.name,
		time: () => 0,
		record: (line) => process.record(line),
	});
}

const gather: Gather<FencedLeases> = {
	from: NO_LEASES,
	next: (leases, event) => {
		if (event.type === "line") return afterLine(leases, event.process, event.line);
		return event.type === "rollback" ? afterRollback(leases) : leases;
	},
};

/**
 * One grant an epoch; every grant loads what was acknowledged before, and nothing that came late or was said to be void.
 * Needs `watchLeases`, and values of which no two are equal.
 */
export function fencedLeases(): Property {
	return always<FencedLeases>("a lease is fenced", ({ gathered }) => gathered.broken ?? true, {
		gather,
		when: ({ gathered }) => Object.keys(gathered.sessions).length > 0,
	});
}

/** What stands in the record at the end is what was acknowledged last. Needs `watchLeases`, and the world's records. */
export function lastValueStands(sessionId: string): Property {
	return eventually<FencedLeases>(
		"the last value stands",
		({ gathered, fields }) => {
			const text = standingValue(parseRecord(sessionId, fields(sessionId)))?.text ?? "";
			const value = isNoValue(text) ? "" : text;
			const { standing } = fencedSession(gathered, sessionId);
			return !standing || standing.includes(value) || `${value} stands, and not ${standing.join(" or ")}`;
		},
		{ gather },
	);
}

interface Given {
	readonly epoch: number;
	readonly isBack: boolean;
}

/** Who gave the lease back, and was told so, blocks nobody. Needs `process.observe`, and the world's records. */
export function givenBackIsFree(sessionId: string): Property {
	return eventually<Given>(
		"a lease that was given back is free",
		({ gathered, fields }) => {
			const head = headOf(parseRecord(sessionId, fields(sessionId)));
			if (head?.epoch !== gathered.epoch) return true;
			return head.statement.done || head.statement.until?.value === 0;
		},
		{
			gather: {
				from: { epoch: 0, isBack: false },
				next: (given, event) => {
					if (event.type === "rollback") return { epoch: 0, isBack: false };
					if (event.type !== "note") return given;
					const epoch = (event.data as { epoch?: number } | undefined)?.epoch ?? 0;
					if (event.name === "granted" && epoch > given.epoch) return { epoch, isBack: false };
					const isBack = event.name === "released" || event.name === "abandoned";
					return isBack && epoch === given.epoch ? { epoch, isBack } : given;
				},
			},
			when: ({ gathered }) => gathered.isBack,
		},
	);
}

/** Notes that a holder goes on working, if its signal lets it. Answers whether it does. */
export function worksOn(
	process: Process,
	{ sessionId, epoch, signal }: Pick<Lease<unknown>, "sessionId" | "epoch" | "signal">,
): boolean {
	if (signal.aborted) return false;
	process.note("works", { sessionId, epoch });
	return true;
}

/** Whoever looks at its signal stops before a rival is granted. Needs `process.observe` and `worksOn`. */
export function signalInTime(): Property {
	return never<{ readonly highest: number; readonly isLate: boolean; readonly forgets?: true }>(
		"a holder works on after a rival was granted",
		({ gathered }) => gathered.isLate,
		{
			gather: {
				from: { highest: 0, isLate: false },
				next: (seen, event) => {
					// From then on epochs say nothing any more.
					if (event.type === "rollback") return { ...seen, forgets: true };
					if (seen.forgets || event.type !== "note" || (event.name !== "granted" && event.name !== "works"))
						return seen;
					const { epoch } = event.data as { epoch: number };
					if (event.name === "granted") return { ...seen, highest: Math.max(seen.highest, epoch) };
					return { ...seen, isLate: seen.isLate || epoch < seen.highest };
				},
			},
			when: ({ count }) => count("works") > 0,
		},
	);
}

/** The record does not grow with the number of wakes. Needs the world's records. */
export function recordStaysSmall(sessionId: string, fieldsMax: number): Property {
	return eventually(`the record has ${fieldsMax} fields at most`, ({ fields }) => {
		const names = Object.keys(fields(sessionId));
		return names.length <= fieldsMax || `it has ${names.length}: ${names.sort().join(", ")}`;
	});
}

/** What a scenario of contenders is about happens in it. */
export const someoneIsTurnedAway = (): Property =>
	sometimes("someone is turned away", ({ count }) => count("turned_away") > 0);

export const someoneTakesOver = (): Property =>
	sometimes<boolean>("someone takes over from a dead or late holder", ({ gathered }) => gathered, {
		gather: {
			from: false,
			next: (seen, event) =>
				seen ||
				(event.type === "note" && event.name === "granted" && (event.data as { takeover: boolean }).takeover),
		},
	});
