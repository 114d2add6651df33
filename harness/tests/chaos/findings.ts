// What a chaos run has shown: data, judged against what is promised whatever was killed.
import type { HistoryReport } from "../../src/history/check-report.ts";
import { callsOf, type TurnEnd } from "./people.ts";

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
	const { turns, history, exitCodes } = findings;
	const runs = countBy(findings.effects);
	return [
		...turns.flatMap((turn) => violationsOfTurn(turn, runs)),
		...violationsOfEffects(turns, runs),
		...violationsOfEnds(findings),
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
	const { sessionId, record, lease, ended } = turn;
	const name = `Session "${sessionId}"`;
	const where = `state ${record?.state ?? "none"}, lease ${lease.state}, owed ${lease.owed}`;
	if (!ended || !record) return [`${name} did not come to its end: ${where}.`];
	if (record.state !== "stopped") {
		return [`${name} ended as ${record.state}: ${JSON.stringify(record.error)}.`];
	}
	const ids = record.work?.prepared.map(({ call }) => call.id) ?? [];
	if (String(ids) !== String(callsOf(sessionId)))
		return [`${name}: its calls are ${ids.join(", ") || "none"}.`];
	return ids.flatMap((id) => {
		const violation = violationOfCall(turn, id, runs.get(`${sessionId}/${id}`) ?? 0);
		return violation === undefined ? [] : [`${name}: call ${id} ${violation}.`];
	});
}

function violationOfCall(turn: TurnEnd, id: string, times: number): string | undefined {
	const executed = turn.record?.work?.executed[id];
	if (!executed) return "has no result";
	const { interrupted, approval_denied } = detailsOf(turn, id);
	const decision = turn.decisions[id];
	if (decision === undefined) {
		if (times > turn.lease.epoch) return `ran ${times} times under ${turn.lease.epoch} leases`;
		return times > 0 ? undefined : "never ran";
	}
	if (decision === "deny") {
		if (times > 0) return "was denied, and ran";
		return approval_denied ? undefined : "was denied, and its result is another";
	}
	if (times > 1) return `ran ${times} times`;
	if (approval_denied) return "was allowed, and counts as denied";
	return times === 0 && !interrupted ? "never ran, and its result does not say so" : undefined;
}

interface Details {
	readonly interrupted?: boolean;
	readonly approval_denied?: boolean;
}

const detailsOf = ({ record }: TurnEnd, id: string): Details =>
	(record?.work?.executed[id]?.result.details as Details | null) ?? {};

/** A run in which hardly anything runs shows nothing. */
const INTERRUPTED_SHARE_MAX = 0.5;

function violationsOfEffects(turns: readonly TurnEnd[], runs: ReadonlyMap<string, number>): string[] {
	const known = new Set(
		turns.flatMap(({ sessionId }) => callsOf(sessionId).map((id) => `${sessionId}/${id}`)),
	);
	const strange = [...runs.keys()].filter((key) => !known.has(key));
	const allowed = turns.flatMap((turn) =>
		Object.entries(turn.decisions).flatMap(([id, decision]) => (decision === "allow" ? [{ turn, id }] : [])),
	);
	const interrupted = allowed.filter(({ turn, id }) => detailsOf(turn, id).interrupted).length;
	return [
		...strange.map((key) => `A call ran that nobody has asked for: ${key}.`),
		...(interrupted > allowed.length * INTERRUPTED_SHARE_MAX
			? [`${interrupted} of ${allowed.length} approved calls were interrupted.`]
			: []),
	];
}

function violationsOfEnds({ turns, turnEnds, streamKept }: ChaosFindings): string[] {
	const ends = turns.map(({ sessionId }) => ({ sessionId, times: turnEnds.get(sessionId) ?? 0 }));
	// A stream that is gone with its engine may have told of an end before.
	const wrong = ends.filter(({ times }) => times > 1 || (times === 0 && streamKept));
	return [
		...wrong.map(({ sessionId, times }) => `Session "${sessionId}": its turn ended ${times} times.`),
		...(ends.every(({ times }) => times === 0) ? ["No end of a turn is in the stream."] : []),
	];
}

export function countBy(values: readonly string[]): Map<string, number> {
	const counts = new Map<string, number>();
	for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
	return counts;
}
