// The steps of a page, in words: each with what came of it, and the record that its caller was told.
import { valueText } from "./answer-text.ts";
import { lineHtml } from "./html.ts";
import type { Schedule, ScheduledStep } from "./schedule.ts";
import { oneLine } from "./table.ts";
import { titleText } from "./title-text.ts";

const VALUE_MAX = 400;
const TITLE_MAX = 110;

/** `violation`: what the last step breaks. */
export function stepsHtml({ steps }: Schedule, violation: string | undefined): string {
	const items = steps.map((step, index) =>
		stepHtml(step, index === steps.length - 1 ? violation : undefined),
	);
	const actorWidth = Math.max(...steps.map(({ actor }) => actor.length));
	return `<ol class="steps" style="--actor:${actorWidth + 1}ch">\n${items.join("\n")}\n</ol>`;
}

function stepHtml(step: ScheduledStep, violation: string | undefined): string {
	const { number, actor, fault, preempts, title, news, notes } = step;
	const kinds = [...(fault ? ["fault"] : []), ...(violation === undefined ? [] : ["error"])];
	const sign = preempts ? '<abbr title="preempts a process that could have gone on">⇄</abbr>' : "";
	const name = fault ? `<em>${fault}</em> ` : "";
	const answer = news === undefined ? "" : ` <span class="news">→ ${lineHtml(news)}</span>`;
	const results = notes.map((note) => `<p>${lineHtml(note)}</p>`).join("");
	const error = violation === undefined ? "" : `<p class="verdict">✗ ${lineHtml(violation)}</p>`;
	return [
		`<li id="step-${number}"${kinds.length > 0 ? ` class="${kinds.join(" ")}"` : ""}>`,
		`<a href="#step-${number}">${number}</a><b>${lineHtml(actor)}</b><span>${sign}</span>`,
		`<div>${name}${lineHtml(titleText(title, TITLE_MAX))}${answer}${results}${error}</div>${detailHtml(step)}</li>`,
	].join("");
}

function detailHtml({
	label,
	atMs,
	passedMs,
	title,
	news,
	answer,
	record,
	newFields,
}: ScheduledStep): string {
	const passed = passedMs > 0 ? `, then ${passedMs} ms pass` : "";
	const rows = [...(record ?? [])].map(([name, json]) => {
		const isNew = newFields.includes(name);
		const value = json.length > VALUE_MAX ? `${json.slice(0, VALUE_MAX)}…` : plainValue(json);
		return `<tr${isNew ? ' class="new"' : ""}><th>${lineHtml(name)}<td>${lineHtml(value)}`;
	});
	const parts = [
		...(titleText(title, TITLE_MAX) === oneLine(title) ? [] : [`<pre>${lineHtml(title)}</pre>`]),
		...(answer === undefined || answer === news ? [] : [`<p>answered</p><pre>${lineHtml(answer)}</pre>`]),
		...(rows.length > 0 ? [`<p>answered the record</p><table>${rows.join("")}</table>`] : []),
	];
	return `<aside><p>at ${atMs} ms${passed} · decision <code>${lineHtml(label)}</code></p>${parts.join("")}</aside>`;
}

/** Moments as times since the start; all else as it is. */
function plainValue(json: string): string {
	const short = valueText(json);
	return short.includes("…") ? json : short;
}
