// The same under a session's lease, which keeps the record: the load comes with the lease, the save is its release.
import { type Leases, withSessionLease } from "session-lease";
import { type Outside, runApproved, type TurnRecord } from "./run-transition.ts";

export function runTransition(
	leases: Leases<TurnRecord>,
	outside: Outside,
	sessionId: string,
): Promise<void> {
	return withSessionLease(leases, sessionId, async (lease) => {
		const record = lease.value ?? (await outside.get<TurnRecord>(`turn/${sessionId}`));
		if (record) await lease.release({ value: await runApproved(outside, record) });
	});
}
