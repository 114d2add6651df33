// Running calls: journalled as started before they run, so that none runs a second time unless it may.
import type { TransitionContext } from "../transition/context.ts";
import { errorResult, executed, interruptedResult, type TurnFunctions, toResult } from "./functions.ts";
import type { FunctionCall, TurnRecord, TurnWork } from "./record.ts";

export interface CallPorts {
	readonly functions: TurnFunctions;
	/** Wall clock, milliseconds since 1970. */
	readonly nowMs: () => number;
}

/** Calls that were started by a lost worker and may not run again: they end as interrupted. */
export function settleInterrupted(
	ports: CallPorts,
	work: TurnWork,
	calls: readonly FunctionCall[],
	context: TransitionContext<TurnRecord>,
): void {
	for (const call of calls) {
		if (!work.started?.[call.id] || work.executed[call.id] || ports.functions.isIdempotent(call)) continue;
		work.executed[call.id] = executed(call, interruptedResult(), true);
		emitEnd(context, call, true);
	}
}

/** Runs the calls at once, under one journal entry; those that end while others still run are committed then. */
export async function runTogether(
	ports: CallPorts,
	record: TurnRecord & { work: TurnWork },
	calls: readonly FunctionCall[],
	context: TransitionContext<TurnRecord>,
): Promise<void> {
	const { work } = record;
	for (const call of calls) {
		if (context.epoch > 0) work.started = { ...work.started, [call.id]: { epoch: context.epoch } };
		context.emit({
			type: "function_execution_start",
			function_call_id: call.id,
			function_id: call.function_id,
		});
	}
	record.updated_at_ms = ports.nowMs();
	await context.checkpoint(record);
	let running = calls.length;
	const runs = calls.map(async (call) => {
		const startedAtMs = ports.nowMs();
		const { result, isError } = await runOne(ports, call, context);
		running--;
		work.executed[call.id] = executed(call, result, isError, ports.nowMs() - startedAtMs);
		emitEnd(context, call, isError);
		record.updated_at_ms = ports.nowMs();
		if (running > 0) await context.checkpoint(record);
	});
	const ends = await Promise.allSettled(runs);
	for (const end of ends) if (end.status === "rejected") throw end.reason;
}

async function runOne(ports: CallPorts, call: FunctionCall, context: TransitionContext<TurnRecord>) {
	const { sessionId, signal, epoch } = context;
	const idempotencyKey = context.idempotencyKey(call.id);
	try {
		const value = await ports.functions.run(call, { sessionId, signal, epoch, idempotencyKey });
		return { result: toResult(value), isError: false };
	} catch (error) {
		// What a lost lease has cut short has no result: the next holder says what became of it.
		context.signal.throwIfAborted();
		return { result: errorResult(error), isError: true };
	}
}

export function emitEnd(context: TransitionContext<TurnRecord>, call: FunctionCall, isError: boolean): void {
	context.emit({
		type: "function_execution_end",
		function_call_id: call.id,
		function_id: call.function_id,
		is_error: isError,
	});
}
