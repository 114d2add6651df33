// What a check of a history has found, as text for people: each check, then each finding with its lines.
import type { CheckReport, Finding, HistoryReport } from "../history/check-report.ts";
import type { Operation } from "../history/history.ts";
import { cut, oneLine, tableLines } from "./table.ts";

const WIDTH_MAX = 100;
/** Of one check. */
const FINDINGS_MAX = 20;
/** Of one finding. */
const OPERATIONS_MAX = 8;

export function historyText({ verdict, checks }: HistoryReport): string {
	const sections = [tableOf(checks), ...checks.flatMap(findingsOf), [VERDICTS[verdict]]];
	if (verdict === "inconclusive" && checks.every(({ evaluated }) => evaluated === 0)) {
		sections.splice(-1, 1, ["Inconclusive: the history has nothing that can be checked."]);
	}
	return `${sections.map((section) => section.join("\n")).join("\n\n")}\n`;
}

const VERDICTS = {
	held: "Held: the history can have been, and nothing in it breaks a promise.",
	violated: "Violated.",
	inconclusive: "Inconclusive: more steps may tell (--steps).",
} as const;

function tableOf(checks: readonly CheckReport[]): string[] {
	const columns = [
		{ title: "check" },
		{ title: "operations", align: "right" },
		{ title: "verdict" },
	] as const;
	const rows = checks.map(({ name, evaluated, verdict }) => [
		name,
		String(evaluated),
		verdict === "not_evaluated" ? "nothing to check" : verdict,
	]);
	return tableLines(columns, rows, WIDTH_MAX);
}

function findingsOf({ name, findings }: CheckReport): string[][] {
	const shown = findings.slice(0, FINDINGS_MAX).map((finding) => findingLines(name, finding));
	const left = findings.length - shown.length;
	return left > 0 ? [...shown, [`… and ${left} more of ${name}`]] : shown;
}

function findingLines(name: string, { sentence, ops }: Finding): string[] {
	const shown = ops.slice(0, OPERATIONS_MAX).flatMap(operationLines);
	const left = ops.length - OPERATIONS_MAX;
	return [
		...wrapped(oneLine(`${name}: ${sentence}`)),
		...shown.map((line) => cut(oneLine(line), WIDTH_MAX - INDENT.length)).map((line) => INDENT + line),
		...(left > 0 ? [`${INDENT}… and ${left} more`] : []),
	];
}

const INDENT = "  ";

/** As they were read. */
function operationLines({ source, invoke, completion }: Operation): string[] {
	const file = source === undefined ? "" : `${source} `;
	return [invoke, ...(completion ? [completion] : [])].map(
		({ line, number }) => `${file}line ${number}: ${JSON.stringify(line)}`,
	);
}

function wrapped(text: string): string[] {
	const lines: string[] = [];
	for (const word of text.split(" ")) {
		const longer = `${lines.at(-1)} ${word}`;
		if (lines.length > 0 && longer.length <= WIDTH_MAX) lines.splice(-1, 1, longer);
		else lines.push(cut(word, WIDTH_MAX));
	}
	return lines;
}
