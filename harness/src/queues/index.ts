// The entry point for queues: what each one does best with a message that met a held session.
export {
	type BullMQJob,
	type BullMQOptions,
	type BullMQProcessor,
	bullmqProcessor,
} from "./bullmq.ts";
export { type ContentionOptions, contentionDelayMs } from "./contention.ts";
export {
	type GraphileHelpers,
	type GraphileOptions,
	type GraphileQuery,
	type GraphileTaskSpec,
	graphileTask,
	type UnlockOptions,
	unlockStuckJobs,
} from "./graphile-worker.ts";
export { deliveriesToOutlast, type IIILeasesOptions, type IIIQueueSettings, iiiLeases } from "./iii.ts";
export { type PgBossClient, type PgBossJob, type PgBossSendOptions, pgBossHandler } from "./pg-boss.ts";
export {
	type SQSClient,
	type SQSEnd,
	type SQSMessage,
	type SQSOptions,
	type SQSReceipt,
	sqsHandler,
} from "./sqs.ts";
