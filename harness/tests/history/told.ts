// Histories written by hand: an operation a line, each with its times, and what the checks say of them.
import type {
	Call,
	CheckName,
	CheckReport,
	Completion,
	HistoryReport,
	Verdict,
} from "../../src/history/index.ts";
import { checkHistory, HISTORY_HEADER, parseHistory } from "../../src/history/index.ts";

export interface Told {
	/** When it was invoked, and when it was completed. */
	readonly at: readonly [number, number?];
	readonly call: Call & { readonly key?: string };
	/** @default none: unknown */
	readonly end?: Completion;
}

export const ok = (answer: Omit<Extract<Completion, { type: "ok" }>, "type"> = {}): Completion => ({
	type: "ok",
	...answer,
});
export const held: Completion = { type: "fail", code: "lease_held" };
export const voided: Completion = { type: "fail", code: "lease_lost", void: true };
export const failed: Completion = { type: "fail" };
export const unknown: Completion = { type: "unknown" };

/** `at` from and to; the key is "s" unless it is given. */
export const op = (from: number, to: number | undefined, call: Told["call"], end?: Completion): Told => ({
	at: to === undefined ? [from] : [from, to],
	call,
	...(end ? { end } : {}),
});

export const granted = (from: number, to: number, epoch: number, value?: string): Told =>
	op(from, to, { call: "acquire" }, ok({ epoch, ...(value === undefined ? {} : { value }) }));
export const wrote = (from: number, to: number, epoch: number, value: string, end: Completion = ok()): Told =>
	op(from, to, { call: "write", epoch, value }, end);
export const released = (
	from: number,
	to: number,
	epoch: number,
	value?: string,
	end: Completion = ok(),
): Told => op(from, to, { call: "release", epoch, ...(value === undefined ? {} : { value }) }, end);

/** The lines of a history: operation 1 is of process p1, and so on. */
export function textOf(told: readonly Told[]): string {
	const lines = told.flatMap(({ at: [from, to = from], call, end }, index): object[] => {
		const head = { op: index + 1, process: `p${index + 1}` };
		const invoke = { ...head, type: "invoke", time: from, key: "s", ...call };
		return end ? [invoke, { ...head, time: to, ...end }] : [invoke];
	});
	return [HISTORY_HEADER, ...lines].map((line) => `${JSON.stringify(line)}\n`).join("");
}

export function judge(told: readonly Told[], stepsMax?: number): HistoryReport {
	return checkHistory(parseHistory(textOf(told)), stepsMax === undefined ? {} : { stepsMax });
}

/** What one check says, in short. */
export function judgedBy(
	name: CheckName,
	told: readonly Told[],
): { verdict: CheckReport["verdict"]; evaluated: number; sentences: string[]; overall: Verdict } {
	const report = judge(told);
	const check = report.checks.find((it) => it.name === name) as CheckReport;
	const sentences = check.findings.map(({ sentence }) => sentence);
	return { verdict: check.verdict, evaluated: check.evaluated, sentences, overall: report.verdict };
}
