// The Graphile Worker task, on helpers that note what they are asked for.
import type { TaskList } from "graphile-worker";
import type { Pool } from "pg";
import { expect, it } from "vitest";
import { LeaseHeldError } from "../../src/index.ts";
import { graphileTask, unlockStuckJobs } from "../../src/queues/index.ts";

const NOW_MS = 1_700_000_000_000;
const options = { random: () => 0, clock: { wallMs: () => NOW_MS } };
const held = new LeaseHeldError({ sessionId: "s", epoch: 1, holder: "a", retryAfterMs: 4_000 });
const payload = { sessionId: "s" };

function createHelpers(change: { attempts?: number; flags?: Record<string, true>; queueName?: string } = {}) {
	const { attempts = 1, flags = null, queueName = null } = change;
	const added: unknown[][] = [];
	return {
		added,
		job: { task_identifier: "advance", priority: 3, attempts, max_attempts: 4, flags },
		getQueueName: async () => queueName,
		async addJob(...given: unknown[]) {
			added.push(given);
		},
	};
}

const rejecting = (error: unknown) => graphileTask(() => Promise.reject(error), options);

it("hands payload and helpers over, and answers nothing: an array would be taken for a batch", async () => {
	const given: unknown[] = [];
	const task = graphileTask(async (...its) => given.push(...its));
	const helpers = createHelpers();
	expect(await task(payload, helpers)).toBeUndefined();
	expect(given).toEqual([payload, helpers]);
	expect(helpers.added).toEqual([]);
});

it("adds a job that met a held session once more, for later, with its options and the attempts that it has left", async () => {
	const runAt = new Date(NOW_MS + 4_000);
	const helpers = createHelpers();
	expect(await rejecting(held)(payload, helpers)).toBeUndefined();
	expect(helpers.added).toEqual([["advance", payload, { runAt, maxAttempts: 4, priority: 3 }]]);
	const tried = createHelpers({ attempts: 3, flags: { slow: true }, queueName: "of s" });
	await rejecting(held)(payload, tried);
	const spec = { runAt, maxAttempts: 2, priority: 3, queueName: "of s", flags: ["slow"] };
	expect(tried.added).toEqual([["advance", payload, spec]]);
});

it("leaves every other error to Graphile Worker", async () => {
	const error = new Error("The card was refused.");
	const helpers = createHelpers();
	await expect(rejecting(error)(payload, helpers)).rejects.toBe(error);
	expect(helpers.added).toEqual([]);
});

it("fails a job that could not be added once more", async () => {
	const away = new Error("Connection terminated.");
	const helpers = { ...createHelpers(), addJob: () => Promise.reject(away) };
	await expect(rejecting(held)(payload, helpers)).rejects.toBe(away);
});

it("unlocks in a schema of any name, and says what it expects", async () => {
	const asked: unknown[][] = [];
	const db = {
		async query(...given: unknown[]) {
			asked.push(given);
			return { rows: [{ workers: 2 }] };
		},
	};
	expect(await unlockStuckJobs(db, { stuckAfterMs: 60_000, schema: 'a"b' })).toBe(2);
	expect(asked[0]?.[0]).toContain('"a""b".force_unlock_workers');
	expect(asked[0]?.[1]).toEqual([60_000]);
	for (const stuckAfterMs of [0, -1, 1.5, Number.NaN]) {
		await expect(unlockStuckJobs(db, { stuckAfterMs })).rejects.toMatchObject({ code: "option_invalid" });
	}
	expect(asked).toHaveLength(1);
});

it("fits Graphile Worker's types, and unlocks with a pool or from a task", () => {
	const tasks: TaskList = {
		advance: graphileTask(async (it, helpers) => helpers.logger.info(`${it}`)),
		unlock: graphileTask((_, helpers) => unlockStuckJobs(helpers, { stuckAfterMs: 60_000 })),
	};
	const unlocks = (pool: Pool) => unlockStuckJobs(pool, { stuckAfterMs: 60_000 });
	expect([tasks.advance, unlocks].every((it) => typeof it === "function")).toBe(true);
});
