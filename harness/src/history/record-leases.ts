// Leases whose calls are written down as a history, just as their callers were told.
//
// `abandon` never says whether the store has heard of it: it is unknown, always. `break` is told as the acquire that it
// is, of unknown outcome, and `forget` as one beside it: both hold the session for a moment under an epoch of their own.
import { hasCode, type LastWrite } from "../lease/errors.ts";
import type { Lease } from "../lease/lease.ts";
import type { Leases } from "../lease/leases.ts";
import type { Call, Completion } from "./history.ts";
import { codeOf, createRecordCall, OK, type RecordCall, type RecordOptions } from "./record-call.ts";

/**
 * The same leases, with every acquire, write, release, abandon, break and forget written down. Values are recorded as
 * JSON: with a schema that changes them on load, a history may look violated that is not.
 */
export function recordLeases<T>(leases: Leases<T>, options: RecordOptions): Leases<T> {
	const recordCall = createRecordCall(options);
	const takeEpoch = (key: string, make: () => Promise<unknown>) =>
		recordCall({ key, call: ACQUIRE, answered: () => UNKNOWN, rejected: acquireRejected }, make);
	return {
		inspect: (sessionId) => leases.inspect(sessionId),
		sweep: (own) => leases.sweep(own),
		async acquire(sessionId, own) {
			const answered = ({ epoch, value }: Lease<T>): Completion => ({ type: "ok", epoch, ...textOf(value) });
			// Who has given up is told so, whatever has become of the bid.
			const rejected = (error: unknown) => (own?.signal?.aborted ? UNKNOWN : acquireRejected(error));
			const call = { key: sessionId, call: ACQUIRE, answered, rejected };
			let granted: Lease<T> | undefined;
			try {
				const acquire = async () => {
					granted = await leases.acquire(sessionId, own);
					return granted;
				};
				return recordLease(await recordCall(call, acquire), recordCall);
			} catch (error) {
				// It was granted and could not be written down: nobody has it in hand.
				await granted?.abandon();
				throw error;
			}
		},
		async break(sessionId, reason, own) {
			let broken = false;
			await takeEpoch(sessionId, async () => {
				broken = await leases.break(sessionId, reason, own);
			});
			return broken;
		},
		forget: (sessionId) =>
			takeEpoch(sessionId, () => {
				const call = { key: sessionId, call: { call: "forget" } as const, answered: () => OK };
				return recordCall({ ...call, rejected: saveRejected }, () => leases.forget(sessionId));
			}).then(() => undefined),
	};
}

const ACQUIRE = { call: "acquire" } as const;
const UNKNOWN: Completion = { type: "unknown" };

/** Its fields are private: what is not replaced has to find the lease itself as its `this`. */
function recordLease<T>(lease: Lease<T>, recordCall: RecordCall): Lease<T> {
	const { sessionId: key, epoch } = lease;
	let ended = false;
	const save = <R>(call: Call, make: () => Promise<R>) =>
		recordCall({ key, call, answered: () => OK, rejected: saveRejected }, make);
	/** Ends the lease, unless it has ended: then nothing is sent that would have to be told. */
	const end = <R>(call: Call, make: () => Promise<R>): Promise<R> => {
		if (ended) return make();
		ended = true;
		return save(call, make).catch((error: unknown) => {
			// The lease is still held.
			if (hasCode(error, "value_invalid")) ended = false;
			throw error;
		});
	};
	const abandon = (make: () => Promise<void>): Promise<void> => {
		if (ended) return make();
		ended = true;
		const call = { call: "abandon", epoch } as const;
		return recordCall({ key, call, answered: () => UNKNOWN, rejected: () => UNKNOWN }, make);
	};
	const recorded: Partial<Lease<T>> = {
		write(value, own) {
			const text = textOf(value);
			const make = () => lease.write(value, own);
			return text.value === undefined ? make() : save({ call: "write", epoch, value: text.value }, make);
		},
		release: (own) => end({ call: "release", epoch, ...textOf(own?.value) }, () => lease.release(own)),
		forget: (own) => end({ call: "forget", epoch }, () => lease.forget(own)),
		abandon: () => abandon(() => lease.abandon()),
		[Symbol.asyncDispose]: () => abandon(() => lease[Symbol.asyncDispose]()),
	};
	return new Proxy(lease, {
		get(target, property) {
			const of = Object.hasOwn(recorded, property) ? recorded : target;
			return Reflect.get(of, property, of);
		},
	});
}

/** Its text, as a field; nothing for what is no value, or none that can be saved. */
function textOf(value: unknown): { readonly value?: string } {
	try {
		const text: string | undefined = JSON.stringify(value);
		return text === undefined ? {} : { value: text };
	} catch {
		// It cannot be saved: the lease says so.
		return {};
	}
}

/** Certainly without an epoch; anything else may have taken one. */
const NOTHING_TAKEN = ["lease_held", "acquire_exhausted", "option_invalid"] as const;

function acquireRejected(error: unknown): Completion {
	const failed = NOTHING_TAKEN.some((code) => hasCode(error, code));
	return { type: failed ? "fail" : "unknown", ...codeOf(error) };
}

const NOTHING_SENT = ["lease_ended", "value_invalid", "option_invalid", "lease_held"] as const;

function saveRejected(error: unknown): Completion {
	const code = codeOf(error);
	if (NOTHING_SENT.some((known) => hasCode(error, known))) return { type: "fail", ...code };
	if (!hasCode(error, "lease_lost")) return { type: "unknown", ...code };
	switch ((error as { readonly lastWrite?: LastWrite }).lastWrite) {
		case "none":
			return { type: "fail", ...code };
		case "void":
			return { type: "fail", void: true, ...code };
		default:
			return { type: "unknown", ...code };
	}
}
