// A batch of calls from one message: how it is prepared, which calls are still open, and how it ends.
import type { TransitionContext } from "../transition/context.ts";
import type { TurnFunctions } from "./functions.ts";
import { callsOf, type FunctionCall, type PreparedCall, type TurnRecord, type TurnWork } from "./record.ts";

export type WorkingRecord = TurnRecord & { work: TurnWork };

/**
 * The record with the batch of its message prepared, once; a message with other calls is a new batch.
 * @throws Error if the message has two calls with one id.
 */
export function prepareBatch(record: TurnRecord, functions: TurnFunctions): WorkingRecord {
	const calls = callsOf(record.last_assistant);
	const ids = record.work?.prepared.map(({ call }) => call.id).join("/");
	if (record.work && ids === calls.map(({ id }) => id).join("/")) return { ...record, work: record.work };
	const prepare = (call: FunctionCall): PreparedCall => ({
		route: functions.needsApproval(call) ? "approve" : "run",
		call,
	});
	const work = { prepared: calls.map(prepare), executed: {} };
	return { ...record, work, function_results: [], turn_end_emitted: false };
}

/** Calls of a route that have no result yet, in the order of the message. */
export function openCalls(work: TurnWork, route: PreparedCall["route"]): FunctionCall[] {
	return work.prepared
		.filter((it) => it.route === route && !work.executed[it.call.id])
		.map(({ call }) => call);
}

/** Waits for the decisions on what is still open, or ends the batch. */
export function parkOrEnd(
	record: WorkingRecord,
	context: TransitionContext<TurnRecord>,
	nowMs: number,
): TurnRecord {
	const open = openCalls(record.work, "approve");
	if (open.length === 0) return endBatch(record, context, nowMs);
	return {
		...record,
		state: "function_awaiting_approval",
		awaiting_approval: open.map((call) => ({
			function_call_id: call.id,
			function_id: call.function_id,
			args: call.arguments,
		})),
		updated_at_ms: nowMs,
	};
}

function endBatch(record: WorkingRecord, context: TransitionContext<TurnRecord>, nowMs: number): TurnRecord {
	const ended = record.work.prepared.flatMap(({ call }) => record.work.executed[call.id] ?? []);
	if (!record.turn_end_emitted) context.emit({ type: "turn_end", session_id: record.session_id });
	const stops = ended.length > 0 && ended.every(({ result }) => result.terminate);
	return {
		...record,
		state: stops ? "stopped" : "steering_check",
		awaiting_approval: [],
		function_results: ended.map(({ call, result, is_error }) => ({
			function_call_id: call.id,
			function_id: call.function_id,
			result,
			is_error,
		})),
		turn_end_emitted: true,
		updated_at_ms: nowMs,
	};
}
