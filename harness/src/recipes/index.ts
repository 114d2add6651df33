// The entry point of the recipes: what is built on leases and transitions, each of them alone.
export {
	type BatchAnswer,
	type BatchAttempt,
	type BatchItem,
	type BatchOptions,
	type FailedItem,
	runBatch,
} from "./batch-results.ts";
export {
	type DecideOptions,
	type DecidePorts,
	type Decision,
	decide,
	type Step,
	sendLeftEvents,
} from "./decide.ts";
export { dispatchOnce } from "./dispatch-once.ts";
export { classifyError, type ErrorClass, type ErrorClasses } from "./error-class.ts";
export {
	type Execution,
	type ExecutionPorts,
	noteStatus,
	readExecution,
	type StatusAnswer,
	type StatusOptions,
	type StatusWrite,
	writeStatus,
} from "./execution.ts";
export {
	type ItemOutcome,
	type Join,
	type JoinAnswer,
	type JoinClosed,
	type JoinPorts,
	openJoin,
	settleItem,
} from "./join.ts";
export {
	type Notice,
	noticeSlot,
	type Posted,
	type PostOptions,
	postOnce,
	type SlotState,
} from "./notice-slot.ts";
export {
	notePoll,
	POLL_THRESHOLDS,
	type PollPorts,
	type PollReading,
	type Polls,
	type ThresholdReached,
} from "./poll-threshold.ts";
export {
	type Claim,
	type ClaimAnswer,
	type ClaimOptions,
	claimMember,
	type DispatchOptions,
	dispatchToMember,
	freeMember,
	type Pool,
	type PoolPorts,
	renewClaim,
} from "./pool.ts";
export { RETRY_AFTER_MAX_MS, retryAfterMs } from "./retry-after.ts";
