// What an exploration has found, as text for people: the verdict, what was looked at, the schedule that breaks it.
import type { Counterexample, PropertyReport, Report } from "../explore/report.ts";
import { counted } from "./counted.ts";
import { scheduleLines } from "./schedule-text.ts";
import { cut, oneLine, tableLines } from "./table.ts";
import { replayCommand, sizeText, verdictLine, violationText } from "./verdict-line.ts";

const WIDTH_MAX = 110;

export interface TextOptions {
	/** The line to paste that runs a counterexample again. @default `session-lease replay '<string>'` */
	readonly runAgain?: string;
}

export function explorationText(report: Report, options: TextOptions = {}): string {
	const { counterexample, reasons, properties, replayed } = report;
	const sections = [
		...(counterexample ? counterexampleSections(counterexample) : []),
		...(replayed && !counterexample ? [scheduleLines({ trace: replayed }, WIDTH_MAX)] : []),
		...(properties.length > 0 ? [propertyLines(properties)] : []),
		[`faults struck  ${struckText(report)}`],
	];
	// The verdict and what is to be pasted are never cut.
	const text = [
		[verdictLine(report), ...reasons.map((reason) => `- ${oneLine(reason)}`)].join("\n"),
		...sections.map((lines) => lines.map((line) => cut(line, WIDTH_MAX)).join("\n")),
	];
	if (counterexample) {
		const { runAgain = replayCommand(counterexample) } = options;
		text.push(`replay string  ${counterexample.replay}\nrun it again   ${runAgain}`);
	}
	return `${text.join("\n\n")}\n`;
}

function counterexampleSections(counterexample: Counterexample): string[][] {
	const { violation } = counterexample;
	const detail = violation.detail === undefined ? [] : violation.detail.split("\n").slice(0, 6);
	return [
		[violationText(violation), ...detail.map((line) => `  ${oneLine(line)}`), sizeText(counterexample)],
		scheduleLines(counterexample, WIDTH_MAX),
	];
}

function propertyLines(properties: readonly PropertyReport[]): string[] {
	const columns = [
		{ title: "property" },
		{ title: "", widthMax: 70 },
		{ title: "looked at", align: "right" },
		{ title: "true", align: "right" },
	] as const;
	const rows = properties.map(({ kind, sentence, evaluated, reached }) => [
		kind,
		sentence,
		String(evaluated),
		String(reached),
	]);
	return tableLines(columns, rows, WIDTH_MAX);
}

/** How often each fault struck, over all schedules. */
export function struckText({ struck, schedules }: Report): string {
	const kinds = Object.entries(struck);
	if (kinds.length === 0) return "none";
	const list = kinds.map(([kind, count]) => `${kind} ${count}`).join(", ");
	return `${list}, in ${counted(schedules, "schedule")}`;
}
