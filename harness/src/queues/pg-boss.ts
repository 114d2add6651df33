// pg-boss: a job that met a held session is sent once more, delayed, and then completed, with its retries as they were.
//
// A crash in between leaves two messages of the session instead of one: a wake too many, which is harmless.
// A killed worker's job comes back when it expires: `expireInSeconds` after its start (15 minutes by default), and when a
// maintenance then finds it (`maintenanceIntervalSeconds`, 120 by default). That costs one retry: set `retryLimit` to 2 or
// more, and `expireInSeconds` to what a transition takes at most. Take jobs with `includeMetadata: true`: without it a job
// does not tell its own options, and what is sent again has those of the queue.
import { type ContentionOptions, contentionDelayMs } from "./contention.ts";

/** The part of a pg-boss job that is used; what is optional comes with `includeMetadata`. */
export interface PgBossJob {
	readonly id: string;
	readonly name: string;
	readonly data: unknown;
	readonly expireInSeconds: number;
	readonly priority?: number;
	readonly retryLimit?: number;
	readonly retryCount?: number;
	readonly retryDelay?: number;
	readonly retryBackoff?: boolean;
	readonly singletonKey?: string | null;
	readonly deadLetter?: string | null;
}

export interface PgBossSendOptions {
	/** Seconds, by the server's clock. */
	readonly startAfter: number;
	readonly expireInSeconds: number;
	readonly priority?: number;
	readonly retryLimit?: number;
	readonly retryDelay?: number;
	readonly retryBackoff?: boolean;
	readonly singletonKey?: string;
	readonly deadLetter?: string;
}

/** The part of pg-boss that is used. */
export interface PgBossClient {
	/** Answers `null` if the queue's policy allows no such job now. */
	send(name: string, data: object, options: PgBossSendOptions): Promise<string | null>;
	complete(name: string, ids: string[]): Promise<unknown>;
}

/**
 * A handler for `boss.work(queue, { includeMetadata: true }, pgBossHandler(boss, handle))`; `handle` gets one job at a time,
 * and all jobs of a batch are begun at once. On contention no retry is spent. After any other error only the jobs that it
 * ended fail: those of its batch that are done are completed first. A single job's answer is kept as its output.
 *
 * Where the queue's policy refuses the second message (`short`, `stately`, with one of the same `singletonKey` waiting)
 * contention is a failure like any other: then give the queue retries that outlast the TTL.
 */
export function pgBossHandler<J extends PgBossJob, R>(
	boss: PgBossClient,
	handle: (job: J) => Promise<R>,
	options: ContentionOptions = {},
): (jobs: J[]) => Promise<R | undefined> {
	const handleOne = async (job: J): Promise<R | undefined> => {
		try {
			return await handle(job);
		} catch (error) {
			const delayMs = contentionDelayMs(error, options);
			if (delayMs === undefined) throw error;
			const sent = await boss.send(job.name, job.data as object, sendOptionsOf(job, delayMs));
			if (sent === null) throw error;
			return undefined;
		}
	};
	return async (jobs) => {
		const [only, ...others] = jobs;
		if (only && others.length === 0) return handleOne(only);
		const ends = await Promise.allSettled(jobs.map(handleOne));
		const errors = ends.filter((end) => end.status === "rejected").map(({ reason }): unknown => reason);
		if (errors.length === 0) return undefined;
		// What is thrown fails every job of the batch that is still active.
		const done = jobs.filter((_, index) => ends[index]?.status === "fulfilled");
		const ids = done.map(({ id }) => id);
		if (done[0]) await boss.complete(done[0].name, ids).catch((error: unknown) => void errors.push(error));
		throw new AggregateError(errors, `${errors.length} of ${jobs.length} jobs have failed.`);
	};
}

/** The options of the job as far as it tells them, with the retries that it has left. */
function sendOptionsOf(job: PgBossJob, delayMs: number): PgBossSendOptions {
	const { priority, retryLimit, retryCount = 0, retryDelay, retryBackoff, singletonKey, deadLetter } = job;
	return {
		startAfter: delayMs / 1_000,
		// A numeric of Postgres: text.
		expireInSeconds: Number(job.expireInSeconds),
		...(priority === undefined ? {} : { priority }),
		...(retryLimit === undefined ? {} : { retryLimit: Math.max(0, retryLimit - retryCount) }),
		...(retryDelay === undefined ? {} : { retryDelay }),
		...(retryBackoff === undefined ? {} : { retryBackoff }),
		...(typeof singletonKey === "string" ? { singletonKey } : {}),
		...(typeof deadLetter === "string" ? { deadLetter } : {}),
	};
}
