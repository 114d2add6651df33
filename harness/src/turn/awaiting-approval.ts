// The state `function_awaiting_approval`: acts on the decisions that are there, until a look finds no new one.
import type { Handle, TransitionContext } from "../transition/context.ts";
import { openCalls, parkOrEnd, prepareBatch, type WorkingRecord } from "./batch.ts";
import { denialResult, executed } from "./functions.ts";
import type { Decision, FunctionCall, TurnRecord } from "./record.ts";
import { type CallPorts, emitEnd, runTogether, settleInterrupted } from "./run-calls.ts";

export interface ApprovalPorts extends CallPorts {
	/** The decision on a call as it stands now, `undefined` for none. */
	readonly decisionOf: (sessionId: string, callId: string) => Promise<Decision | undefined>;
}

/** A look decides at least one call or is the last, so there are never more than there are calls. */
export function awaitingApproval(ports: ApprovalPorts): Handle<TurnRecord> {
	return async (given, context) => {
		const record = prepareBatch(given, ports.functions);
		settleInterrupted(ports, record.work, openCalls(record.work, "approve"), context);
		for (
			let open = openCalls(record.work, "approve");
			open.length > 0;
			open = openCalls(record.work, "approve")
		) {
			const decided = await decide(ports, record, open, context);
			if (decided === 0) break;
		}
		return parkOrEnd(record, context, ports.nowMs());
	};
}

/** Acts on the decisions there are, and answers how many. Approved calls start together; denied ones end at once. */
async function decide(
	ports: ApprovalPorts,
	record: WorkingRecord,
	open: readonly FunctionCall[],
	context: TransitionContext<TurnRecord>,
): Promise<number> {
	const { work } = record;
	const decisions = await Promise.all(
		open.map(async (call) => work.decisions?.[call.id] ?? ports.decisionOf(record.session_id, call.id)),
	);
	const approved: FunctionCall[] = [];
	let decided = 0;
	for (const [index, call] of open.entries()) {
		const decision = decisions[index];
		if (!decision) continue;
		decided++;
		work.decisions = { ...work.decisions, [call.id]: decision };
		if (decision.decision === "allow") {
			approved.push(call);
		} else {
			work.executed[call.id] = executed(call, denialResult(decision), true);
			emitEnd(context, call, true);
		}
	}
	if (approved.length > 0) await runTogether(ports, record, approved, context);
	return decided;
}
