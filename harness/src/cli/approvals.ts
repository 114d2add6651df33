// Who is decided how: from a file of decisions, or for every call, or for none.
import type { Decision, FunctionCall } from "../turn/record.ts";
import { InputError } from "./input-error.ts";
import { readJson, refuseIssue, schemaIssues } from "./read-json.ts";

type DecisionJson = Decision["decision"] | { decision: Decision["decision"]; reason?: string | null };

/**
 * The decisions by call id. `all` allows every call that needs approval, `none` decides nothing, anything else is the
 * path of a file. @throws InputError that names the file and what is wrong in it.
 */
export async function readDecisions(
	approvals: string,
	calls: readonly FunctionCall[],
	needsApproval: (call: FunctionCall) => boolean,
): Promise<Map<string, Decision>> {
	const decisions = new Map<string, Decision>();
	if (approvals === "none") return decisions;
	if (approvals === "all") {
		const allow: Decision = { decision: "allow", reason: null };
		for (const call of calls) if (needsApproval(call)) decisions.set(call.id, allow);
		return decisions;
	}
	const json = await readJson(approvals);
	const [issue] = await schemaIssues("approvals", json);
	if (issue) refuseIssue(approvals, issue);
	const { $schema: _, ...entries } = json as Readonly<Record<string, DecisionJson>>;
	for (const [callId, entry] of Object.entries(entries)) {
		const call = calls.find(({ id }) => id === callId);
		if (!call) throw new InputError(`${approvals}: the turn has no call "${callId}".`);
		if (!needsApproval(call)) {
			throw new InputError(`${approvals}: call "${callId}" of "${call.function_id}" needs no approval.`);
		}
		const decision = typeof entry === "string" ? { decision: entry } : entry;
		decisions.set(callId, { reason: null, ...decision });
	}
	return decisions;
}
