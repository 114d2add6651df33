// A transition without a lease: a plain load and a plain save, with nothing between two workers that do it at once.
import { isTransientError, SessionLeaseError } from "../lease/errors.ts";
import { STALE, type TransitionAnswer } from "./answer.ts";
import {
	type Handle,
	idempotencyKeyOf,
	nextRecord,
	PendingEvents,
	type TransitionContext,
} from "./context.ts";
import { stateOf } from "./machine.ts";
import type { PlainRecords, TransitionPorts } from "./ports.ts";

export interface PlainTransition<R> {
	readonly sessionId: string;
	readonly state: string;
	readonly handle: Handle<R>;
}

/** Shows the race, and is the way back. Two wakes at once run the handler twice. Rejects as the handler does. */
export async function runPlain<R>(
	ports: TransitionPorts<R> & { readonly plain: PlainRecords<R> },
	transition: PlainTransition<R>,
): Promise<TransitionAnswer> {
	const { sessionId, state, handle } = transition;
	const { machine, plain, wake } = ports;
	const record = await plain.load(sessionId);
	if (record === undefined)
		throw new SessionLeaseError("record_missing", `Session "${sessionId}" has no record.`);
	if (stateOf(machine, record) !== state) return STALE;
	const events = new PendingEvents(`plain.${ports.newId()}`);
	let last: Promise<void> = Promise.resolve();
	const sendAll = () => {
		last = last.then(async () => {
			for (const event of events.upTo(events.noted)) {
				events.dropSent();
				await ports.send(sessionId, event);
			}
		});
		return last;
	};
	const context: TransitionContext<R> = {
		sessionId,
		epoch: 0,
		signal: new AbortController().signal,
		emit: (event) => events.add(event),
		checkpoint: sendAll,
		idempotencyKey: (name) => idempotencyKeyOf(sessionId, name),
	};
	const next = await nextRecord(handle, record, context).catch((error: unknown) => {
		if (isTransientError(error)) throw error;
		events.dropUncommitted();
		return machine.fail(record, error, (event) => events.add(event));
	});
	await plain.save(sessionId, next);
	await sendAll();
	const to = stateOf(machine, next);
	const rests = machine.terminal.includes(to) || machine.waiting.includes(to);
	if (to !== state && !rests) await wake(sessionId, to);
	return { ok: true, from_state: state, to_state: to };
}
