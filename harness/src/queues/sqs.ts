// SQS: a message that met a held session is hidden until the session may be taken; one that is being handled stays hidden.
//
// SQS counts every receive towards the redrive policy's `maxReceiveCount`, also of a message that met a held session, and
// there is no way around it. What is hidden until the holder's deadline is received about once a TTL, though, and not
// without a pause. So let `maxReceiveCount` be the attempts that failures may take, and 3 for a holder that is killed, and
// 2 for each TTL that a transition may take at most. A message that is buried after all was counted by the holder, who
// wakes the session once more; what is lost with it is the wake of a holder that died.
//
// A killed worker's message comes back when its visibility timeout ends, and meets the lease of its dead self at most for
// a TTL and the skew. In a FIFO queue whose message group is the session nothing else of the session is received until
// then. Messages are handed over as they are received: those that wait in the process are not kept hidden.
import type { Clock, Wait } from "../lease/clock.ts";
import { SessionLeaseError } from "../lease/errors.ts";
import { realClock, realWait } from "../system/real-time.ts";
import { within } from "../system/within.ts";
import { type ContentionOptions, contentionDelayMs } from "./contention.ts";

/** The part of the class `SQS` of @aws-sdk/client-sqs that is used. Give it timeouts of its own: by default it has none. */
export interface SQSClient {
	deleteMessage(request: SQSReceipt): Promise<unknown>;
	changeMessageVisibility(
		request: SQSReceipt & { readonly VisibilityTimeout: number },
		options?: { readonly abortSignal?: AbortSignal },
	): Promise<unknown>;
}

export interface SQSReceipt {
	readonly QueueUrl: string;
	readonly ReceiptHandle: string;
}

/** The part of a received message that is used. */
export interface SQSMessage {
	readonly ReceiptHandle?: string | undefined;
}

export interface SQSOptions extends ContentionOptions {
	readonly queueUrl: string;
	/**
	 * For how long a message is hidden anew, each third of it, while it is handled; in milliseconds, rounded up to seconds.
	 * At most the queue's own visibility timeout, which is what a message begins with. @default 30_000
	 */
	readonly visibilityTimeoutMs?: number;
	/** @default the machine's own */
	readonly clock?: Pick<Clock, "monotonicMs">;
	readonly wait?: Wait;
}

/** `deleted`: handled, for good. `delayed`: it met a held session, and comes again. */
export type SQSEnd = "deleted" | "delayed";

const VISIBILITY_TIMEOUT_MS = 30_000;
/** SQS hides a message for so long in all, from its receive on (Developer Guide, "visibility timeout"). */
const HIDDEN_SECONDS_MAX = 43_200;
/** Between the receive and this handler. */
const RECEIVE_SECONDS = 60;
/** Beats in one visibility timeout: two may be lost. */
const BEATS = 3;

/**
 * A function for each received message: it hides the message while `handle` runs, and deletes it when that is done. On
 * contention the message is hidden until the session may be taken. Any other error is rethrown and the message is left to
 * its visibility timeout. If a message cannot be deleted or hidden, SQS's error is thrown: it comes again, as a needless wake.
 * @throws SessionLeaseError (`option_invalid`)
 */
export function sqsHandler<M extends SQSMessage>(
	client: SQSClient,
	options: SQSOptions,
	handle: (message: M) => Promise<unknown>,
): (message: M) => Promise<SQSEnd> {
	const { queueUrl, clock = realClock, wait = realWait } = options;
	const visibilitySeconds = secondsOf(options.visibilityTimeoutMs ?? VISIBILITY_TIMEOUT_MS);
	return async (message) => {
		const receipt = { QueueUrl: queueUrl, ReceiptHandle: receiptOf(message) };
		const startMs = clock.monotonicMs();
		const secondsLeft = () =>
			HIDDEN_SECONDS_MAX - RECEIVE_SECONDS - Math.ceil((clock.monotonicMs() - startMs) / 1_000);
		try {
			await whileBeating(() => handle(message), {
				beat: async (abortSignal) =>
					client.changeMessageVisibility(
						{ ...receipt, VisibilityTimeout: visibilitySeconds },
						{ abortSignal },
					),
				isPossible: () => secondsLeft() >= visibilitySeconds,
				everyMs: (visibilitySeconds * 1_000) / BEATS,
				wait,
			});
		} catch (error) {
			const delayMs = contentionDelayMs(error, options);
			if (delayMs === undefined) throw error;
			const seconds = Math.max(0, Math.min(Math.ceil(delayMs / 1_000), secondsLeft()));
			await client.changeMessageVisibility({ ...receipt, VisibilityTimeout: seconds });
			return "delayed";
		}
		await client.deleteMessage(receipt);
		return "deleted";
	};
}

interface Beats {
	readonly beat: (abortSignal: AbortSignal) => Promise<unknown>;
	readonly isPossible: () => boolean;
	readonly everyMs: number;
	readonly wait: Wait;
}

/** No beat is under way any more when it ends: one that came later would take back what is said of the message then. */
async function whileBeating(work: () => Promise<unknown>, beats: Beats): Promise<void> {
	const ended = new AbortController();
	const beating = keepBeating(beats, ended.signal);
	try {
		await work();
	} finally {
		ended.abort();
		await beating;
	}
}

/** Never rejects: after a beat that failed the next one is in time, and without any the message comes again. */
async function keepBeating({ beat, isPossible, everyMs, wait }: Beats, signal: AbortSignal): Promise<void> {
	while (!signal.aborted) {
		await wait(everyMs, { signal, background: true }).catch(() => undefined);
		if (signal.aborted || !isPossible()) return;
		const answered = beat(signal).then(
			() => undefined,
			() => undefined,
		);
		await within(wait, everyMs, answered, { background: true });
	}
}

function receiptOf({ ReceiptHandle }: SQSMessage): string {
	if (typeof ReceiptHandle === "string" && ReceiptHandle !== "") return ReceiptHandle;
	const message = `Expected a received message with a \`ReceiptHandle\`, got \`${String(ReceiptHandle)}\`.`;
	throw new SessionLeaseError("option_invalid", message);
}

function secondsOf(visibilityTimeoutMs: number): number {
	const isValid = Number.isSafeInteger(visibilityTimeoutMs) && visibilityTimeoutMs >= 1_000;
	if (isValid && visibilityTimeoutMs <= HIDDEN_SECONDS_MAX * 1_000)
		return Math.ceil(visibilityTimeoutMs / 1_000);
	const message = `Expected \`visibilityTimeoutMs\` to be an integer from 1,000 to 43,200,000, got \`${visibilityTimeoutMs}\`.`;
	throw new SessionLeaseError("option_invalid", message);
}
