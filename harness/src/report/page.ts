// An exploration as one HTML file: no network, no other file. The picture first, then the steps in words.
import type { PropertyReport, Report } from "../explore/report.ts";
import { struckText, type TextOptions } from "./exploration-text.ts";
import { escapeHtml, lineHtml } from "./html.ts";
import { mermaidDiagram } from "./mermaid.ts";
import { PAGE_SCRIPT } from "./page-script.ts";
import { stepsHtml } from "./page-steps.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { timelineHtml } from "./page-timeline.ts";
import { scheduleOf } from "./schedule.ts";
import { replayCommand, sizeText, verdictLine, violationText } from "./verdict-line.ts";

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/** One file, for a browser. */
export function explorationPage(report: Report, options: TextOptions = {}): string {
	const { counterexample, replayed, verdict, scenario, properties } = report;
	const trace = counterexample?.trace ?? replayed;
	const schedule = trace && scheduleOf(trace);
	const rows = schedule ? schedule.processes.length + schedule.services.length : 0;
	const body = [
		headerHtml(report),
		...(schedule
			? [
					`<div class="top">${timelineHtml(schedule, counterexample !== undefined)}${LEGEND}</div>`,
					stepsHtml(schedule, counterexample && violationText(counterexample.violation)),
				]
			: []),
		...(counterexample ? [replayHtml(options.runAgain ?? replayCommand(counterexample))] : []),
		propertiesHtml(properties),
		`<p class="sub">Faults struck: ${lineHtml(struckText(report))}</p>`,
		...(schedule
			? [
					`<details><summary>As a Mermaid diagram</summary><pre>${escapeHtml(mermaidDiagram(report))}</pre></details>`,
				]
			: []),
	];
	return `<!doctype html>
<html lang="en" style="--rows:${rows}">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${verdict}: ${lineHtml(scenario)}</title>
<style>${PAGE_STYLE}</style>
<body class="${verdict.replace(" ", "")}">
${body.join("\n")}
<script>${PAGE_SCRIPT}</script>
</html>
`;
}

const LEGEND = `<p class="legend"><span><i class="hold"></i>holds an epoch</span><span><i class="hold gone"></i>gone, never given back</span>
<span><i class="overlap"></i>more than one holder</span><span><i class="jump"></i>clocks jump</span><span>⇄ preemption</span>
<span class="keys"><kbd>n</kbd> <kbd>p</kbd> or <kbd>←</kbd> <kbd>→</kbd> step, <kbd>e</kbd> error</span></p>`;

function headerHtml(report: Report): string {
	const { verdict, counterexample, reasons } = report;
	const line = verdictLine(report).slice(verdict.length + 2);
	const badge = `<p><span class="badge">${verdict}</span> <span class="sub">${lineHtml(line)}</span></p>`;
	const list = reasons.map((reason) => `<p>${lineHtml(reason)}</p>`).join("");
	if (!counterexample) return `<header>${badge}${list}</header>`;
	const { violation, steps } = counterexample;
	const { detail } = violation;
	return [
		`<header>${steps > 0 ? `<a class="go" href="#step-${steps}">Jump to the first error</a>` : ""}${badge}${list}`,
		`<h1>${lineHtml(violationText(violation))}</h1>`,
		...(detail === undefined ? [] : [`<p class="detail">${escapeHtml(detail)}</p>`]),
		`<p class="sub">${lineHtml(sizeText(counterexample))}</p></header>`,
	].join("\n");
}

function replayHtml(line: string): string {
	return `<h2>Run it again</h2>
<div class="replay"><code>${escapeHtml(line)}</code><button type="button">Copy</button></div>`;
}

function propertiesHtml(properties: readonly PropertyReport[]): string {
	const rows = properties.map(
		({ kind, sentence, evaluated, reached }) =>
			`<tr><td>${kind}<td>${lineHtml(sentence)}<td class="num">${evaluated}<td class="num">${reached}`,
	);
	if (rows.length === 0) return "";
	return `<h2>What was looked at</h2>
<table><tr><th>property<th><th class="num">looked at<th class="num">true${rows.join("\n")}</table>`;
}
