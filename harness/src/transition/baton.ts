// No wake is lost: who is owed one after a release, and how a run that changes nothing passes it on.
import type { Lease } from "../lease/lease.ts";
import { sendWake } from "../lease/wake.ts";
import type { SerializedPorts } from "./ports.ts";

/**
 * Releases without a change. Whoever was turned away, or a wake that was never sent, is not lost: the session is woken
 * in the state that it is in. `owed` stays true in this release, so that the next one knows if this one dies before the
 * message is out. A terminal state settles it.
 */
export async function passBaton<R>(ports: SerializedPorts<R>, lease: Lease<R>, state: string): Promise<void> {
	const terminal = ports.machine.terminal.includes(state);
	const owed = lease.owed && !terminal;
	const turnedAway = await lease.release({ owed, outboxSent: true });
	if (!terminal && (owed || turnedAway > 0)) await wakeFor(ports, lease, state);
}

/** After the release: sent before, it would be turned away by the lease of its own sender. */
export function wakeFor<R>(ports: SerializedPorts<R>, lease: Lease<R>, state: string): Promise<void> {
	return sendWake((sessionId) => ports.wake(sessionId, state), lease.sessionId);
}
