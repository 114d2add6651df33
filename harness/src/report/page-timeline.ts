// The picture of a page: processes and what they call as rows, steps as columns, epochs and faults as bars.
import { faultBarsOf } from "./fault-bars.ts";
import { type Hold, overlapsOf } from "./holds.ts";
import { attributeHtml, lineHtml } from "./html.ts";
import type { Route } from "./route.ts";
import type { Schedule, ScheduledStep } from "./schedule.ts";
import { cut, oneLine } from "./table.ts";
import { titleText } from "./title-text.ts";

const TITLE_MAX = 60;
const TOOLTIP_MAX = 120;
/** With more steps than that there is no room for titles on any screen. */
const TITLED_STEPS_MAX = 16;

/**
 * A grid: the clock, then a row for each lane. A step has two columns, so that a bar can begin in the middle of one:
 * step n has the columns 2n and 2n + 1, the first column is the names'. `breaks`: the last step breaks something.
 */
export function timelineHtml(schedule: Schedule, breaks: boolean): string {
	const { processes, services, steps, holds } = schedule;
	const lanes = [...processes, ...services];
	const rows = new Map(lanes.map((lane, index) => [lane, index + 2]));
	const last = steps.length;
	const parts = [
		`<b class="lane clock" style="grid-area:1/1">clock</b>`,
		...lanes.map((lane, index) =>
			laneHtml(lane, { row: index + 2, isProcess: index < processes.length, last }),
		),
		...clockHtml(steps, lanes.length),
		...holds.flatMap((hold) =>
			holdHtml(hold, { row: rows.get(hold.lane) ?? 2, last, hue: hueOf(hold, processes) }),
		),
		...overlapsOf(holds, last).map(
			({ from, to, holders }) =>
				`<i class="overlap${from === last ? " last" : ""}" style="grid-area:2/${2 * from + 1}/${processes.length + 2}/${middle(to, last)}"><b>${holders} holders</b></i>`,
		),
		...faultBarsOf(steps).map(
			({ lane, from, to, name }) =>
				`<i class="bar ${name === "paused" ? "paused" : "flight"}" style="grid-area:${rows.get(lane)}/${2 * from + 1}/auto/${middle(to, last)}"><b>${name}</b></i>`,
		),
		...steps.flatMap((step) => stepHtml(step, rows, { last, isError: breaks && step.number === last })),
	];
	const style = `grid-template-columns:auto repeat(${2 * last},minmax(14px,1fr));--rows:${lanes.length}`;
	return `<div class="scroll" tabindex="0" role="region" aria-label="Timeline"><div class="grid" style="${style}">\n${parts.join("\n")}\n</div></div>`;
}

/** The grid line in the middle of a step; past the last step, the end of the grid. */
const middle = (step: number, last: number): number => Math.min(2 * step + 1, 2 * last + 2);

/** Far apart for neighbours, and never red. */
const hueOf = ({ lane }: Hold, processes: readonly string[]): number =>
	(205 + 75 * processes.indexOf(lane)) % 300;

function laneHtml(
	lane: string,
	{ row, isProcess, last }: { readonly row: number; readonly isProcess: boolean; readonly last: number },
): string {
	const name = `<b class="lane" style="grid-area:${row}/1">${lineHtml(cut(oneLine(lane), 24))}</b>`;
	return `${name}<i class="line${isProcess ? "" : " service"}" style="grid-area:${row}/2/auto/${2 * last + 2}"></i>`;
}

/** The time where it changes, and bands where it jumps. */
function clockHtml(steps: readonly ScheduledStep[], lanes: number): string[] {
	return steps.flatMap(({ number, atMs, passedMs, lane }, index) => {
		const isNew = index === 0 || steps[index - 1]?.atMs !== atMs;
		const time = isNew ? [`<span class="time" style="grid-area:1/${2 * number}">${atMs} ms</span>`] : [];
		if (passedMs === 0 && lane !== undefined) return time;
		return [...time, `<i class="jump" style="grid-area:1/${2 * number}/${lanes + 2}/span 2"></i>`];
	});
}

function holdHtml(
	{ epoch, from, to, end, until }: Hold,
	{ row, last, hue }: { readonly row: number; readonly last: number; readonly hue: number },
): string[] {
	const start = 2 * from + 1;
	const stop = end === "open" ? 2 * last + 2 : middle(to, last);
	const style = (a: number, b: number) => `style="grid-area:${row}/${a}/auto/${b};--hue:${hue}"`;
	const bar = `<i class="bar hold ${end}${from === last ? " last" : ""}" ${style(start, stop)}><b>epoch ${epoch}</b></i>`;
	if (until <= to) return [bar];
	const left = until === last ? 2 * last + 2 : middle(until, last);
	return [bar, `<i class="bar hold gone" ${style(stop, left)} title="${end}, never given back"></i>`];
}

function stepHtml(
	step: ScheduledStep,
	rows: ReadonlyMap<string, number>,
	{ last, isError }: { readonly last: number; readonly isError: boolean },
): string[] {
	const { number, actor, lane, route, fault, preempts, title } = step;
	const row = rows.get(lane ?? "") ?? 1;
	const service = rows.get(route?.service ?? "") ?? row;
	const area = (from: number, to: number) => `style="grid-area:${from}/${2 * number}/${to}/span 2"`;
	const link = route && service > row ? [linkHtml(route, area(row, service + 1))] : [];
	const kinds = [
		"mark",
		...(row === 1 ? ["clock"] : []),
		...(fault ? ["fault"] : []),
		...(isError ? ["error"] : []),
	];
	const label = attributeHtml(
		`${number} ${actor} ${fault ? `${fault}: ` : ""}${titleText(title, TOOLTIP_MAX)}`,
	);
	const sign = `${preempts ? "⇄ " : ""}${fault ?? ""}`;
	const name = sign === "" ? "" : `<b>${sign}</b>`;
	const words = last > TITLED_STEPS_MAX ? "" : `<s>${lineHtml(titleText(title, TITLE_MAX))}</s>`;
	const text = `<u>${number}</u>${words}`;
	return [
		...link,
		...(isError ? [`<i class="errorband" ${area(1, rows.size + 2)}></i>`] : []),
		`<a class="${kinds.join(" ")}" href="#step-${number}" title="${label}" ${area(row, row + 1)}>${name}${text}</a>`,
	];
}

function linkHtml({ request, reply }: Route, area: string): string {
	const isLost = reply === "lost" && request === "arrives";
	return `<i class="link ${request.replace(" ", "-")}${isLost ? " lost" : ""}" ${area}>${isLost ? "<b>✗</b>" : ""}</i>`;
}
