// A session taken in hand: its lease, then the events that an earlier holder left behind, then its record.
import { TransientError } from "../lease/errors.ts";
import type { Lease } from "../lease/lease.ts";
import type { AcquireOptions } from "../lease/options.ts";
import type { OutboxEvent } from "../lease/outbox.ts";
import { untilAborted } from "../lease/until-aborted.ts";
import type { SerializedPorts } from "./ports.ts";

/** Acquires the session and sends what an earlier holder committed and may not have sent. */
export async function acquireSession<R>(
	ports: Pick<SerializedPorts<R>, "leases" | "send">,
	sessionId: string,
	options: AcquireOptions | undefined,
): Promise<Lease<R>> {
	const lease = await ports.leases.acquire(sessionId, options);
	try {
		await sendEvents(ports, lease, lease.inherited);
		return lease;
	} catch (error) {
		await lease.abandon();
		throw error;
	}
}

/** The session's record: what the lease keeps, or the plain one that is adopted while it has kept none yet. */
export async function loadRecord<R>(ports: SerializedPorts<R>, lease: Lease<R>): Promise<R | undefined> {
	const { plain } = ports;
	if (lease.value !== undefined || !lease.isNew || !plain) return lease.value;
	return untilAborted(() => plain.load(lease.sessionId), lease.signal);
}

/** In order, one at a time. @throws TransientError (`send_failed`), LeaseLostError (`lease_lost`) */
export async function sendEvents<R>(
	ports: Pick<SerializedPorts<R>, "send">,
	lease: Lease<R>,
	events: readonly OutboxEvent[],
): Promise<void> {
	const { sessionId } = lease;
	for (const event of events) {
		try {
			await untilAborted(() => ports.send(sessionId, event), lease.signal);
		} catch (cause) {
			lease.signal.throwIfAborted();
			const message = `Event ${event.id} of session "${sessionId}" was committed but not sent; the next attempt sends it.`;
			throw new TransientError(message, { code: "send_failed", cause });
		}
	}
}
