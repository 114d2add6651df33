// What a chaos run has shown: data, judged against what is promised whatever was killed.
import type { HistoryReport } from "../../src/history/check-report.ts";
import type { TurnEnd } from "./people.ts";

export interface ChaosFindings {
	readonly turns: readonly TurnEnd[];
	/** Idempotency keys, once for each time that a call was really run. */
	readonly effects: readonly string[];
	/** How often each session's `turn_end` is in the stream, by session. */
	readonly turnEnds: ReadonlyMap<string, number>;
	/** Whether the stream is as old as the run. */
	readonly streamKept: boolean;
	readonly history: HistoryReport;
	/** The exit codes of the workers that were ended in order. */
	readonly exitCodes: readonly (number | null)[];
}

/** One sentence for each promise that was broken. */
export function violationsOf(findings: ChaosFindings): string[] {
	const runs = countBy(findings.effects);
	const { history, exitCodes } = findings;
	return [
		...findings.turns.flatMap((turn) => violationsOfTurn(turn, runs)),
		...findings.turns.flatMap(({ sessionId }) => violationsOfEnd(sessionId, findings)),
		...history.checks.flatMap(({ name, findings: found }) =>
			found.map(({ sentence }) => `History, ${name}: ${sentence}`),
		),
		...(history.verdict === "held" ? [] : [`The history is ${history.verdict}.`]),
		...exitCodes
			.filter((code) => code !== 0 && code !== CUT_SHORT)
			.map((code) => `A worker that was ended exited with ${code}.`),
	];
}

/** Some call had no answer in the time that a worker has to end, as when its socket was cut just before. */
const CUT_SHORT = 143;

function violationsOfTurn(turn: TurnEnd, runs: ReadonlyMap<string, number>): string[] {
	const { sessionId, decisions, record, lease, ended } = turn;
	const name = `Session "${sessionId}"`;
	const where = `state ${record?.state ?? "none"}, lease ${lease.state}, owed ${lease.owed}`;
	if (!ended || !record) return [`${name} did not come to its end: ${where}.`];
	if (record.state !== "stopped") {
		return [`${name} ended as ${record.state}: ${JSON.stringify(record.error)}.`];
	}
	return (record.work?.prepared ?? []).flatMap(({ call, route }) => {
		const executed = record.work?.executed[call.id];
		const times = runs.get(`${sessionId}/${call.id}`) ?? 0;
		if (!executed) return [`${name}: call ${call.id} has no result.`];
		const details = executed.result.details as { interrupted?: boolean; approval_denied?: boolean } | null;
		if (route === "run") return times > 0 ? [] : [`${name}: call ${call.id} never ran.`];
		if (decisions[call.id] === "deny") {
			if (times > 0) return [`${name}: call ${call.id} was denied, and ran.`];
			return details?.approval_denied
				? []
				: [`${name}: call ${call.id} was denied, and its result is another.`];
		}
		if (times > 1) return [`${name}: call ${call.id} ran ${times} times.`];
		if (details?.approval_denied) return [`${name}: call ${call.id} was allowed, and counts as denied.`];
		const lost = times === 0 && !details?.interrupted;
		return lost ? [`${name}: call ${call.id} never ran, and its result does not say so.`] : [];
	});
}

function violationsOfEnd(sessionId: string, { turnEnds, streamKept }: ChaosFindings): string[] {
	const times = turnEnds.get(sessionId) ?? 0;
	if (times === 1 || (times === 0 && !streamKept)) return [];
	return [`Session "${sessionId}": its turn ended ${times} times.`];
}

export function countBy(values: readonly string[]): Map<string, number> {
	const counts = new Map<string, number>();
	for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
	return counts;
}
