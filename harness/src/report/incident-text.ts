// An incident as text for people: what happened, the schedule that does it, and what was explored with the piece.
import {
	type BrokenReport,
	type CaseReport,
	differences,
	type HeldReport,
	type IncidentReport,
} from "../incidents/run-incident.ts";
import { counted } from "./counted.ts";
import { explorationText } from "./exploration-text.ts";
import { extentText } from "./incident-extent.ts";
import { scheduleLines } from "./schedule-text.ts";
import { oneLine } from "./table.ts";
import { replayCommand, sizeText, verdictLine, violationText } from "./verdict-line.ts";

const WIDTH_MAX = 110;

export function incidentText({ name, title, happened, sources, cases }: IncidentReport): string {
	const sections = [
		`${name}: ${oneLine(title)}`,
		wrapped(happened, WIDTH_MAX),
		sources.join("\n"),
		...cases.flatMap(caseSections),
	];
	return `${sections.join("\n\n")}\n`;
}

/** What it all comes to, for people who read nothing else. */
export function incidentsSummary(reports: readonly IncidentReport[]): string {
	const cases = reports.flatMap((report) => report.cases);
	const differing = reports.flatMap(differences);
	if (differing.length > 0) {
		return ["Not as it should be:", ...differing.map((differs) => `- ${oneLine(differs)}`), ""].join("\n");
	}
	const held = cases.reduce((sum, one) => sum + one.held.length, 0);
	const leftOut = cases.reduce((sum, one) => sum + one.leftOut.length, 0);
	const rest = leftOut === 0 ? "" : `; ${counted(leftOut, "longer one")} left out, without --full`;
	return `${counted(reports.length, "incident")}: each breaks as it was. ${counted(held, "exploration")} with what prevents it held${rest}.\n`;
}

/** In lines, broken between words; a word that is longer is a line of its own. */
export function wrapped(text: string, widthMax: number): string {
	const lines: string[] = [];
	for (const word of oneLine(text).split(/\s+/)) {
		const line = lines.at(-1);
		if (line !== undefined && line.length + 1 + word.length <= widthMax)
			lines.splice(-1, 1, `${line} ${word}`);
		else lines.push(word);
	}
	return lines.join("\n");
}

function caseSections({ title, piece, broken, reported, held, leftOut }: CaseReport): string[] {
	return [
		`What went wrong: ${oneLine(title)}`,
		...brokenSections(broken, "diagram"),
		"As it was reported",
		...brokenSections(reported, "no diagram"),
		"What prevents it",
		wrapped(piece, WIDTH_MAX),
		[...held.map(heldText), ...leftOutLines(leftOut)].join("\n"),
	];
}

function brokenSections({ report, differs }: BrokenReport, picture: "diagram" | "no diagram"): string[] {
	const { counterexample } = report;
	if (differs !== undefined || !counterexample) return [differingText(report, differs)];
	const verdict = [verdictLine(report), violationText(counterexample.violation), sizeText(counterexample)];
	return [
		verdict.join("\n"),
		...(picture === "diagram" ? [scheduleLines(counterexample, WIDTH_MAX).join("\n")] : []),
		`run it again   ${replayCommand(counterexample)}`,
	];
}

function heldText({ report, differs }: HeldReport): string {
	return differs === undefined ? verdictLine(report) : differingText(report, differs);
}

/** In full: this is what somebody will look for. */
function differingText(report: BrokenReport["report"], differs = ""): string {
	return `✗ ${oneLine(differs)}\n\n${explorationText(report)}`;
}

function leftOutLines(leftOut: CaseReport["leftOut"]): string[] {
	if (leftOut.length === 0) return [];
	const lines = leftOut.map(({ scenario, extent }) => `  "${oneLine(scenario)}": ${extentText(extent)}`);
	return ["left out, since they take minutes (--full explores them):", ...lines];
}
