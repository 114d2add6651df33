// The schedule that breaks something, a line a step: beside it a column for each process, as in a graph of commits.
import type { Counterexample } from "../explore/report.ts";
import type { Hold } from "./holds.ts";
import { type Schedule, type ScheduledStep, scheduleOf } from "./schedule.ts";
import { cut, oneLine } from "./table.ts";
import { titleText } from "./title-text.ts";
import { violationText } from "./verdict-line.ts";

const LANES_MAX = 8;
const NAME_MAX = 8;
const TITLE_MAX = 72;
const LEGEND = "● goes on  ┃ holds an epoch  ╎ gone while it held one  ✗ fault  ⇄ preemption";

/** The steps, and what they break, if they do. */
export function scheduleLines(
	{ trace, violation }: Pick<Counterexample, "trace"> & Partial<Pick<Counterexample, "violation">>,
	widthMax: number,
): string[] {
	const schedule = scheduleOf(trace);
	const { steps, holds } = schedule;
	const lanes = schedule.processes.length <= LANES_MAX ? schedule.processes : [];
	const last = steps.at(-1);
	const widths = {
		atMs: Math.max(2, String(last?.atMs ?? 0).length),
		step: Math.max(4, String(last?.number ?? 0).length),
		actor: Math.max(...steps.map(({ actor }) => actor.length)),
	};
	const line = ({ atMs = "", step = "", marks, text }: Row): string => {
		const graph = marks
			.map((mark, index) => mark.padEnd(cut(lanes[index] ?? "", NAME_MAX).length + 2))
			.join("");
		return cut(
			`${atMs.padStart(widths.atMs)}  ${step.padStart(widths.step)}  ${graph}${text}`.trimEnd(),
			widthMax,
		);
	};
	const names = lanes.map((lane) => cut(oneLine(lane), NAME_MAX));
	const rows: Row[] = [
		{ atMs: "ms", step: "step", marks: names, text: "" },
		...steps.flatMap((step) => stepRows(step, schedule, { lanes, actorWidth: widths.actor })),
		...(violation
			? [{ marks: standings(lanes, last?.number ?? 0, holds), text: `✗ ${violationText(violation)}` }]
			: []),
	];
	return [...rows.map(line), "", LEGEND];
}

interface Row {
	readonly atMs?: string;
	readonly step?: string;
	readonly marks: readonly string[];
	readonly text: string;
}

function stepRows(
	step: ScheduledStep,
	{ holds }: Schedule,
	{ lanes, actorWidth }: { readonly lanes: readonly string[]; readonly actorWidth: number },
): Row[] {
	const { number, atMs, actor, lane, fault, preempts, notes } = step;
	const own = fault ? "✗" : "●";
	const marks = standings(lanes, number - 1, holds).map((mark, index) =>
		lanes[index] === lane ? own : mark,
	);
	const sign = preempts ? "⇄" : " ";
	const beneath = standings(lanes, number, holds);
	const indent = " ".repeat(actorWidth + 5);
	return [
		{
			atMs: String(atMs),
			step: String(number),
			marks,
			text: `${actor.padEnd(actorWidth)} ${sign} ${whatHappens(step)}`,
		},
		...notes.map((note) => ({ marks: beneath, text: `${indent}${oneLine(note)}` })),
	];
}

/** How each process stands once a step is over. */
function standings(lanes: readonly string[], step: number, holds: readonly Hold[]): string[] {
	return lanes.map((lane) => {
		const own = holds.filter((hold) => hold.lane === lane && hold.from <= step);
		if (own.some(({ to, end }) => step < to || (end === "open" && step === to))) return "┃";
		return own.some(({ to, until }) => to <= step && step < until) ? "╎" : "│";
	});
}

/** For example `read s → count=1`, or `crash: dies before it is applied: read s`. */
function whatHappens({ fault, title, news }: ScheduledStep): string {
	const what = `${fault ? `${fault}: ` : ""}${titleText(title, TITLE_MAX)}`;
	return oneLine(news === undefined ? what : `${what} → ${news}`);
}
