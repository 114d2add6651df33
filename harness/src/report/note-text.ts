// What a process noted, as a short sentence.
import type { TraceEntry } from "../explore/trace.ts";
import { cutMiddle } from "./answer-text.ts";

type Note = Extract<TraceEntry, { type: "note" }>;
type Line = Extract<TraceEntry, { type: "line" }>;

/** What lease notes carry, each some of it. */
export interface LeaseNote {
	readonly sessionId?: string;
	readonly epoch?: number;
	readonly takeover?: boolean;
	readonly turnedAway?: number;
	readonly why?: string;
}

export function leaseNote(data: unknown): LeaseNote {
	return typeof data === "object" && data !== null ? data : {};
}

/** `namesSession`: the run has more than one. */
export function noteText({ name, data }: Pick<Note, "name" | "data">, namesSession: boolean): string {
	const { sessionId, epoch, takeover, turnedAway = 0, why } = leaseNote(data);
	const of = namesSession && sessionId !== undefined ? ` of ${sessionId}` : "";
	const lease = `epoch ${epoch}${of}`;
	switch (name) {
		case "granted":
			return `granted ${lease}${takeover ? ", a takeover" : ""}`;
		case "turned_away":
			return `turned away by ${lease}`;
		case "released":
			return `released ${lease}${turnedAway > 0 ? `, ${turnedAway} turned away` : ""}`;
		case "abandoned":
			return `abandoned ${lease}`;
		case "lost":
			return `lost ${lease}${why === undefined ? "" : `: ${reasonText(why)}`}`;
		default:
			return data === undefined ? name : `${name} ${dataText(data, { name, namesSession })}`;
	}
}

/** Messages of errors begin with what is said already, and end with what the caller may do. */
function reasonText(why: string): string {
	const [sentence = ""] = why.split(". ");
	return sentence.replace(/^The lease on .* is lost: /, "").replace(/\.$/, "");
}

/** Without what the name of the note says already. */
function dataText(
	data: unknown,
	{ name: note, namesSession }: { readonly name: string; readonly namesSession: boolean },
): string {
	if (typeof data !== "object" || data === null || Array.isArray(data))
		return cutMiddle(JSON.stringify(data) ?? "");
	return Object.entries(data)
		.filter(([name, value]) => (namesSession || name !== "sessionId") && !note.startsWith(`${value} `))
		.map(([name, value]) => `${name} ${cutMiddle(typeof value === "string" ? value : JSON.stringify(value))}`)
		.join(", ");
}

/** Of a history only what no note says: values, and what became of writes. `open`: calls without an answer, by operation. */
export function lineText({ actor, line }: Line, open: Map<string, string>): string | undefined {
	const op = `${actor}/${line.op}`;
	const call = open.get(op) ?? "call";
	switch (line.type) {
		case "invoke":
			open.set(op, line.call);
			return "value" in line && line.value !== undefined
				? `${line.call}s ${cutMiddle(line.value)}`
				: undefined;
		case "ok":
			if (line.value !== undefined) return `loads ${cutMiddle(line.value)}`;
			return call === "acquire" || call === "release" ? undefined : `${call} acknowledged`;
		case "fail":
			return call === "acquire"
				? undefined
				: `${call} ${line.void ? "void" : "failed"}${codeText(line.code)}`;
		case "unknown":
			return `${call}: outcome unknown${codeText(line.code)}`;
	}
}

const codeText = (code: string | undefined): string => (code === undefined ? "" : ` (${code})`);
