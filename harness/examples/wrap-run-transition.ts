// Step 1 for whoever has a `runTransition` already: the lease goes around it, and one transition of a session runs at a
// time. The save stays as unfenced as it was: a holder that outlives its deadline may still save late. Whoever saves can
// refuse that by the epoch; `move-value-in.ts` is the step after which nobody has to.
import { type Leases, withSessionLease } from "../src/index.ts";

/** What is there already; `save` is told the epoch, and may refuse a lower one than it has seen. */
export interface OwnParts<R> {
	load(sessionId: string): Promise<R>;
	handle(record: R, context: { readonly epoch: number; readonly signal: AbortSignal }): Promise<R>;
	save(sessionId: string, record: R, epoch: number): Promise<void>;
	/** By a message on the queue. It is called for those who were turned away meanwhile. */
	wake(sessionId: string): Promise<void>;
}

export function runTransition<R>(
	leases: Leases<unknown>,
	own: OwnParts<R>,
	sessionId: string,
): Promise<void> {
	return withSessionLease(
		leases,
		sessionId,
		async ({ epoch, signal }) => {
			const next = await own.handle(await own.load(sessionId), { epoch, signal });
			signal.throwIfAborted();
			await own.save(sessionId, next, epoch);
		},
		{ wake: own.wake },
	);
}
