// A session from outside its transitions: start it, read it, wake it as it is, and hand its record back.
import { SessionLeaseError } from "../lease/errors.ts";
import type { AcquireOptions } from "../lease/options.ts";
import type { SessionReport } from "../lease/session-report.ts";
import { acquireSession, loadRecord } from "./acquire-session.ts";
import { passBaton, wakeFor } from "./baton.ts";
import { stateOf } from "./machine.ts";
import type { PlainRecords, SerializedPorts } from "./ports.ts";
import { projectRecord } from "./project-record.ts";

/** The record as it was last committed, `undefined` if there is none: a look, on which nothing may be decided. */
export async function readSession<R>(ports: SerializedPorts<R>, sessionId: string): Promise<R | undefined> {
	return recordIn(ports, await ports.leases.inspect(sessionId));
}

async function recordIn<R>(
	ports: SerializedPorts<R>,
	{ sessionId, valueText, isNew }: SessionReport,
): Promise<R | undefined> {
	if (valueText !== undefined) return JSON.parse(valueText) as R;
	return isNew ? ports.plain?.load(sessionId) : undefined;
}

/**
 * Wakes the session for the state that it is in; one without a record is left alone. A terminal one is never woken: if
 * its last holder did not release it, that is done here, once the events are sent which that holder may have left behind.
 * Fits as the `wake` of `leases.sweep` and `leases.break`. Rejects as `acquire` does, if somebody holds a terminal one.
 */
export async function wakeSession<R>(ports: SerializedPorts<R>, sessionId: string): Promise<void> {
	const { machine } = ports;
	const report = await ports.leases.inspect(sessionId);
	const record = await recordIn(ports, report);
	if (record === undefined) return;
	const state = stateOf(machine, record);
	if (!machine.terminal.includes(state)) return ports.wake(sessionId, state);
	if (report.state !== "held" && report.state !== "expired") return;
	await using lease = await acquireSession(ports, sessionId, undefined);
	const now = await loadRecord(ports, lease);
	// It was forgotten meanwhile.
	if (now === undefined) await lease.release({ outboxSent: true });
	else await passBaton(ports, lease, stateOf(machine, now));
}

export interface StartOptions {
	/** Starts anew where a terminal state was reached. Do not try again with it: that would start twice. @default false */
	readonly replacesEnded?: boolean;
	readonly acquire?: AcquireOptions;
}

/**
 * Gives a session its first record and wakes it. May be tried again: a wake that is still owed is sent then.
 * @throws SessionLeaseError (`record_exists`) if the session has one. Rejects as `acquire` and `release` do.
 */
export async function startSession<R>(
	ports: SerializedPorts<R>,
	sessionId: string,
	record: R,
	options: StartOptions = {},
): Promise<void> {
	const { machine } = ports;
	await using lease = await acquireSession(ports, sessionId, options.acquire);
	const existing = await loadRecord(ports, lease);
	const state = existing === undefined ? undefined : stateOf(machine, existing);
	if (state !== undefined && !(options.replacesEnded && machine.terminal.includes(state))) {
		await passBaton(ports, lease, state);
		throw new SessionLeaseError(
			"record_exists",
			`Session "${sessionId}" has a record, in the state ${state}.`,
		);
	}
	const next = stateOf(machine, record);
	const owed = !machine.terminal.includes(next);
	if (ports.projects) {
		await lease.write(record, { owed });
		await projectRecord(ports, lease, record);
	}
	await lease.release({ value: record, owed, outboxSent: true });
	if (owed) await wakeFor(ports, lease, next);
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
	const record = await loadRecord(ports, lease);
	if (record === undefined) {
		await lease.release();
		return;
	}
	const state = stateOf(ports.machine, record);
	if (lease.value === undefined) {
		await passBaton(ports, lease, state);
	} else {
		await ports.plain.save(sessionId, record);
		const turnedAway = await lease.forget({ adoptable: true, owed: lease.owed });
		const owed = lease.owed || turnedAway > 0;
		if (owed && !ports.machine.terminal.includes(state)) await wakeFor(ports, lease, state);
	}
}
