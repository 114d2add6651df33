// Decisions about parked calls: how one is claimed in iii's state, and which one a record says is the one.
//
// `approval::resolve` appends a claim, in one atomic update: the first claim decides. Beside the claims stand the plain
// `decision` and `reason` that other programs read and write. A plain record that somebody sets replaces the claims,
// and a claim that comes after it loses. Once claimed, the winner's decision is put in the plain field with `append`,
// which keeps whatever came first in front: if somebody's plain record slipped in between, theirs is still readable.
import { StoreAnswerError, TransientError } from "../lease/errors.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import type { Decision } from "./record.ts";

export const APPROVALS_SCOPE = "approvals";

export const DECISIONS: readonly Decision["decision"][] = ["allow", "deny", "aborted"];

/** The key of a decision: `<session id>/<call id>`; call ids have no slash. */
export const approvalKey = (sessionId: string, callId: string): string => `${sessionId}/${callId}`;

/** The other way round; `undefined` if it is no such key. */
export function parseApprovalKey(key: unknown): { sessionId: string; callId: string } | undefined {
	if (typeof key !== "string") return undefined;
	const slash = key.lastIndexOf("/");
	if (slash <= 0 || slash === key.length - 1) return undefined;
	return { sessionId: key.slice(0, slash), callId: key.slice(slash + 1) };
}

interface ApprovalRecord {
	readonly decision?: unknown;
	readonly reason?: unknown;
	readonly claims?: unknown;
}

/** A plain decision, or several that were appended to one another: the first one counts. */
const PLAIN = /^(allow|deny|aborted)(?:allow|deny|aborted)*$/;

/** The decision that an approval record holds, `undefined` for none. What nobody knows is no decision. */
export function decisionOf(record: unknown): Decision | undefined {
	if (typeof record !== "object" || record === null) return undefined;
	const { decision, reason, claims } = record as ApprovalRecord;
	const plain = typeof decision === "string" ? PLAIN.exec(decision)?.[1] : undefined;
	if (plain) return toDecision(plain, reason);
	const first = Array.isArray(claims) ? (claims[0] as ApprovalRecord | undefined) : undefined;
	return DECISIONS.some((known) => known === first?.decision)
		? toDecision(first?.decision as string, first?.reason)
		: undefined;
}

/** Whether the record was written by somebody else than `approval::resolve`, which wakes the session itself. */
export function isPlainDecision(record: unknown): boolean {
	return decisionOf(record) !== undefined && (record as ApprovalRecord).claims === undefined;
}

/** Reads one decision. @throws TransientError if the engine gives no answer: that is no decision either way. */
export async function readDecision(
	iii: Pick<IIIClient, "trigger">,
	sessionId: string,
	callId: string,
): Promise<Decision | undefined> {
	const payload = { scope: APPROVALS_SCOPE, key: approvalKey(sessionId, callId) };
	try {
		return decisionOf(await iii.trigger({ function_id: "state::get", payload }));
	} catch (cause) {
		throw new TransientError(`The decision on the call "${callId}" could not be read.`, { cause });
	}
}

export interface Claim extends Decision {
	readonly sessionId: string;
	readonly callId: string;
	/** Random: tells this claim from the same decision by somebody else. */
	readonly id: string;
}

/**
 * Claims the decision, and answers the one that counts: this one, or one that was there before.
 * Rejects if the engine gives no answer: then the claim may count, and claiming the same again is fine.
 */
export async function claimDecision(iii: Pick<IIIClient, "trigger">, claim: Claim): Promise<Decision> {
	const key = approvalKey(claim.sessionId, claim.callId);
	const { id, decision, reason } = claim;
	const append = { type: "append", path: "claims", value: { id, decision, reason } };
	const { after } = await update(iii, key, [append]);
	const counts = decisionOf(after);
	if (!counts)
		throw new StoreAnswerError(`The approval record "${key}" holds no decision after one was claimed.`);
	const isFirst = Array.isArray(after.claims) && (after.claims[0] as { id?: unknown } | undefined)?.id === id;
	return isFirst && after.decision === undefined ? writePlain(iii, key, claim, counts) : counts;
}

/** Puts the claim into the plain fields, for other readers, and answers the decision that counts then. */
async function writePlain(
	iii: Pick<IIIClient, "trigger">,
	key: string,
	{ decision, reason }: Claim,
	claimed: Decision,
): Promise<Decision> {
	const plain = [
		{ type: "append", path: "decision", value: decision },
		{ type: "set", path: "reason", value: reason },
	];
	try {
		const { before, after } = await update(iii, key, plain);
		const theirs = before.decision === undefined ? undefined : decisionOf(before);
		if (!theirs) return decisionOf(after) ?? claimed;
		// Somebody's plain record slipped in between: it is the only one, so it is put back as it was.
		await update(iii, key, [
			{ type: "set", path: "decision", value: theirs.decision },
			{ type: "set", path: "reason", value: theirs.reason },
		]);
		return theirs;
	} catch {
		// The claim decides without it. If the plain record of somebody else does, the turn says so when it acts on it.
		return claimed;
	}
}

async function update(
	iii: Pick<IIIClient, "trigger">,
	key: string,
	ops: readonly object[],
): Promise<{ readonly before: ApprovalRecord; readonly after: ApprovalRecord }> {
	const payload = { scope: APPROVALS_SCOPE, key, ops };
	const answer = await iii.trigger({ function_id: "state::update", payload });
	const { old_value, new_value, errors } = (answer ?? {}) as {
		old_value?: ApprovalRecord | null;
		new_value?: unknown;
		errors?: unknown[];
	};
	if (typeof new_value !== "object" || new_value === null || (errors?.length ?? 0) > 0) {
		throw new StoreAnswerError(`The approval record "${key}" could not be updated; it holds something else.`);
	}
	return { before: old_value ?? {}, after: new_value };
}

function toDecision(decision: string, reason: unknown): Decision {
	return { decision: decision as Decision["decision"], reason: typeof reason === "string" ? reason : null };
}
