// The schedule that breaks something as a Mermaid sequence diagram: https://mermaid.js.org/syntax/sequenceDiagram.html
import type { Counterexample, Report } from "../explore/report.ts";
import { cutMiddle, NO_NEWS } from "./answer-text.ts";
import type { Hold } from "./holds.ts";
import { type Schedule, type ScheduledStep, scheduleOf } from "./schedule.ts";
import { cut, oneLine } from "./table.ts";
import { titleText } from "./title-text.ts";
import { verdictLine, violationText } from "./verdict-line.ts";

const MESSAGE_MAX = 64;
const NEWS_MAX = 48;
const VERDICT_MAX = 100;

/** Small, so that a short schedule fits a screen. */
const LAYOUT = `%%{init: ${JSON.stringify({
	sequence: {
		mirrorActors: false,
		messageMargin: 24,
		noteMargin: 6,
		boxMargin: 6,
		height: 36,
		diagramMarginY: 4,
	},
})}}%%`;

/** A report without a counterexample, and not of a replay, is a diagram with nothing but its verdict. */
export function mermaidDiagram(report: Report): string {
	const { counterexample, replayed } = report;
	const trace = counterexample?.trace ?? replayed;
	if (!trace) {
		const verdict = text(verdictLine(report), VERDICT_MAX);
		return `sequenceDiagram\n\tparticipant scenario\n\tNote over scenario: ${verdict}\n`;
	}
	const schedule = scheduleOf(trace);
	const names = inOrder(schedule);
	const diagram = new Diagram(schedule, names);
	const lines = [
		LAYOUT,
		...names.map((name, index) => `participant p${index + 1} as ${text(name, 24)}`),
		...schedule.steps.flatMap((step) => diagram.lines(step)),
		...(counterexample
			? [
					"rect rgba(220, 60, 60, 0.25)",
					`Note over ${diagram.everybody}: ${brokenText(counterexample)}`,
					"end",
				]
			: [`Note over ${diagram.everybody}: ${text(verdictLine(report), VERDICT_MAX)}`]),
		...diagram.stillActive(),
	];
	return `sequenceDiagram\n${lines.map((line) => `\t${line}\n`).join("")}`;
}

function brokenText({ violation }: Counterexample): string {
	const { detail } = violation;
	const [first = ""] = detail?.split("\n") ?? [];
	const what = `✗ ${text(violationText(violation), VERDICT_MAX)}`;
	return detail === undefined ? what : `${what}<br/>${text(first, VERDICT_MAX)}`;
}

/** What is called stands in the middle: most arrows then cross nobody. */
function inOrder({ processes, services }: Schedule): string[] {
	const middle = Math.ceil(processes.length / 2);
	return [...processes.slice(0, middle), ...services, ...processes.slice(middle)];
}

class Diagram {
	readonly #holds: readonly Hold[];
	readonly #ids: ReadonlyMap<string, string>;
	readonly everybody: string;

	constructor({ holds }: Schedule, names: readonly string[]) {
		this.#holds = holds;
		this.#ids = new Map(names.map((name, index) => [name, `p${index + 1}`]));
		this.everybody = names.length > 1 ? `p1,p${names.length}` : "p1";
	}

	lines(step: ScheduledStep): string[] {
		return [...this.#whatHappens(step), ...this.#bars(step)];
	}

	#whatHappens(step: ScheduledStep): string[] {
		const { lane, route, fault, notes } = step;
		const own = lane === undefined ? undefined : this.#ids.get(lane);
		const told = notes.map((note) => text(note, MESSAGE_MAX));
		if (own === undefined)
			return [`Note over ${this.everybody}: ${[messageText(step), ...told].join("<br/>")}`];
		const service = this.#ids.get(route?.service ?? "");
		if (!route || service === undefined || service === own) {
			return [`Note over ${own}: ${[messageText(step), ...told].join("<br/>")}`];
		}
		if (route.request === "none") {
			return [`${service}-->>${own}: ${[messageText(step), ...told].join("<br/>")}`];
		}
		const request = `${own}${route.request === "arrives" ? "->>" : "-x"}${service}: ${messageText(step)}`;
		// What came of an answer says more than the answer.
		const news = told.length > 0 ? told : newsOf(step);
		if (route.reply === "arrives") {
			return news.length === 0 ? [request] : [request, `${service}-->>${own}: ${news.join("<br/>")}`];
		}
		const lost = fault !== undefined && route.reply === "lost" && route.request === "arrives";
		return [
			request,
			...(lost ? [`${service}--x${own}: no reply`] : []),
			...(told.length > 0 ? [`Note over ${own}: ${told.join("<br/>")}`] : []),
		];
	}

	/** A bar that does not end is not drawn. */
	stillActive(): string[] {
		return this.#holds
			.filter(({ end }) => end === "open")
			.map(({ lane }) => `deactivate ${this.#ids.get(lane)}`);
	}

	/** A process is active while it holds an epoch. */
	#bars({ number }: ScheduledStep): string[] {
		return this.#holds.flatMap(({ lane, from, to, end }) => [
			...(from === number ? [`activate ${this.#ids.get(lane)}`] : []),
			...(to === number && end !== "open" ? [`deactivate ${this.#ids.get(lane)}`] : []),
		]);
	}
}

function messageText({ number, actor, lane, fault, preempts, title }: ScheduledStep): string {
	const who = actor === lane || lane === undefined || actor === "network" ? "" : `${actor}: `;
	const head = `${number}${preempts ? " ⇄" : ""} ${fault ? `✗ ${fault}: ` : ""}${who}`;
	return text(`${head}${titleText(title, MESSAGE_MAX - head.length)}`, MESSAGE_MAX);
}

function newsOf({ news }: ScheduledStep): string[] {
	return news === undefined || news === NO_NEWS ? [] : [text(cut(news, NEWS_MAX), NEWS_MAX)];
}

/** One line, without anything that has a meaning in Mermaid or in HTML. */
function text(plain: string, widthMax: number): string {
	return cutMiddle(oneLine(plain), widthMax)
		.replaceAll(/[#;"'`<>&%\\]/g, (character) => `#${character.charCodeAt(0)};`)
		.replaceAll(/\bend\b/gi, (word) => `${word.slice(0, -1)}#${word.charCodeAt(2)};`);
}
