// Checkpoints: progress that is committed while the handler still runs, with the events up to there.
import { describe, expect, it } from "vitest";
import { TransientError } from "../../src/index.ts";
import { errorOf, SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { doc, inWorld, type World } from "./setup.ts";

expectNoUnhandledRejections();

const eventsOf = (world: World): unknown[] => world.sent.map(({ event }) => event);

describe("a checkpoint", () => {
	it(
		"commits the progress and sends the events so far, while the handler still runs",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", async (record, context) => {
				context.emit("before");
				await context.checkpoint({ ...record, notes: ["half"] });
				expect(await world.stored()).toEqual(doc("one", "half"));
				expect(eventsOf(world)).toEqual(["before"]);
				context.emit("after");
				return { ...record, state: "two", notes: ["half", "whole"] };
			});
			expect(eventsOf(world)).toEqual(["before", "after"]);
			expect(await world.stored()).toEqual(doc("two", "half", "whole"));
		}),
	);

	it(
		"is what the next handler sees after a crash, and owes the session a wake",
		inWorld(async (world) => {
			const dead = await world.started("dead", doc("parked"));
			await dead.run("parked");
			const outcome = dead.runOrDie("parked", async (record, context) => {
				await context.checkpoint({ ...record, notes: ["half"] });
				dead.process.crash();
				return record;
			});
			expect(await outcome).toEqual({ type: "crashed" });
			await world.wait(TTL_MS + SKEW_MS + 1);
			expect(await world.runner("look").leases.inspect(SESSION)).toMatchObject({ owed: true });
			let seen: unknown;
			await world.runner("b").run("parked", async (record) => {
				seen = record;
				return record;
			});
			expect(seen).toEqual(doc("parked", "half"));
		}),
	);

	it(
		"has its events sent by the next holder if its own died before that",
		inWorld(async (world) => {
			const dead = await world.started("dead", doc("one"));
			dead.hooks.beforeSend = () => dead.process.crash();
			await dead.runOrDie("one", async (record, context) => {
				context.emit("event");
				await context.checkpoint(record);
				return record;
			});
			await world.wait(TTL_MS + SKEW_MS + 1);
			await world.runner("b").run("one", async (record) => {
				expect(eventsOf(world)).toEqual(["event"]);
				return record;
			});
			expect(eventsOf(world)).toEqual(["event"]);
		}),
	);

	it(
		"keeps its events when the handler then asks for another attempt, and drops those after it",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const failing = a.run("one", async (record, context) => {
				context.emit("before");
				await context.checkpoint({ ...record, notes: ["half"] });
				context.emit("after");
				throw new TransientError("later");
			});
			await errorOf(failing);
			expect(await world.stored()).toEqual(doc("one", "half"));
			await a.run("one");
			expect(new Set(eventsOf(world))).toEqual(new Set(["before"]));
			expect(new Set(world.sent.map(({ id }) => id)).size).toBe(1);
		}),
	);

	it(
		"commits the record as it was when it was called, with the events noted until then",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const failing = a.run("one", async (record, context) => {
				context.emit("before");
				const committed = context.checkpoint(record);
				record.notes.push("later");
				context.emit("after");
				await committed;
				throw new TransientError("later");
			});
			await errorOf(failing);
			expect(await world.stored()).toEqual(doc("one"));
			expect(eventsOf(world)).toEqual(["before"]);
		}),
	);

	it(
		"that was not committed because its lease was lost is a lost lease, and sends nothing",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const lost = a.run("one", async (record, context) => {
				await world.runner("operator").leases.break(SESSION, "stuck");
				context.emit("mine");
				await context.checkpoint(record);
				return { ...record, state: "two" };
			});
			expect(await errorOf(lost)).toMatchObject({ code: "lease_lost" });
			expect(eventsOf(world)).toEqual([]);
			expect(await world.stored()).toEqual(doc("one"));
		}),
	);

	it(
		"whose events were not sent makes the attempt transient, even if the handler does not care",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			a.hooks.beforeSend = () => Promise.reject(new Error("The stream is down."));
			const failing = a.run("one", async (record, context) => {
				context.emit("event");
				await context.checkpoint(record).catch(() => undefined);
				return { ...record, state: "two" };
			});
			expect(await errorOf(failing)).toMatchObject({ code: "send_failed" });
			expect(await world.stored()).toEqual(doc("two"));
			expect(world.wakes).toEqual([]);
			delete a.hooks.beforeSend;
			expect(await a.run("one")).toMatchObject({ reason: "stale" });
			expect(eventsOf(world)).toEqual(["event"]);
			expect(world.wakes).toEqual(["two"]);
		}),
	);

	it(
		"of what is no JSON is refused, and the handler may go on",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", async (record, context) => {
				context.emit("event");
				const refused = context.checkpoint({ ...record, big: 1n } as never);
				expect(await errorOf(refused)).toMatchObject({ code: "value_invalid" });
				return { ...record, state: "two" };
			});
			expect(await world.stored()).toEqual(doc("two"));
			expect(eventsOf(world)).toEqual(["event"]);
		}),
	);

	it(
		"takes what JSON leaves out as it is: a record with a function is committed without it",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", async (record, context) => {
				await context.checkpoint({ ...record, notes: ["half"], helper: () => undefined } as never);
				return { ...record, state: "two", helper: () => undefined };
			});
			expect(await world.stored()).toEqual(doc("two"));
		}),
	);
});

describe("concurrent checkpoints", () => {
	it(
		"are committed one after the other, each with its own progress, and keep the order of the events",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const stored: unknown[] = [];
			a.hooks.beforeSend = async () => {
				stored.push((await world.stored())?.notes);
				await world.wait(stored.length === 1 ? 30 : 5);
			};
			await a.run("one", async (record, context) => {
				const checkpoint = (count: number) => {
					context.emit(`event ${count}`);
					const notes = Array.from({ length: count }, (_, index) => `note ${index + 1}`);
					return context.checkpoint({ ...record, notes });
				};
				await Promise.all([checkpoint(1), checkpoint(2), checkpoint(3)]);
				return { ...record, state: "two" };
			});
			expect(eventsOf(world)).toEqual(["event 1", "event 2", "event 3"]);
			expect(stored).toEqual([["note 1"], ["note 1", "note 2"], ["note 1", "note 2", "note 3"]]);
		}),
	);

	it(
		"are never sent while an earlier one is",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			let sending = 0;
			a.hooks.beforeSend = async () => {
				sending++;
				expect(sending).toBe(1);
				await world.wait(5);
				sending--;
			};
			await a.run("one", async (record, context) => {
				const checkpoints = [1, 2, 3].map((count) => {
					context.emit(count);
					return context.checkpoint(record);
				});
				await Promise.all(checkpoints);
				return { ...record, state: "two" };
			});
			expect(eventsOf(world)).toEqual([1, 2, 3]);
		}),
	);

	it(
		"go on although events were not sent: those stay in the outbox, in order, and the attempt is transient",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			a.hooks.beforeSend = () => Promise.reject(new Error("The stream is down."));
			const ends: PromiseSettledResult<void>[] = [];
			const failing = a.run("one", async (record, context) => {
				const checkpoints = [1, 2].map((count) => {
					context.emit(count);
					return context.checkpoint({ ...record, notes: [`${count}`] });
				});
				ends.push(...(await Promise.allSettled(checkpoints)));
				return record;
			});
			expect(await errorOf(failing)).toMatchObject({ code: "send_failed" });
			expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
			delete a.hooks.beforeSend;
			await a.run("one");
			expect(eventsOf(world)).toEqual([1, 2]);
		}),
	);

	it(
		"whose events could not be sent send them with the next commit, and nothing is amiss",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			a.hooks.beforeSend = () => Promise.reject(new Error("The stream is down."));
			await a.run("one", async (record, context) => {
				context.emit(1);
				await context.checkpoint(record);
				delete a.hooks.beforeSend;
				context.emit(2);
				return { ...record, state: "two" };
			});
			expect(eventsOf(world)).toEqual([1, 2]);
			expect(world.wakes).toEqual(["two"]);
		}),
	);

	it(
		"that come after the transition has ended are refused",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			let late: () => Promise<void> = async () => undefined;
			await a.run("one", async (record, context) => {
				late = () => context.checkpoint(record);
				return { ...record, state: "two" };
			});
			expect(await errorOf(late())).toMatchObject({ code: "lease_ended" });
			expect(await world.stored()).toEqual(doc("two"));
		}),
	);
});

describe("a failure after a checkpoint", () => {
	it(
		"fails from the checkpointed record, and sends nothing of what came after it but its own event",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", async (record, context) => {
				context.emit("before");
				await context.checkpoint({ ...record, notes: ["half"] });
				record.notes.push("lost");
				context.emit("after");
				throw new Error("wrong");
			});
			expect(await world.stored()).toMatchObject({ state: "failed", notes: ["half"] });
			expect(eventsOf(world)).toEqual(["before", "failed"]);
		}),
	);

	it(
		"fails from what was committed, not from what the handler has changed while it was",
		inWorld(async (world) => {
			await world.started("starter", doc("one"));
			const a = world.runner("a", { faults: () => ({ fate: "run", requestMs: 10 }) });
			await a.run("one", async (record, context) => {
				const committed = context.checkpoint(record);
				await world.wait(5);
				record.notes.push("lost");
				await committed;
				throw new Error("wrong");
			});
			expect(await world.stored()).toMatchObject({ state: "failed", notes: [] });
		}),
	);

	it(
		"waits for a checkpoint that is still under way, fails from it, and announces itself",
		inWorld(async (world) => {
			await world.started("starter", doc("one"));
			const a = world.runner("a", { faults: () => ({ fate: "run", requestMs: 10 }) });
			await a.run("one", async (record, context) => {
				context.emit("before");
				void context.checkpoint({ ...record, notes: ["half"] });
				throw new Error("wrong");
			});
			expect(await world.stored()).toMatchObject({ state: "failed", notes: ["half"] });
			expect(eventsOf(world)).toEqual(["before", "failed"]);
		}),
	);

	it(
		"is a lost lease if that checkpoint finds the lease lost",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const lost = a.run("one", async (record, context) => {
				await world.runner("operator").leases.break(SESSION, "stuck");
				context.checkpoint(record).catch(() => undefined);
				throw new Error("wrong");
			});
			expect(await errorOf(lost)).toMatchObject({ code: "lease_lost" });
			expect(await world.stored()).toEqual(doc("one"));
		}),
	);
});

describe("an answer while a checkpoint is still under way", () => {
	it(
		"is committed after it",
		inWorld(async (world) => {
			await world.started("starter", doc("one"));
			const a = world.runner("a", { faults: () => ({ fate: "run", requestMs: 10 }) });
			await a.run("one", async (record, context) => {
				void context.checkpoint({ ...record, notes: ["half"] });
				return { ...record, state: "two", notes: ["whole"] };
			});
			expect(await world.stored()).toEqual(doc("two", "whole"));
		}),
	);
});
