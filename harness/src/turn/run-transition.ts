// `runTransition` as the turn-orchestrator has it, with `serialize` to put it under the session's lease.
import type { Leases } from "../lease/leases.ts";
import { type AcquireOptions, checkSessionId } from "../lease/options.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import { iiiStore } from "../stores/iii-store.ts";
import { createLeases, realPorts } from "../system/leases.ts";
import type { TransitionAnswer } from "../transition/answer.ts";
import type { Handle } from "../transition/context.ts";
import { runPlain } from "../transition/run-plain.ts";
import { runSerialized } from "../transition/run-serialized.ts";
import { unserializeSession } from "../transition/session.ts";
import { type IIIPorts, type IIIPortsOptions, iiiPorts } from "./iii-ports.ts";
import type { TurnRecord } from "./record.ts";
import { turnMachine } from "./turn-machine.ts";

/** `machine` is needed where the record is not a `TurnRecord`. */
export interface RunTransitionOptions<R> extends Partial<IIIPortsOptions<R>> {
	/** One transition of a session at a time, fenced. @default false: a plain load and a plain save */
	readonly serialize?: boolean;
	/** How the lease is acquired. */
	readonly acquire?: AcquireOptions;
}

/**
 * Runs one transition of a session: loads its record, has `handle` answer the next one, saves that and wakes it.
 * Answers `{ok, from_state, to_state}`, or `{ok, skipped, reason: "stale"}` if the record is in another state.
 * Under `serialize` the record lives in the lease's own scope (`session_lease`); a plain record is adopted, once.
 * @throws as `runSerialized` and `runPlain` do; whatever it throws, the queue has to deliver again.
 */
export function runTransition(
	iii: Pick<IIIClient, "trigger">,
	state: string,
	handle: Handle<TurnRecord>,
	payload: { readonly session_id: string },
	options?: RunTransitionOptions<TurnRecord>,
): Promise<TransitionAnswer>;
export function runTransition<R>(
	iii: Pick<IIIClient, "trigger">,
	state: string,
	handle: Handle<R>,
	payload: { readonly session_id: string },
	options: RunTransitionOptions<R> & Required<Pick<RunTransitionOptions<R>, "machine">>,
): Promise<TransitionAnswer>;
export async function runTransition<R>(
	iii: Pick<IIIClient, "trigger">,
	state: string,
	handle: Handle<R>,
	payload: { readonly session_id: string },
	options: RunTransitionOptions<R> = {},
): Promise<TransitionAnswer> {
	return runOnPorts(portsOf(iii, options), state, handle, payload, options);
}

/** The same on ports that are made already. */
export async function runOnPorts<R>(
	ports: IIIPorts<R>,
	state: string,
	handle: Handle<R>,
	payload: { readonly session_id: string },
	{ serialize, acquire }: Pick<RunTransitionOptions<R>, "serialize" | "acquire">,
): Promise<TransitionAnswer> {
	checkSessionId(payload?.session_id);
	const transition = { sessionId: payload.session_id, state, handle };
	if (!serialize) return runPlain(ports, transition);
	return runSerialized(ports, { ...transition, ...(acquire ? { acquire } : {}) });
}

/** Writes a session's record back to its plain place, for good: the way back from `serialize`. */
export async function unserialize<R = TurnRecord>(
	iii: Pick<IIIClient, "trigger">,
	sessionId: string,
	options: RunTransitionOptions<R> = {},
): Promise<void> {
	await unserializeSession(portsOf(iii, options), sessionId, options.acquire);
}

/** Leases on a client's engine, one for each client, so that their epoch hints are shared. */
const leasesByClient = new WeakMap<object, Leases<unknown>>();

function leasesOf<R>(iii: Pick<IIIClient, "trigger">): Leases<R> {
	let leases = leasesByClient.get(iii);
	if (!leases) {
		leases = createLeases({ store: iiiStore(iii, { startup: { retry: realPorts.retry } }) });
		leasesByClient.set(iii, leases);
	}
	return leases as Leases<R>;
}

function portsOf<R>(iii: Pick<IIIClient, "trigger">, options: RunTransitionOptions<R>): IIIPorts<R> {
	const machine = options.machine ?? (turnMachine as never);
	const leases = options.leases ?? leasesOf<R>(iii);
	return iiiPorts(iii, { newId: realPorts.newId, ...options, machine, leases });
}
