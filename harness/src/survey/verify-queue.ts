// Whether a queue does what it says: a message to a function of one's own, and a bounded wait for it.
import type { Wait } from "../lease/clock.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import { type Asked, askTwice } from "./ask.ts";

export interface VerifyQueueOptions {
	readonly queue: string;
	/** New for each try: what comes late of an earlier one finds nobody. */
	readonly functionId: string;
	readonly wait: Wait;
}

export type QueueVerdict = "delivered" | "silent" | Extract<Asked, { answered: false }>;

/** A queue that polls ten times a second, and is not busy, takes a tenth of this. */
const DELIVERY_MS_MAX = 5_000;
const ENQUEUE_MS_MAX = 5_000;

/** `silent`: the message was taken, and did not come in time. */
export async function verifyQueue(iii: IIIClient, options: VerifyQueueOptions): Promise<QueueVerdict> {
	const { queue, functionId, wait } = options;
	const ended = new AbortController();
	let arrived = () => {};
	const arrival = new Promise<QueueVerdict>((resolve) => {
		arrived = () => resolve("delivered");
	});
	const registered = iii.registerFunction(functionId, async () => arrived());
	try {
		// With the field that the wakes of a turn have, by which a fifo queue may group them; and with another one, so that
		// it is not taken for a wake when it has died.
		const payload = { session_id: functionId, probe: true };
		const action = { type: "enqueue", queue } as const;
		const enqueue = (timeoutMs: number) =>
			iii.trigger({ function_id: functionId, payload, action, timeoutMs });
		const enqueued = await askTwice(enqueue, ENQUEUE_MS_MAX);
		if (!enqueued.answered) return enqueued;
		const silence = wait(DELIVERY_MS_MAX, { signal: ended.signal, background: true }).then(
			() => "silent" as const,
			() => "silent" as const,
		);
		return await Promise.race([arrival, silence]);
	} finally {
		ended.abort();
		registered.unregister();
	}
}
