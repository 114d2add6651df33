// The state `function_execute`: runs the calls that need no approval, in order, and parks the others.
import type { Handle } from "../transition/context.ts";
import { openCalls, parkOrEnd, prepareBatch } from "./batch.ts";
import type { TurnRecord } from "./record.ts";
import { type CallPorts, runTogether, settleInterrupted } from "./run-calls.ts";

export function functionExecute(ports: CallPorts): Handle<TurnRecord> {
	return async (given, context) => {
		const record = prepareBatch(given, ports.functions);
		settleInterrupted(ports, record.work, openCalls(record.work, "run"), context);
		for (const call of openCalls(record.work, "run")) await runTogether(ports, record, [call], context);
		return parkOrEnd(record, context, ports.nowMs());
	};
}
