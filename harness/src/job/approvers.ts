// The people who decide: each asks a worker, and asks another one if that worker dies.
import type { Retry, Wait } from "../lease/clock.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import type { Decision } from "../turn/record.ts";
import type { ResolveAnswer } from "../turn/resolve-approval.ts";

export interface ApproversOptions {
	readonly client: Pick<IIIClient, "trigger">;
	readonly wait: Wait;
	readonly retry: Retry;
	readonly sessionId: string;
	/** By call id. */
	readonly decisions: ReadonlyMap<string, Decision>;
	/** The workers that can be asked: `w1`, `w2` … */
	readonly workers: readonly string[];
	/** How long somebody hesitates, in milliseconds. */
	readonly hesitateMs: () => number;
}

/** What the approver of a call was told, `undefined` if no worker gave an answer. */
export type ApproverAnswers = ReadonlyMap<string, ResolveAnswer | undefined>;

/** A replacement starts within half a second; this is ten times that. */
const ATTEMPTS_MAX = 100;
const ASK_AGAIN_MS = 50;

/** Resolves every decision at the same time, spread over the workers. */
export async function decideAll(options: ApproversOptions): Promise<ApproverAnswers> {
	const answers = new Map<string, ResolveAnswer | undefined>();
	const approvers = [...options.decisions].map(async ([callId, decision], index) => {
		const hesitateMs = options.hesitateMs();
		if (hesitateMs > 0) await options.wait(hesitateMs);
		answers.set(callId, await decide(options, callId, decision, index + 1));
	});
	await Promise.all(approvers);
	return answers;
}

/** Any failure leaves open whether the decision was taken; to claim the same one again is fine. */
async function decide(
	{ client, retry, sessionId, workers }: ApproversOptions,
	callId: string,
	{ decision, reason }: Decision,
	firstWorker: number,
): Promise<ResolveAnswer | undefined> {
	const payload = { session_id: sessionId, function_call_id: callId, decision, reason };
	try {
		return await retry(
			(attempt) => {
				const worker = workers[(firstWorker + attempt - 1) % workers.length];
				return client.trigger({ function_id: `approval::resolve::${worker}`, payload });
			},
			{ delayMs: (_error, attempt) => (attempt < ATTEMPTS_MAX ? ASK_AGAIN_MS : undefined) },
		);
	} catch {
		// The report shows it: the decision is missing in the turn.
		return undefined;
	}
}
