// The turn as a state machine.
//
// function_execute            runs what needs no approval   -> function_awaiting_approval, or the end of the batch
// function_awaiting_approval  waits for decisions, runs what is approved          -> the end of the batch
// the end of the batch        results in order, one turn_end                     -> steering_check, or stopped
// steering_check              the host decides what comes next                   -> stopped, unless it says otherwise
// stopped, failed             terminal: never woken, never left
import type { Machine } from "../transition/machine.ts";
import type { TurnRecord } from "./record.ts";

export const turnMachine: Machine<TurnRecord> = {
	stateOf: (record) => record.state,
	states: [
		"provisioning",
		"assistant_streaming",
		"function_execute",
		"function_awaiting_approval",
		"steering_check",
		"stopped",
		"failed",
	],
	waiting: ["function_awaiting_approval"],
	terminal: ["stopped", "failed"],
	fail(record, error, emit) {
		const message = error instanceof Error ? error.message : String(error);
		if (!record.turn_end_emitted) emit({ type: "turn_end", session_id: record.session_id, error: message });
		return {
			...record,
			state: "failed",
			turn_end_emitted: true,
			error: { kind: "transition_error", message },
		};
	},
};
