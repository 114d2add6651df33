// The entry point of the library: leases, the errors they throw, and the ports that carry them to any store.
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
export type { Lease, ReleaseOptions, WriteOptions } from "./lease/lease.ts";
export type { Leases, SweepReport, WakeOptions } from "./lease/leases.ts";
export type { LeaseEvent, ObserveLease } from "./lease/observe.ts";
export type { AcquireOptions, HoldOptions, LeasePorts, LeasesOptions } from "./lease/options.ts";
export type { OutboxEvent } from "./lease/outbox.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./lease/schema.ts";
export type { SessionReport } from "./lease/session-report.ts";
export type { Wake } from "./lease/wake.ts";
export { type SessionLeaseOptions, withSessionLease } from "./lease/with-session-lease.ts";
export { memoryStore } from "./stores/memory-store.ts";
export { type CreateLeasesOptions, createLeases } from "./system/leases.ts";
export { createVirtualTime, type VirtualTime } from "./system/virtual-time.ts";
