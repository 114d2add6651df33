// The history that a run has recorded, as `session-lease check` reads it.
import { HISTORY_HEADER } from "../history/history.ts";
import type { TraceEntry } from "./trace.ts";

/** JSON lines: the header, and what the watched leases of all processes were asked and answered. */
export function recordedHistory(trace: readonly TraceEntry[]): string {
	const lines = trace.flatMap((entry) => (entry.type === "line" ? [entry.line] : []));
	return [HISTORY_HEADER, ...lines].map((line) => `${JSON.stringify(line)}\n`).join("");
}
