// A session from outside its transitions: start it, read it, wake it as it is, and hand its record back.
import { SessionLeaseError } from "../lease/errors.ts";
import type { AcquireOptions } from "../lease/options.ts";
import { sendWake } from "../lease/wake.ts";
import { acquireSession } from "./outbox.ts";
import type { PlainRecords, SerializedPorts } from "./ports.ts";

/** The record as it was last committed, `undefined` if there is none: a look, on which nothing may be decided. */
export async function readSession<R>(ports: SerializedPorts<R>, sessionId: string): Promise<R | undefined> {
	const { valueText } = await ports.leases.inspect(sessionId);
	return valueText === undefined ? ports.plain?.load(sessionId) : (JSON.parse(valueText) as R);
}

/**
 * Wakes the session for the state that it is in; a terminal one, or one without a record, is left alone.
 * Fits as the `wake` of `leases.sweep` and `leases.break`.
 */
export async function wakeSession<R>(ports: SerializedPorts<R>, sessionId: string): Promise<void> {
	const record = await readSession(ports, sessionId);
	if (record === undefined) return;
	const state = ports.machine.stateOf(record);
	if (!ports.machine.terminal.includes(state)) await ports.wake(sessionId, state);
}

/**
 * Gives a session its first record, or the next one after a terminal state, and wakes it.
 * @throws SessionLeaseError (`record_exists`) if the session is still under way. Rejects as `acquire` and `release` do.
 */
export async function startSession<R>(
	ports: SerializedPorts<R>,
	sessionId: string,
	record: R,
	options: AcquireOptions = {},
): Promise<void> {
	const { machine } = ports;
	await using lease = await acquireSession(ports, sessionId, options);
	const existing = lease.value ?? (await ports.plain?.load(sessionId));
	if (existing !== undefined && !machine.terminal.includes(machine.stateOf(existing))) {
		await lease.release({ owed: lease.owed, outboxSent: true });
		const message = `Session "${sessionId}" is under way, in the state ${machine.stateOf(existing)}.`;
		throw new SessionLeaseError("record_exists", message);
	}
	const state = machine.stateOf(record);
	await lease.release({ value: record, owed: true, outboxSent: true });
	await sendWake((id) => ports.wake(id, state), sessionId);
}

/**
 * Writes the record back to its plain place, for good: the way back from leases. Nothing may run plain transitions of
 * the session before this resolves. Rejects as `acquire` does; then, or after a crash, call it again.
 */
export async function unserializeSession<R>(
	ports: SerializedPorts<R> & { readonly plain: PlainRecords<R> },
	sessionId: string,
	options: AcquireOptions = {},
): Promise<void> {
	await using lease = await acquireSession(ports, sessionId, options);
	if (lease.value === undefined) return;
	const state = ports.machine.stateOf(lease.value);
	await ports.plain.save(sessionId, lease.value);
	const turnedAway = await lease.forget();
	if (turnedAway === 0 && !lease.owed) return;
	if (!ports.machine.terminal.includes(state)) await sendWake((id) => ports.wake(id, state), sessionId);
}
