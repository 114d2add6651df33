// A trace as it is drawn: lanes, steps with what came of them, and who held what from when to when.
import type { FaultKind } from "../explore/faults.ts";
import type { TraceEntry, TraceStep } from "../explore/trace.ts";
import { type AnswerFields, answerFields, cutMiddle, newsText, valueText } from "./answer-text.ts";
import { type Hold, holdsOf } from "./holds.ts";
import { leaseNote, lineText, noteText } from "./note-text.ts";
import { heardSteps } from "./pauses.ts";
import { type Route, routeOf } from "./route.ts";

export interface ScheduledStep {
	/** 1, 2, 3 … */
	readonly number: number;
	readonly label: string;
	/** The process, with its life. */
	readonly actor: string;
	/** Where it is drawn; `undefined`: over all lanes, as the clock is. */
	readonly lane: string | undefined;
	readonly title: string;
	readonly fault?: FaultKind;
	readonly preempts: boolean;
	readonly atMs: number;
	/** By how much the clocks went on. */
	readonly passedMs: number;
	readonly route?: Route;
	/** The number of the request that is under way from here on. */
	readonly leaves?: number;
	/** What the caller was told, made short. */
	readonly news?: string;
	/** What it was told in full, unless that is a record. */
	readonly answer?: string;
	/** The whole record, if it was told one. */
	readonly record?: AnswerFields;
	/** The fields of the record that the caller had not been told before. */
	readonly newFields: readonly string[];
	readonly notes: readonly string[];
}

export interface Schedule {
	/** Processes, in the order in which they were started; the lives of one share a lane. */
	readonly processes: readonly string[];
	/** What they call or hear from: the store, queues, the outside; those that occur. */
	readonly services: readonly string[];
	readonly steps: readonly ScheduledStep[];
	readonly holds: readonly Hold[];
}

export function scheduleOf(trace: readonly TraceEntry[]): Schedule {
	const lanes = lanesOf(trace);
	const told = new Map<string, AnswerFields>();
	const entries = heardSteps(trace.filter((entry) => entry.type === "step"));
	const notes = notesByStep(trace);
	const steps = entries.map((heard, index): ScheduledStep => {
		const { step, label, actor, title, fault, preempts, atMs, leaves } = heard.entry;
		const route = routeOf(heard, lanes.has(actor));
		const passedMs = (entries[index + 1]?.entry.atMs ?? atMs) - atMs;
		return {
			number: step,
			label,
			actor,
			lane: lanes.get(actor) ?? route?.service,
			title,
			...(fault ? { fault } : {}),
			preempts,
			atMs,
			passedMs,
			...(route ? { route } : {}),
			...(leaves === undefined ? {} : { leaves }),
			...answerOf(heard.entry, told),
			notes: notes.get(step) ?? [],
		};
	});
	const services = [...new Set(steps.flatMap(({ route }) => route?.service ?? []))];
	services.sort((a, b) => Number(b === "store") - Number(a === "store"));
	const processes = [...new Set(lanes.values())];
	return { processes, services, steps, holds: holdsOf(trace, lanes) };
}

/** By process, with its life, the lane. */
function lanesOf(trace: readonly TraceEntry[]): ReadonlyMap<string, string> {
	return new Map(trace.flatMap((entry) => (entry.type === "start" ? [[entry.actor, entry.lane]] : [])));
}

function notesByStep(trace: readonly TraceEntry[]): ReadonlyMap<number, readonly string[]> {
	const sessions = new Set(
		trace.flatMap((entry) => (entry.type === "note" ? (leaseNote(entry.data).sessionId ?? []) : [])),
	);
	const open = new Map<string, string>();
	const notes = new Map<number, string[]>();
	for (const entry of trace) {
		const text = entryText(entry, sessions.size > 1, open);
		if (text !== undefined) notes.set(entry.step, [...(notes.get(entry.step) ?? []), text]);
	}
	return notes;
}

function entryText(entry: TraceEntry, namesSession: boolean, open: Map<string, string>): string | undefined {
	switch (entry.type) {
		case "step":
		case "death":
			return undefined;
		case "note":
			return noteText(entry, namesSession);
		case "line":
			return lineText(entry, open);
		case "start":
			return entry.step > 0 ? `${entry.actor} starts` : undefined;
	}
}

/** A call that has done what was asked, and has nothing to tell. */
const NOTHING = "undefined";

/** Each process is told what is new to it since its last answer of that record. */
function answerOf(
	{ actor, answer, key }: TraceStep,
	told: Map<string, AnswerFields>,
): Pick<ScheduledStep, "news" | "answer" | "record" | "newFields"> {
	const isNothing = key === undefined && (answer === "" || answer === NOTHING);
	if (answer === undefined || isNothing) return { newFields: [] };
	const record = key === undefined ? undefined : answerFields(answer);
	if (!record) return { news: cutMiddle(valueText(answer, Number.POSITIVE_INFINITY)), answer, newFields: [] };
	const about = JSON.stringify([actor, key]);
	const before = told.get(about);
	told.set(about, record);
	const newFields = [...record.keys()].filter((name) => before?.get(name) !== record.get(name));
	return { news: newsText(record, before), record, newFields };
}
