// Whether a job did what a turn has to do: every approved call once, every denied one never, one end of the turn.
import type { CallRow, JobFindings } from "./job-report.ts";

export interface Verdict {
	/** `parked`: as it should be, and it waits for decisions that nobody has taken. */
	readonly result: "kept" | "violated" | "parked";
	/** 0 = kept, 2 = violated, 3 = parked. */
	readonly exitCode: 0 | 2 | 3;
	/** What was violated. */
	readonly violations: readonly string[];
}

export function judge(findings: JobFindings): Verdict {
	const { calls } = findings;
	const violations = [
		...calls.flatMap((call) => violationsOfCall(call, findings)),
		...violationsOfTurn(findings),
	];
	if (violations.length > 0) return { result: "violated", exitCode: 2, violations };
	if (calls.some(isUndecided)) return { result: "parked", exitCode: 3, violations };
	return { result: "kept", exitCode: 0, violations };
}

const isUndecided = ({ needsApproval, asked }: CallRow): boolean => needsApproval && asked === null;

function violationsOfCall(row: CallRow, { crashes }: JobFindings): string[] {
	const { needsApproval, asked, decision, runs, outcome } = row;
	const name = `Call "${row.callId}"`;
	const ran = `ran ${times(runs)}`;
	if (isUndecided(row)) return runs > 0 ? [`${name} ${ran}, and nobody approved it.`] : [];
	if (needsApproval && decision?.decision !== asked?.decision) {
		const recorded = decision ? `recorded "${decision.decision}"` : "recorded no decision";
		return [
			`${name} was decided "${asked?.decision}", and the turn ${recorded}.`,
			...(runs > 0 ? [`${name} ${ran}.`] : []),
		];
	}
	if (needsApproval && asked?.decision !== "allow") {
		if (runs > 0) return [`${name} ${ran}, and it was denied.`];
		return outcome === "denied" ? [] : [`${name} was denied, and its result is "${outcome}".`];
	}
	if (crashes.length === 0) return runs === 1 ? unresolved(row) : [`${name} ${ran}, and not once.`];
	if (runs > 1 && !row.idempotent) return [`${name} ${ran}, and at most once is allowed.`];
	if (runs === 0 && outcome !== "interrupted") return [`${name} never ran, and its result is "${outcome}".`];
	return outcome === "waiting" ? [`${name} was approved, and has no result.`] : [];
}

/** Nobody died: a call that ran has to have a result, and one that tells how it ended. */
function unresolved({ callId, outcome }: CallRow): string[] {
	if (outcome === "ok" || outcome === "error") return [];
	return [`Call "${callId}" ran once without a crash, and its result is "${outcome}".`];
}

function violationsOfTurn(findings: JobFindings): string[] {
	const { atRest, settings, finalState, heldBy } = findings;
	const violations: string[] = [];
	const parks = findings.calls.some(isUndecided);
	const turnEnds = findings.events.turn_end ?? 0;
	const wantedEnds = parks ? 0 : 1;
	const wantedState = parks ? "function_awaiting_approval" : "stopped";
	if (!atRest) violations.push(`The job was not at rest within ${settings.limitMs} ms.`);
	if (turnEnds !== wantedEnds) {
		violations.push(`The turn ended ${times(turnEnds)}, and ${times(wantedEnds)} was expected.`);
	}
	if (finalState !== wantedState) {
		violations.push(`The turn's last state is "${finalState}", and "${wantedState}" was expected.`);
	}
	if (heldBy !== null) violations.push(`The session's lease was left in the hand of ${heldBy}.`);
	return violations;
}

function times(count: number): string {
	if (count === 0) return "never";
	return count === 1 ? "once" : `${count} times`;
}
