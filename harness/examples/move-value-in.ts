// Step 2 for whoever has a `runTransition` already: the record moves into the lease. Loading comes with the lease, saving
// is its release, and what a holder saves that was overtaken is void, however late it arrives.
import { type Leases, withSessionLease } from "../src/index.ts";

export interface OwnParts<R> {
	/** The record's old place: looked at until the first save. */
	load(sessionId: string): Promise<R>;
	handle(record: R, context: { readonly epoch: number; readonly signal: AbortSignal }): Promise<R>;
	/** By a message on the queue. It is called for those who were turned away meanwhile. */
	wake(sessionId: string): Promise<void>;
}

export function runTransition<R>(leases: Leases<R>, own: OwnParts<R>, sessionId: string): Promise<void> {
	return withSessionLease(
		leases,
		sessionId,
		async (lease) => {
			const record = lease.value ?? (await own.load(sessionId));
			await lease.release({ value: await own.handle(record, lease) });
		},
		{ wake: own.wake },
	);
}
