// Events: none before its commit, none lost after it, in order, under ids that stay the same.
import { describe, expect, it } from "vitest";
import { parseRecord } from "../../src/lease/record.ts";
import { standingValue } from "../../src/lease/standing.ts";
import { errorOf, SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { doc, goTo, inWorld, never, type World } from "./setup.ts";

expectNoUnhandledRejections();

/** The outbox that the next holder would inherit, as JSON text. */
const outbox = async (world: World): Promise<string | undefined> =>
	standingValue(parseRecord(SESSION, await world.record()))?.outbox;

const eventsOf = (world: World): unknown[] => world.sent.map(({ event }) => event);
const idsOf = (world: World): string[] => world.sent.map(({ id }) => id);

describe("events", () => {
	it(
		"are sent in order, after their commit and before the release",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const stored: unknown[] = [];
			a.hooks.beforeSend = async () => {
				stored.push(
					await world.stored(),
					(await world.runner(`look ${stored.length}`).leases.inspect(SESSION)).state,
				);
			};
			await a.run("one", goTo("two", "first", "second"));
			expect(eventsOf(world)).toEqual(["first", "second"]);
			expect(stored).toEqual([doc("two"), "held", doc("two"), "held"]);
		}),
	);

	it(
		"have ids of their own, over all transitions",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", goTo("two", "same", "same"));
			await a.run("two", goTo("three", "same"));
			expect(new Set(idsOf(world)).size).toBe(3);
		}),
	);

	it(
		"are as they were when they were emitted, whatever the handler does to them afterwards",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", async (record, context) => {
				const event = { type: "note", count: 1 };
				context.emit(event);
				event.count = 2;
				return { ...record, state: "two" };
			});
			expect(eventsOf(world)).toEqual([{ type: "note", count: 1 }]);
		}),
	);

	it(
		"of a transition that never won are never sent",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const lost = a.run("one", async (record, context) => {
				context.emit("mine");
				await world.runner("operator").leases.break(SESSION, "stuck");
				return { ...record, state: "two" };
			});
			expect(await errorOf(lost)).toMatchObject({ code: "lease_lost" });
			await world.runner("b").run("one", goTo("two", "theirs"));
			expect(eventsOf(world)).toEqual(["theirs"]);
		}),
	);

	it(
		"of a handler that failed are never sent; the failure's own is, once",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", async (_record, context) => {
				context.emit("lost");
				throw new Error("wrong");
			});
			await a.run("one");
			expect(eventsOf(world)).toEqual(["failed"]);
		}),
	);

	it(
		"are gone from the record once they were acknowledged",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", goTo("two", "event"));
			expect(await outbox(world)).toBe("");
		}),
	);

	it(
		"are not brought back by a second copy of their commit that comes late",
		inWorld(async (world) => {
			await world.started("starter", doc("one"));
			const twice = { fate: "twice", laterMs: 500 } as const;
			const a = world.runner("a", { faults: ["run", "run", twice] });
			await a.run("one", goTo("two", "event"));
			await world.wait(1_000);
			expect(await outbox(world)).toBe("");
			await world.runner("b").run("two", goTo("three"));
			expect(eventsOf(world)).toEqual(["event"]);
		}),
	);
});

describe("events of a holder that died", () => {
	it(
		"before the commit, are never sent",
		inWorld(async (world) => {
			await world.started("starter", doc("one"));
			const dead = world.runner("dead", { faults: ["run", "run", { fate: "crash before" }] });
			expect(await dead.runOrDie("one", goTo("two", "lost"))).toEqual({ type: "crashed" });
			await world.wait(TTL_MS + SKEW_MS + 1);
			expect(await world.runner("b").run("one", goTo("two", "mine"))).toMatchObject({ to_state: "two" });
			expect(eventsOf(world)).toEqual(["mine"]);
		}),
	);

	it(
		"between commit and send, are sent by the next one before anything else, in order, and the work goes on",
		inWorld(async (world) => {
			const dead = await world.started("dead", doc("one"));
			dead.hooks.beforeSend = () => dead.process.crash();
			expect(await dead.runOrDie("one", goTo("two", "first", "second"))).toEqual({ type: "crashed" });
			expect(world.sent).toEqual([]);
			await world.wait(TTL_MS + SKEW_MS + 1);
			const b = world.runner("b");
			await b.run("two", goTo("three", "third"));
			expect(b.journal()).toEqual([
				"read",
				"bids:3 holder:3",
				"value:3 owed:3 outbox:3",
				"send first",
				"send second",
				"value:3 owed:3 outbox:3",
				"send third",
				"owed:3 outbox:3 done:3",
				"wake three",
			]);
			expect(await outbox(world)).toBe("");
		}),
	);

	it(
		"between send and release, are sent again under the same ids",
		inWorld(async (world) => {
			const dead = await world.started("dead", doc("one"), {
				faults: ({ ops }) => ({
					fate: ops.some(({ field }) => field.startsWith("done:2")) ? "crash before" : "run",
				}),
			});
			expect(await dead.runOrDie("one", goTo("two", "first", "second"))).toEqual({ type: "crashed" });
			await world.wait(TTL_MS + SKEW_MS + 1);
			await world.runner("b").run("two", goTo("three"));
			expect(eventsOf(world)).toEqual(["first", "second", "first", "second"]);
			expect(new Set(idsOf(world)).size).toBe(2);
			expect(idsOf(world).slice(0, 2)).toEqual(idsOf(world).slice(2));
		}),
	);

	it(
		"whose successor died in the same way, are sent by the one after that, under the same ids",
		inWorld(async (world) => {
			const ids: string[] = [];
			for (const name of ["w1", "w2"]) {
				const dead = name === "w1" ? await world.started(name, doc("one")) : world.runner(name);
				dead.hooks.beforeSend = ({ id }) => {
					ids.push(id);
					dead.process.crash();
				};
				expect(await dead.runOrDie("one", goTo("two", "event"))).toEqual({ type: "crashed" });
				await world.wait(TTL_MS + SKEW_MS + 1);
			}
			await world.runner("w3").run("two", goTo("three"));
			expect(idsOf(world)).toEqual([ids[0]]);
			expect(ids[1]).toBe(ids[0]);
			expect(eventsOf(world)).toEqual(["event"]);
		}),
	);

	it(
		"are sent by a stale wake too, which keeps the value as it is",
		inWorld(async (world) => {
			const dead = await world.started("dead", doc("one", "kept"));
			dead.hooks.beforeSend = () => dead.process.crash();
			await dead.runOrDie("one", goTo("two", "event"));
			await world.wait(TTL_MS + SKEW_MS + 1);
			world.wakes.length = 0;
			expect(await world.runner("b").run("one")).toMatchObject({ reason: "stale" });
			expect(eventsOf(world)).toEqual(["event"]);
			expect(await world.stored()).toEqual(doc("two", "kept"));
			expect(await outbox(world)).toBe("");
			expect(world.wakes).toEqual(["two"]);
			await world.runner("c").run("two", goTo("three"));
			expect(eventsOf(world)).toEqual(["event"]);
		}),
	);

	it(
		"are sent by the next one also after an operator broke the lease",
		inWorld(async (world) => {
			const stuck = await world.started("stuck", doc("one"));
			stuck.hooks.beforeSend = never;
			void stuck.run("one", goTo("two", "event")).catch(() => undefined);
			await world.wait(1);
			expect(await world.runner("operator").leases.break(SESSION, "stuck")).toBe(true);
			expect(eventsOf(world)).toEqual([]);
			await world.runner("b").run("two", goTo("three", "next"));
			expect(eventsOf(world)).toEqual(["event", "next"]);
			expect(await outbox(world)).toBe("");
		}),
	);
});

describe("an event that cannot be sent", () => {
	it(
		"makes the attempt transient, leaves the lease to the next one at once, and wakes nobody",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const cause = new Error("The stream is down.");
			a.hooks.beforeSend = () => Promise.reject(cause);
			const error = await errorOf(a.run("one", goTo("two", "event")));
			expect(error).toMatchObject({ code: "send_failed", transient: true, cause });
			expect(world.wakes).toEqual([]);
			expect(await world.stored()).toEqual(doc("two"));
			expect(await world.runner("look").leases.inspect(SESSION)).toMatchObject({
				state: "expired",
				owed: true,
			});
		}),
	);

	it(
		"is sent first by the next attempt, with those after it and in their order",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			a.hooks.beforeSend = ({ event }) => {
				if (event === "second") throw new Error("The stream is down.");
			};
			await errorOf(a.run("one", goTo("two", "first", "second", "third")));
			expect(eventsOf(world)).toEqual(["first"]);
			delete a.hooks.beforeSend;
			const before = world.time.clock.monotonicMs();
			expect(await a.run("one")).toMatchObject({ reason: "stale" });
			expect(world.time.clock.monotonicMs()).toBe(before);
			expect(eventsOf(world)).toEqual(["first", "first", "second", "third"]);
			expect(new Set(idsOf(world)).size).toBe(3);
			expect(world.wakes).toEqual(["two"]);
		}),
	);

	it(
		"keeps a later attempt from running while it cannot be sent",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			a.hooks.beforeSend = () => Promise.reject(new Error("The stream is down."));
			await errorOf(a.run("one", goTo("two", "event")));
			const calls: string[] = [];
			const next = a.run("two", async (record) => {
				calls.push("ran");
				return record;
			});
			expect(await errorOf(next)).toMatchObject({ code: "send_failed" });
			expect(await errorOf(a.run("two"))).toMatchObject({ code: "send_failed" });
			expect(calls).toEqual([]);
			expect(world.turnedAway()).toBe(0);
		}),
	);

	it(
		"and hangs, is cut by the lease's end",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"), { maxHoldMs: 20_000 });
			a.hooks.beforeSend = never;
			const before = world.time.clock.monotonicMs();
			expect(await errorOf(a.run("one", goTo("two", "event")))).toMatchObject({ code: "lease_lost" });
			expect(world.time.clock.monotonicMs() - before).toBe(20_000);
			await world.wait(TTL_MS + SKEW_MS + 1);
			await world.runner("b").run("two", goTo("three"));
			expect(eventsOf(world)).toEqual(["event"]);
		}),
	);

	it(
		"and hangs although it was inherited, is cut by the lease's end too",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			a.hooks.beforeSend = () => Promise.reject(new Error("The stream is down."));
			await errorOf(a.run("one", goTo("two", "event")));
			const b = world.runner("b", { maxHoldMs: 20_000 });
			b.hooks.beforeSend = never;
			expect(await errorOf(b.run("two"))).toMatchObject({ code: "lease_lost" });
		}),
	);
});
