// Graphile Worker: a job that met a held session is added once more, delayed, and then done, with its attempts as they were.
//
// A crash in between leaves two messages of the session instead of one: a wake too many, which is harmless.
// A killed worker's job stays locked for four hours (0.16.6), and with it every job of its named queue. Nobody asks
// whether its worker lives, so have `unlockStuckJobs` called every so often; then the job comes again. That costs one
// attempt: set `maxAttempts` to 2 or more (it is 25 by default). A job whose attempts are used up is never run again: its
// session is found by a sweep (`leases.sweep`), as far as its lease tells that a wake is owed.
import type { Clock } from "../lease/clock.ts";
import { SessionLeaseError } from "../lease/errors.ts";
import { realClock } from "../system/real-time.ts";
import { type ContentionOptions, contentionDelayMs } from "./contention.ts";

export interface GraphileTaskSpec {
	readonly runAt: Date;
	readonly maxAttempts: number;
	readonly priority: number;
	readonly queueName?: string;
	readonly flags?: string[];
}

/** The part of a task's helpers that is used. */
export interface GraphileHelpers {
	readonly job: {
		readonly task_identifier: string;
		readonly priority: number;
		/** This one included. */
		readonly attempts: number;
		readonly max_attempts: number;
		readonly flags: Readonly<Record<string, true>> | null;
	};
	getQueueName(): string | null | PromiseLike<string | null>;
	addJob(identifier: string, payload: unknown, spec: GraphileTaskSpec): Promise<unknown>;
}

export interface GraphileOptions extends ContentionOptions {
	/** @default the machine's own */
	readonly clock?: Pick<Clock, "wallMs">;
}

/**
 * A task for the task list. On contention it adds the job once more, for when the session may be taken, and no attempt is
 * spent. Every other error is Graphile Worker's to retry. What `handle` answers is dropped.
 *
 * The job that is added has no key: one of the same key that was added meanwhile has newer news, which it would replace.
 */
export function graphileTask<H extends GraphileHelpers>(
	handle: (payload: unknown, helpers: H) => Promise<unknown>,
	options: GraphileOptions = {},
): (payload: unknown, helpers: H) => Promise<void> {
	const { clock = realClock } = options;
	return async (payload, helpers) => {
		try {
			await handle(payload, helpers);
		} catch (error) {
			const delayMs = contentionDelayMs(error, options);
			if (delayMs === undefined) throw error;
			const { task_identifier, priority, attempts, max_attempts, flags } = helpers.job;
			const queueName = await helpers.getQueueName();
			await helpers.addJob(task_identifier, payload, {
				runAt: new Date(clock.wallMs() + delayMs),
				// Those that it has left: this one was not spent.
				maxAttempts: Math.max(1, max_attempts - attempts + 1),
				priority,
				...(queueName === null ? {} : { queueName }),
				...(flags === null ? {} : { flags: Object.keys(flags) }),
			});
		}
	};
}

/** A pool or client of `pg`, or the helpers of a task: a task of a crontab can do it. */
export interface GraphileQuery {
	query(text: string, values: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

export interface UnlockOptions {
	/** More than any job takes; in milliseconds. A job that takes longer is run a second time, beside itself. */
	readonly stuckAfterMs: number;
	/** Where Graphile Worker keeps its jobs. @default "graphile_worker" */
	readonly schema?: string;
}

/**
 * Unlocks the workers of which a job was taken longer ago than any job lasts: they are dead. Their jobs, and their named
 * queues, go on with another worker at once. Answers how many workers that were. One statement; may be called at any time,
 * by any process. If such a worker lives after all, the session's lease keeps the two runs apart.
 * @throws SessionLeaseError (`option_invalid`)
 */
export async function unlockStuckJobs(db: GraphileQuery, options: UnlockOptions): Promise<number> {
	const { stuckAfterMs, schema = "graphile_worker" } = options;
	if (!Number.isSafeInteger(stuckAfterMs) || stuckAfterMs < 1) {
		const message = `Expected \`stuckAfterMs\` to be a positive integer, got \`${stuckAfterMs}\`.`;
		throw new SessionLeaseError("option_invalid", message);
	}
	const quoted = `"${schema.replaceAll('"', '""')}"`;
	// A worker has one job at a time. The aggregate of no worker is null, which unlocks nobody.
	const { rows } = await db.query(
		`select count(*)::int as workers, ${quoted}.force_unlock_workers(array_agg(locked_by))
from (
	select distinct locked_by from ${quoted}.jobs
	where locked_at < now() - $1::float8 * interval '1 millisecond'
) as stuck`,
		[stuckAfterMs],
	);
	return (rows[0] as { readonly workers: number }).workers;
}
