// The BullMQ processor, on jobs that note what is done to them.
import type { Job, Processor } from "bullmq";
import { expect, it } from "vitest";
import { LeaseHeldError } from "../../src/index.ts";
import { bullmqProcessor } from "../../src/queues/index.ts";

const NOW_MS = 1_700_000_000_000;
const options = { random: () => 0, clock: { wallMs: () => NOW_MS } };
const held = new LeaseHeldError({ sessionId: "s", epoch: 1, holder: "a", retryAfterMs: 4_000 });

function createJob(refusal?: Error) {
	const moves: unknown[][] = [];
	return {
		moves,
		async moveToDelayed(...given: [number, string?]) {
			moves.push(given);
			if (refusal) throw refusal;
		},
	};
}

const rejecting = (error: unknown) => bullmqProcessor(() => Promise.reject(error), options);

it("hands the job, its token and its signal over, and the answer back", async () => {
	const processor = bullmqProcessor(async (...given: unknown[]) => given);
	const job = createJob();
	const { signal } = new AbortController();
	expect(await processor(job, "token", signal)).toEqual([job, "token", signal]);
	expect(job.moves).toEqual([]);
	// BullMQ hands a signal only to a processor of three parameters.
	expect(processor.length).toBe(3);
});

it("delays a job that met a held session, under its token, and ends as BullMQ expects of a delayed one", async () => {
	const job = createJob();
	await expect(rejecting(held)(job, "token")).rejects.toMatchObject({ name: "DelayedError", cause: held });
	expect(job.moves).toEqual([[NOW_MS + 4_000, "token"]]);
});

it("leaves every other error to BullMQ", async () => {
	const job = createJob();
	const error = new Error("The card was refused.");
	await expect(rejecting(error)(job, "token")).rejects.toBe(error);
	expect(job.moves).toEqual([]);
});

it("does not pass a job for delayed that could not be", async () => {
	const refusal = new Error("Missing lock for job 1.");
	await expect(rejecting(held)(createJob(refusal), "token")).rejects.toBe(refusal);
});

it("is a processor to BullMQ's types", () => {
	const processor: Processor<{ sessionId: string }> = bullmqProcessor(
		async (job: Job<{ sessionId: string }>) => job.data.sessionId,
	);
	expect(processor).toBeTypeOf("function");
});
