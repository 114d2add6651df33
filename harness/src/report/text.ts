// A job's report as text for people: what came of each call, who held the session, what it cost, the verdict.
import type { EpochRow } from "../job/epoch-log.ts";
import type { CallRow, JobReport } from "../job/job-report.ts";
import { counted } from "./counted.ts";
import { cut, oneLine, tableLines } from "./table.ts";

const WIDTH_MAX = 100;
const ROWS_MAX = 40;

export function reportText(report: JobReport): string {
	const { epochs, crashes } = report;
	const sections = [
		[heading(report)],
		callLines(report.calls),
		...(epochs.length > 0 ? [epochLines(epochs)] : []),
		...(crashes.length > 0
			? [crashes.map(({ worker, call, moment }) => `${worker} died ${MOMENTS[moment]} ${call}`)]
			: []),
		costLines(report),
		verdictLines(report),
	];
	const lines = sections.flatMap((section) => [...section.map((line) => cut(line, WIDTH_MAX)), ""]);
	return `${lines.slice(0, -1).join("\n")}\n`;
}

const MOMENTS = {
	before: "before its call of",
	applied: "after the engine had applied",
	after: "after it had its answer of",
} as const;

function heading({ settings, calls }: JobReport): string {
	const { sessionId, workers, serialize, duplicate, crashes, seed, engineUrl } = settings;
	const parts = [
		`Session "${cut(oneLine(sessionId), 40)}"`,
		counted(calls.length, "call"),
		counted(workers, "worker"),
		serialize ? "serialized" : "not serialized",
		...(duplicate ? [engineUrl === undefined ? "every wake delivered twice" : "every wake sent twice"] : []),
		...(crashes > 0 ? [`seed ${seed}`] : []),
	];
	return parts.join(", ");
}

function callLines(calls: readonly CallRow[]): string[] {
	const columns = [
		{ title: "call", widthMax: 24 },
		{ title: "function", widthMax: 24 },
		{ title: "decision" },
		{ title: "runs", align: "right" },
		{ title: "result" },
	] as const;
	const rows = calls.map((call) => [
		call.callId,
		call.functionName,
		decisionText(call),
		String(call.runs),
		resultText(call),
	]);
	return tableLines(columns, rows, WIDTH_MAX);
}

function decisionText({ needsApproval, decision }: CallRow): string {
	if (!needsApproval) return "not needed";
	return decision?.decision ?? "none yet";
}

function resultText({ outcome, decision, text }: CallRow): string {
	const detail = outcome === "denied" ? (decision?.reason ?? "") : text;
	return detail === "" ? outcome : `${outcome}: ${detail}`;
}

function epochLines(epochs: readonly EpochRow[]): string[] {
	const columns = [
		{ title: "epoch", align: "right" },
		{ title: "held by" },
		{ title: "for", align: "right" },
		{ title: "ended" },
	] as const;
	const rows = epochs.slice(0, ROWS_MAX).map(({ epoch, holder, heldMs, end, turnedAway, takeover }) => {
		const notes = [
			end,
			...(turnedAway > 0 ? [`${turnedAway} turned away`] : []),
			...(takeover ? ["taken over from an epoch that was never released"] : []),
		];
		return [String(epoch), holder, `${heldMs} ms`, notes.join(", ")];
	});
	const left = epochs.length - rows.length;
	return [...tableLines(columns, rows, WIDTH_MAX), ...(left > 0 ? [`… and ${left} more`] : [])];
}

function costLines({
	storeCalls,
	turnedAway,
	events,
	deadLetters,
	finalState,
	elapsedMs,
	crashes,
	settings,
}: JobReport): string[] {
	const list = (counts: Readonly<Record<string, number>>) =>
		Object.entries(counts)
			.map(([name, count]) => `${name} ${count}`)
			.join(", ") || "none";
	return [
		...(settings.engineUrl === undefined ? [] : [`Engine              ${settings.engineUrl}`]),
		...(settings.storeUrl === undefined ? [] : [`Store               ${settings.storeUrl}`]),
		`Wakes turned away   ${turnedAway}`,
		`Calls to the store  ${list(storeCalls)}`,
		`Events, by id       ${list(events)}`,
		...deadLetterLines(deadLetters),
		...(settings.crashes > 0 ? [`Workers that died   ${crashes.length} of ${settings.crashes} planned`] : []),
		`Final state         ${finalState}, after ${elapsedMs} ms`,
	];
}

function deadLetterLines(deadLetters: JobReport["deadLetters"]): string[] {
	if (deadLetters === null) return ["Dead letters        unknown: the engine does not tell"];
	return deadLetters.length > 0 ? [`Dead letters        ${deadLetters.length}: ${deadLetters[0]}`] : [];
}

function verdictLines({ verdict, crashes }: JobReport): string[] {
	switch (verdict.result) {
		case "kept":
			return [
				crashes.length > 0
					? "Kept: no approved call ran twice unless it may, no denied one ran, the turn ended once."
					: "Kept: every approved call ran once, every denied one never, and the turn ended once.",
			];
		case "parked":
			return ["Parked: the turn waits for decisions that nobody has taken."];
		case "violated":
			return ["Violated:", ...verdict.violations.map((violation) => `- ${violation}`)];
	}
}
