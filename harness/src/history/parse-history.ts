// A history from its text: every line of a known form, and every completion with its one invoke.
import type { CompletionLine, History, HistoryLine, InvokeLine, Operation, Placed } from "./history.ts";
import { answerIssue, headerIssue, lineIssue } from "./line-form.ts";

/** A text that is no history; the line says where. */
export class HistoryFormatError extends Error {
	override readonly name: string = "HistoryFormatError";
	readonly code = "history_invalid";
	/** From 1. */
	readonly line: number;

	constructor(line: number, message: string, details: { readonly cause?: unknown } = {}) {
		super(message, details);
		this.line = line;
	}
}

export interface ParseOptions {
	/** Names the file, where a history is made of several. */
	readonly source?: string;
}

/** Lines may come in any order, but for the header. @throws HistoryFormatError (`history_invalid`) with the line. */
export function parseHistory(text: string, options: ParseOptions = {}): History {
	const [header, ...lines] = text
		.split("\n")
		.map((line, index) => ({ line, number: index + 1 }))
		.filter(({ line }) => line.trim() !== "")
		.map(({ line, number }) => ({ line: parseJson(line, number), number }));
	refuse(header?.number ?? 1, headerIssue(header?.line));
	for (const { line, number } of lines) refuse(number, lineIssue(line));
	return pairLines(lines as Placed<HistoryLine>[], options.source);
}

function parseJson(line: string, number: number): unknown {
	try {
		return JSON.parse(line);
	} catch (cause) {
		throw new HistoryFormatError(number, `This is not JSON: ${(cause as Error).message}.`, { cause });
	}
}

function pairLines(lines: readonly Placed<HistoryLine>[], source: string | undefined): History {
	const invokes = new Map<string, Placed<InvokeLine>>();
	const completions = new Map<string, Placed<CompletionLine>>();
	for (const { line, number } of lines) {
		const name = String(line.op);
		const before = line.type === "invoke" ? invokes.get(name) : completions.get(name);
		const what = line.type === "invoke" ? "invoked" : "completed";
		refuse(number, before && `Operation ${name} was ${what} in line ${before.number} already.`);
		if (line.type === "invoke") invokes.set(name, { line, number });
		else completions.set(name, { line, number });
	}
	for (const [name, { line, number }] of completions) {
		refuse(number, pairIssue(name, invokes.get(name)?.line, line));
	}
	const operations = [...invokes].map(([name, invoke]): Operation => {
		const completion = completions.get(name);
		return { source, invoke, completion, outcome: completion?.line.type ?? "unknown" };
	});
	return { operations };
}

function pairIssue(
	name: string,
	invoke: InvokeLine | undefined,
	completion: CompletionLine,
): string | undefined {
	if (!invoke) return `Operation ${name} was never invoked.`;
	if (invoke.process !== completion.process) {
		return `Operation ${name} was invoked by ${JSON.stringify(invoke.process)}, and completed by another process.`;
	}
	if (completion.time < invoke.time) {
		return `Operation ${name} ended at ${completion.time}, before it was invoked at ${invoke.time}.`;
	}
	return completion.type === "ok" ? answerIssue(invoke.call, completion) : undefined;
}

function refuse(line: number, issue: string | undefined): void {
	if (issue !== undefined) throw new HistoryFormatError(line, issue);
}
