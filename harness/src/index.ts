// The entry point of the library: leases and transitions on any store, the errors they throw, and their ports.
export type { AtomicStore, FieldOp, Fields, FlatObject, Scalar, StoredRecord } from "./lease/atomic-store.ts";
export { applyOps } from "./lease/atomic-store.ts";
export type { Clock, Retry, RetryPlan, Wait, WaitOptions } from "./lease/clock.ts";
export {
	type ErrorCode,
	hasCode,
	isTransientError,
	type LastWrite,
	LeaseHeldError,
	LeaseLostError,
	OutcomeUnknownError,
	SessionLeaseError,
	StoreAnswerError,
	TransientError,
} from "./lease/errors.ts";
export type { Lease } from "./lease/lease.ts";
export type { ForgetOptions, ReleaseOptions, WriteOptions } from "./lease/lease-options.ts";
export type { Leases, SweepReport, WakeOptions } from "./lease/leases.ts";
export type { LeaseEvent, ObserveLease } from "./lease/observe.ts";
export type { AcquireOptions, HoldOptions, LeasePorts, LeasesOptions } from "./lease/options.ts";
export type { OutboxEvent } from "./lease/outbox.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./lease/schema.ts";
export type { SessionReport } from "./lease/session-report.ts";
export type { Wake } from "./lease/wake.ts";
export { type SessionLeaseOptions, withSessionLease } from "./lease/with-session-lease.ts";
export { memoryStore } from "./stores/memory-store.ts";
export { type CreateLeasesOptions, createLeases, realPorts } from "./system/leases.ts";
export { createVirtualTime, type VirtualTime } from "./system/virtual-time.ts";
export type { TransitionAnswer } from "./transition/answer.ts";
export type { Handle, TransitionContext } from "./transition/context.ts";
export type { Machine } from "./transition/machine.ts";
export type { PlainRecords, SerializedPorts, TransitionPorts } from "./transition/ports.ts";
export { type PlainTransition, runPlain } from "./transition/run-plain.ts";
export { runSerialized, type SerializedTransition } from "./transition/run-serialized.ts";
export {
	readSession,
	type StartOptions,
	startSession,
	unserializeSession,
	wakeSession,
} from "./transition/session.ts";
export { type WaitInPlaceOptions, waitInPlace } from "./transition/wait-in-place.ts";
