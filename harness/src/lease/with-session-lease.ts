// One function under a session's lease, with a wake afterwards for those who were turned away meanwhile.
import type { Lease } from "./lease.ts";
import type { Leases, WakeOptions } from "./leases.ts";
import type { AcquireOptions } from "./options.ts";
import { sendWake } from "./wake.ts";

export interface SessionLeaseOptions extends AcquireOptions, WakeOptions {}

/**
 * Runs `fn` while this worker holds the session, releases (unless `fn` did), and answers what `fn` answered.
 * If others were turned away meanwhile, or a wake was owed since before, `wake` is called after the release; without
 * `wake` they must retry by themselves, or their news is lost. If `fn` rejects, the lease is abandoned and its error is passed on.
 * @throws as `acquire` (`fn` did not run) and `lease.release` (`fn` ran) do; TransientError (`wake_failed`).
 */
export async function withSessionLease<T, R>(
	leases: Leases<T>,
	sessionId: string,
	fn: (lease: Lease<T>) => Promise<R>,
	options: SessionLeaseOptions = {},
): Promise<R> {
	const { wake, ...own } = options;
	await using lease = await leases.acquire(sessionId, own);
	const result = await fn(lease);
	const turnedAway = await lease.release();
	if (wake && (lease.owed || lease.leavesOwed || turnedAway > 0)) await sendWake(wake, sessionId);
	return result;
}
