// A batch of messages, handled for a queue that takes partial results: it sends again what is reported as failed.
//
// not handled --(handle answers)--> done
// not handled --(a retryable error that says when, while waiting is left)--> not handled, later
// not handled --(any other retryable error; an unknown outcome; the signal aborts)--> failed: the queue sends it again
// not handled --(a terminal error)--> terminal: the queue drops it, and the caller puts it aside
//
// What AWS Lambda does with the response, where the event source mapping has ReportBatchItemFailures:
// SQS sends again what is listed and deletes the rest. An identifier that is empty or none of the batch's fails the batch
// as a whole, as a function that throws does.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
// Kinesis and DynamoDB streams go back to the lowest sequence number that is listed: all from there on comes again, what
// was done and what was terminal included. An empty identifier fails the batch as a whole.
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
import type { Clock, Wait } from "../lease/clock.ts";
import { TransientError } from "../lease/errors.ts";
import { untilAborted } from "../lease/until-aborted.ts";
import { classifyError, type ErrorClasses } from "./error-class.ts";
import { errorLevels, readField } from "./error-levels.ts";
import { invalid, unexpected } from "./expect.ts";
import { retryAfterMs } from "./retry-after.ts";

export interface BatchAttempt {
	/** 1 for the first of this batch. */
	readonly attempt: number;
	/** The batch's: an item that is under way when it aborts is reported as failed, and not awaited. */
	readonly signal: AbortSignal;
}

export interface BatchOptions<T> {
	/**
	 * The queue's name of an item: `messageId` of SQS, `kinesis.sequenceNumber`, `dynamodb.SequenceNumber`. Items may be
	 * parts of one message, and have one identifier: whichever part fails, the message comes again, with all of them.
	 */
	readonly idOf: (item: T) => string;
	/** Handles one item. It may get an item again, in this batch or a later one. */
	readonly handle: (item: T, attempt: BatchAttempt) => Promise<unknown>;
	/** Which errors are terminal and which are not; see `classifyError`. */
	readonly classes?: ErrorClasses;
	readonly ports: { readonly clock: Clock; readonly wait: Wait };
	/**
	 * How long the whole batch may wait in place, all items together, in milliseconds. An error that says it may be tried
	 * again within that is retried here. @default 1_000, since a Lambda function has 3 seconds unless it is given more
	 */
	readonly waitMaxMs?: number;
	/** How often one item is handled in this batch. @default 3 */
	readonly attemptsMax?: number;
	/**
	 * Handles nothing behind an item that has failed, and reports it as failed: so a FIFO queue of SQS keeps its order, and
	 * a stream does nothing twice that it will send again. @default false
	 */
	readonly inOrder?: boolean;
	/** Ends the batch: what is not done by then is reported as failed. Abort it before the function's own time is up. */
	readonly signal?: AbortSignal;
}

export interface BatchItem {
	readonly itemIdentifier: string;
	readonly error: unknown;
}

export interface FailedItem extends BatchItem {
	/** After how many milliseconds it may succeed, counted from the answer; `undefined`: its error does not say. */
	readonly retryAfterMs: number | undefined;
}

export interface BatchAnswer {
	/** To be answered to the queue as it is. Not read-only, since the types of its users are not. */
	readonly response: { batchItemFailures: { itemIdentifier: string }[] };
	/** What the response lists, and why; each part that has failed. */
	readonly failed: readonly FailedItem[];
	/** Not in the response, since they would fail each time they come: put them aside before you answer. */
	readonly terminal: readonly BatchItem[];
	/** The shortest that a failed item's error says, in milliseconds; `undefined` if none of them says anything. */
	readonly retryAfterMs: number | undefined;
}

/**
 * Handles every item of a batch, one after the other; each is then done, failed or terminal. Whatever `handle` throws, this
 * answers. In doubt an item is failed: with an unknown outcome, with an error that says nothing (unless `classes.otherwise`
 * is "terminal"), and with any error once the signal has aborted.
 * @throws SessionLeaseError (`option_invalid`), before anything is handled: an option, or an identifier that is empty.
 */
export async function runBatch<T>(items: readonly T[], options: BatchOptions<T>): Promise<BatchAnswer> {
	const batch = startBatch(options);
	const ids = items.map((item, index) => checkId(options.idOf(item), index));
	const terminal: BatchItem[] = [];
	const failed: (BatchItem & { readonly notBeforeMs: number | undefined })[] = [];
	for (const [index, item] of items.entries()) {
		const itemIdentifier = ids[index] as string;
		const first = options.inOrder ? failed[0] : undefined;
		const outcome = first ? skippedBehind(first) : await settle(item, batch);
		if (outcome === DONE) continue;
		const { error } = outcome;
		if (outcome.is === "terminal") terminal.push({ itemIdentifier, error });
		else failed.push({ itemIdentifier, error, notBeforeMs: outcome.notBeforeMs });
	}
	const nowMs = options.ports.clock.monotonicMs();
	const leftMs = (notBeforeMs: number | undefined) =>
		notBeforeMs === undefined ? undefined : Math.max(0, notBeforeMs - nowMs);
	const delaysMs = failed.flatMap(({ notBeforeMs }) => leftMs(notBeforeMs) ?? []);
	return {
		response: { batchItemFailures: reportedOnce(failed) },
		failed: failed.map(({ notBeforeMs, ...item }) => ({ ...item, retryAfterMs: leftMs(notBeforeMs) })),
		terminal,
		retryAfterMs: delaysMs.length > 0 ? Math.min(...delaysMs) : undefined,
	};
}

/** Items of one identifier are parts of one message: it is reported once, whichever of them have failed. */
function reportedOnce(failed: readonly BatchItem[]): { itemIdentifier: string }[] {
	const ids = new Set(failed.map(({ itemIdentifier }) => itemIdentifier));
	return [...ids].map((itemIdentifier) => ({ itemIdentifier }));
}

/** A batch under way. */
interface Batch<T> extends Required<Pick<BatchOptions<T>, "handle" | "classes" | "ports" | "signal">> {
	readonly attemptsMax: number;
	waitLeftMs: number;
}

interface Failure {
	readonly is: "failed" | "terminal";
	readonly error: unknown;
	/** On the monotonic clock. */
	readonly notBeforeMs?: number;
}

const DONE = "done";

/** Handles one item until it is done, has failed, or is terminal: `attemptsMax` times at most. */
async function settle<T>(item: T, batch: Batch<T>): Promise<typeof DONE | Failure> {
	const { handle, ports, signal } = batch;
	for (let attempt = 1; ; attempt++) {
		try {
			await untilAborted(async () => handle(item, { attempt, signal }), signal);
			return DONE;
		} catch (error) {
			if (signal.aborted || isOutcomeUnknown(error)) return { is: "failed", error };
			if (classifyError(error, batch.classes) === "terminal") return { is: "terminal", error };
			const delayMs = retryAfterMs(error, ports.clock.wallMs());
			if (delayMs === undefined) return { is: "failed", error };
			const notBeforeMs = ports.clock.monotonicMs() + delayMs;
			if (attempt >= batch.attemptsMax || delayMs > batch.waitLeftMs)
				return { is: "failed", error, notBeforeMs };
			batch.waitLeftMs -= delayMs;
			// Whoever stops waiting has the error of the attempt: it says more than why the waiting ended.
			const waited = await ports.wait(delayMs, { signal }).then(
				() => true,
				() => false,
			);
			if (!waited) return { is: "failed", error, notBeforeMs };
		}
	}
}

/** Whether it was done is not known, whatever the errors around that one are called: it is neither done nor terminal. */
function isOutcomeUnknown(error: unknown): boolean {
	return errorLevels(error).some((level) => readField(level, "code") === "outcome_unknown");
}

function skippedBehind({ itemIdentifier }: BatchItem): Failure {
	const message = `Not handled, to keep the order: item "${itemIdentifier}" before it has failed.`;
	return { is: "failed", error: new TransientError(message) };
}

const DURATION_MAX_MS = 2_147_483_647;

function startBatch<T>(options: BatchOptions<T>): Batch<T> {
	const { handle, ports, classes = {}, waitMaxMs = 1_000, attemptsMax = 3 } = options;
	if (!Number.isInteger(waitMaxMs) || waitMaxMs < 0 || waitMaxMs > DURATION_MAX_MS) {
		throw invalid("waitMaxMs", `an integer, 0 to ${DURATION_MAX_MS}`, waitMaxMs);
	}
	if (!Number.isSafeInteger(attemptsMax) || attemptsMax < 1) {
		throw invalid("attemptsMax", "a positive integer", attemptsMax);
	}
	const signal = options.signal ?? new AbortController().signal;
	return { handle, ports, classes, signal, attemptsMax, waitLeftMs: waitMaxMs };
}

/** Of an item without an identifier nobody can say that it has failed, only of the batch. */
function checkId(id: string, index: number): string {
	if (typeof id === "string" && id !== "") return id;
	throw unexpected(`\`idOf\` to answer a text that is not empty for item ${index}`, id);
}
