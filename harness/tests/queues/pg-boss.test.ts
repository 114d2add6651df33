// The pg-boss handler, on a boss that notes what it is asked for.
import type PgBoss from "pg-boss";
import { expect, it } from "vitest";
import { LeaseHeldError } from "../../src/index.ts";
import { type PgBossJob, pgBossHandler } from "../../src/queues/index.ts";

const held = new LeaseHeldError({ sessionId: "s", epoch: 1, holder: "a", retryAfterMs: 4_500 });
const refused = new Error("The card was refused.");
const first = { random: () => 0 };

function createBoss(answer: string | null | Error = "copy") {
	const asked: unknown[][] = [];
	return {
		asked,
		async send(...given: unknown[]) {
			asked.push(["send", ...given]);
			if (answer instanceof Error) throw answer;
			return answer;
		},
		async complete(...given: unknown[]) {
			asked.push(["complete", ...given]);
		},
	};
}

const job = (id: string, more: Partial<PgBossJob> = {}): PgBossJob => ({
	id,
	name: "wakes",
	data: { sessionId: id },
	expireInSeconds: 60,
	...more,
});

/** Ends as the job's data says. */
const endOf = (ends: Readonly<Record<string, unknown>>) => async (it: PgBossJob) => {
	if (ends[it.id]) throw ends[it.id];
	return { done: it.id };
};

it("hands the jobs over one by one, and the answer of a single one back", async () => {
	const boss = createBoss();
	const handler = pgBossHandler(boss, endOf({}));
	expect(await handler([job("1")])).toEqual({ done: "1" });
	expect(await handler([job("1"), job("2")])).toBeUndefined();
	expect(boss.asked).toEqual([]);
});

it("sends a job that met a held session once more, delayed, before it is completed", async () => {
	const boss = createBoss();
	expect(await pgBossHandler(boss, endOf({ 1: held }), first)([job("1")])).toBeUndefined();
	const options = { startAfter: 4.5, expireInSeconds: 60 };
	expect(boss.asked).toEqual([["send", "wakes", { sessionId: "1" }, options]]);
});

it("keeps the job's own options as far as it tells them, and the retries that it has left", async () => {
	const boss = createBoss();
	const told = { priority: 3, retryLimit: 5, retryCount: 2, retryDelay: 7, retryBackoff: true };
	const handler = pgBossHandler(boss, endOf({ 1: held, 2: held }), first);
	await handler([job("1", { ...told, singletonKey: "s", deadLetter: "dead" })]);
	const own = { startAfter: 4.5, expireInSeconds: 60, priority: 3, retryDelay: 7, retryBackoff: true };
	expect(boss.asked[0]?.[3]).toEqual({ ...own, retryLimit: 3, singletonKey: "s", deadLetter: "dead" });
	await handler([job("2", { ...told, retryLimit: 1, singletonKey: null, deadLetter: null })]);
	expect(boss.asked[1]?.[3]).toEqual({ ...own, retryLimit: 0 });
});

it("keeps its message where the queue takes no second one, or cannot be asked", async () => {
	const handlerOf = (boss: ReturnType<typeof createBoss>) => pgBossHandler(boss, endOf({ 1: held }));
	await expect(handlerOf(createBoss(null))([job("1")])).rejects.toBe(held);
	const away = new Error("Connection terminated.");
	await expect(handlerOf(createBoss(away))([job("1")])).rejects.toBe(away);
});

it("leaves every other error to pg-boss", async () => {
	const boss = createBoss();
	await expect(pgBossHandler(boss, endOf({ 1: refused }))([job("1")])).rejects.toBe(refused);
	expect(boss.asked).toEqual([]);
});

it("fails no job of a batch for another one: those that are done are completed before the error is thrown", async () => {
	const boss = createBoss();
	const handler = pgBossHandler(boss, endOf({ 2: refused, 3: held }));
	await expect(handler([job("1"), job("2"), job("3")])).rejects.toMatchObject({ errors: [refused] });
	expect(boss.asked.map(([what]) => what)).toEqual(["send", "complete"]);
	expect(boss.asked[1]).toEqual(["complete", "wakes", ["1", "3"]]);
});

it("tells why jobs have failed also where the others cannot be completed", async () => {
	const gone = new Error("The database is gone.");
	const boss = { ...createBoss(), complete: () => Promise.reject(gone) };
	const handler = pgBossHandler(boss, endOf({ 2: refused }));
	await expect(handler([job("1"), job("2")])).rejects.toMatchObject({ errors: [refused, gone] });
});

it("fits pg-boss's types", () => {
	const works = (boss: PgBoss) =>
		boss.work<{ sessionId: string }>(
			"wakes",
			{ includeMetadata: true },
			pgBossHandler(boss, async ({ data }) => data.sessionId),
		);
	expect(works).toBeTypeOf("function");
});
