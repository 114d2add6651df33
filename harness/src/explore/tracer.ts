// Keeps what happens in a run, for the picture of it.
import type { HistoryLine } from "../history/history.ts";
import type { Choice } from "./decision.ts";
import type { PendingCall } from "./pending-call.ts";
import { tellingText } from "./telling-text.ts";
import type { TraceEntry } from "./trace.ts";

type StepEntry = Extract<TraceEntry, { type: "step" }>;

export class Tracer {
	readonly entries: TraceEntry[] = [];
	readonly #nowMs: () => number;
	#step = 0;
	#current = 0;

	constructor(nowMs: () => number) {
		this.#nowMs = nowMs;
	}

	step({ label, actor, title, fault, preempts, call }: Choice): void {
		this.#step++;
		this.#current = this.entries.length;
		const { to, key } = call ?? {};
		this.entries.push({
			type: "step",
			...this.#now(actor),
			label,
			title,
			preempts,
			...(fault ? { fault } : {}),
			...(to === undefined ? {} : { to }),
			...(key === undefined ? {} : { key }),
		});
	}

	note(actor: string, name: string, data: unknown): void {
		const told: unknown = data === undefined ? undefined : JSON.parse(tellingText(data));
		this.entries.push({ type: "note", ...this.#now(actor), name, data: told });
	}

	/** Steps are the world's order: what ended in one ended before what began in a later one. */
	line(actor: string, line: HistoryLine): void {
		this.entries.push({ type: "line", ...this.#now(actor), line: { ...line, time: this.#step } });
	}

	starts(actor: string, lane: string): void {
		this.entries.push({ type: "start", ...this.#now(actor), lane });
	}

	dies(actor: string): void {
		this.entries.push({ type: "death", ...this.#now(actor) });
	}

	/** What the call of the current step was answered, unless the answer comes in a later step, of somebody else. */
	answered(actor: string, { answerText }: PendingCall, answer: unknown): void {
		if (this.entries[this.#current]?.actor !== actor) return;
		const text = answerText(answer);
		this.#amend({ answer: typeof text === "function" ? text() : text });
	}

	/** The current step leaves a request under way. */
	leaves(number: number): void {
		this.#amend({ leaves: number });
	}

	#amend(more: Partial<StepEntry>): void {
		const entry = this.entries[this.#current];
		if (entry?.type === "step") this.entries[this.#current] = { ...entry, ...more };
	}

	#now(actor: string): { step: number; actor: string; atMs: number } {
		return { step: this.#step, actor, atMs: this.#nowMs() };
	}
}
