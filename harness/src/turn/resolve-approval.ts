// `approval::resolve`: claims a decision and wakes the session, so that no decision is lost.

import { SESSION_ID_MAX_CHARACTERS } from "../lease/options.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import { readSession } from "../transition/session.ts";
import { type Claim, claimDecision, DECISIONS } from "./approvals.ts";
import type { IIIPorts } from "./iii-ports.ts";
import { callsOf, type Decision, type TurnRecord } from "./record.ts";

export type ResolveAnswer = { readonly ok: true } | { readonly ok: false; readonly error: string };

const CALL_ID_MAX_CHARACTERS = 256;

/**
 * The same decision again is fine; another one is refused with the recorded one. Rejects if the engine gives no answer:
 * the decision may count, and asking again is fine.
 */
export async function resolveApproval(
	iii: Pick<IIIClient, "trigger">,
	ports: IIIPorts<TurnRecord>,
	payload: unknown,
): Promise<ResolveAnswer> {
	const request = parseRequest(payload);
	if (typeof request === "string") return { ok: false, error: request };
	const { sessionId, callId, decision } = request;
	const known = await readSession(ports, sessionId);
	const recorded = known?.work?.decisions?.[callId];
	if (recorded?.decision === decision) return { ok: true };
	const refusal = known && refusalOf(known, request, ports.machine.terminal.includes(known.state));
	if (refusal !== undefined) return { ok: false, error: refusal };
	const counts = await claimDecision(iii, { ...request, id: ports.newId() });
	// Read after the claim: a wake for an older state would be stale, and the decision would wait for the next one.
	const record = await readSession(ports, sessionId);
	const final = record?.work?.decisions?.[callId] ?? counts;
	if (record && !ports.machine.terminal.includes(record.state)) await ports.wake(sessionId, record.state);
	return final.decision === decision ? { ok: true } : { ok: false, error: alreadyDecided(callId, final) };
}

type Request = Omit<Claim, "id">;

function parseRequest(payload: unknown): Request | string {
	const { session_id, function_call_id, decision, reason } = (payload ?? {}) as Record<string, unknown>;
	if (typeof session_id !== "string" || session_id === "" || session_id.length > SESSION_ID_MAX_CHARACTERS) {
		return `Expected \`session_id\` to be a text of at most ${SESSION_ID_MAX_CHARACTERS} characters.`;
	}
	if (typeof function_call_id !== "string" || function_call_id === "" || function_call_id.includes("/")) {
		return "Expected `function_call_id` to be a text without a slash.";
	}
	if (function_call_id.length > CALL_ID_MAX_CHARACTERS) return "`function_call_id` is too long.";
	if (!DECISIONS.some((known) => known === decision)) {
		return `Expected \`decision\` to be one of ${DECISIONS.join(", ")}, got ${JSON.stringify(decision)}.`;
	}
	if (reason !== undefined && reason !== null && typeof reason !== "string") {
		return "Expected `reason` to be a text.";
	}
	return {
		sessionId: session_id,
		callId: function_call_id,
		decision: decision as Decision["decision"],
		reason: reason ?? null,
	};
}

/** Why a decision cannot count, `undefined` if it can. A turn whose calls are not known yet takes early ones. */
function refusalOf(record: TurnRecord, { callId }: Request, ended: boolean): string | undefined {
	const final = record.work?.decisions?.[callId];
	if (final) return alreadyDecided(callId, final);
	if (ended) return `The turn of session "${record.session_id}" has ended.`;
	const prepared = record.work?.prepared.find(({ call }) => call.id === callId);
	if (prepared?.route === "run") return `The call "${callId}" needs no approval.`;
	const calls =
		record.state === "provisioning" || record.state === "assistant_streaming"
			? []
			: callsOf(record.last_assistant);
	if (calls.length > 0 && !calls.some(({ id }) => id === callId)) {
		return `Session "${record.session_id}" has no call "${callId}".`;
	}
	return undefined;
}

const alreadyDecided = (callId: string, { decision, reason }: Decision): string =>
	`The call "${callId}" was decided already: ${decision}${reason ? ` (${reason})` : ""}.`;
