// The entry point for histories: recording what was called and answered, and checking whether it can have been.
export { type CheckHistoryOptions, checkHistory } from "./check-history.ts";
export type { CheckName, CheckReport, Finding, HistoryReport, Verdict } from "./check-report.ts";
export {
	type Call,
	type Completion,
	type CompletionLine,
	HISTORY_HEADER,
	type History,
	type HistoryHeader,
	type HistoryLine,
	type InvokeLine,
	mergeHistories,
	type Operation,
	type Placed,
} from "./history.ts";
export { HistoryFormatError, type ParseOptions, parseHistory } from "./parse-history.ts";
export type { RecordOptions } from "./record-call.ts";
export { createRecordEffect, type Effect, type RecordEffect } from "./record-effect.ts";
export { recordLeases } from "./record-leases.ts";
