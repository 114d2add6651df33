// A session from outside its transitions, and its record's way from and to a plain place.
import { describe, expect, it } from "vitest";
import { TransientError } from "../../src/index.ts";
import { readSession, startSession, unserializeSession, wakeSession } from "../../src/transition/session.ts";
import { errorOf, SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { bounce, doc, goTo, inWorld, never, type World } from "./setup.ts";

expectNoUnhandledRejections();

describe("a session that was forgotten", () => {
	it(
		"adopts no plain record any more: what is there is old",
		inWorld(async (world) => {
			world.plain.set(SESSION, doc("one"));
			const a = world.runner("a");
			await a.run("one", goTo("done"));
			await a.leases.forget(SESSION);
			expect(await errorOf(a.run("one", goTo("again")))).toMatchObject({ code: "record_missing" });
			expect(await readSession(a.ports, SESSION)).toBeUndefined();
			await startSession(a.ports, SESSION, doc("two"));
			expect(await world.stored()).toEqual(doc("two"));
		}),
	);
});

describe("a plain record that somebody else has put there", () => {
	it.each([["text"], [5], [{ state: 5 }], [{}]])(
		"%j is no record of the machine: it is refused, and left",
		async (foreign) => {
			await inWorld(async (world) => {
				world.plain.set(SESSION, foreign as never);
				const a = world.runner("a");
				expect(await errorOf(a.run("one"))).toMatchObject({ code: "record_invalid" });
				expect(world.plain.get(SESSION)).toEqual(foreign);
				expect(world.wakes).toEqual([]);
			})();
		},
	);
});

describe("a plain record", () => {
	it(
		"is adopted as the value before epoch 1, and never looked at again",
		inWorld(async (world) => {
			world.plain.set(SESSION, doc("one", "plain"));
			const a = world.runner("a");
			expect(await a.run("one", goTo("two"))).toMatchObject({ from_state: "one", to_state: "two" });
			world.plain.set(SESSION, doc("one", "later"));
			expect(await a.run("one", goTo("wrong"))).toMatchObject({ reason: "stale" });
			expect(await a.run("two", goTo("three"))).toMatchObject({ to_state: "three" });
			expect(await world.stored()).toEqual(doc("three", "plain"));
			expect(a.journal().filter((entry) => entry === "load")).toHaveLength(1);
		}),
	);

	it(
		"is adopted also after a holder died before it had committed anything",
		inWorld(async (world) => {
			world.plain.set(SESSION, doc("one"));
			const dead = world.runner("dead");
			void dead.run("one", never);
			await world.wait(1);
			dead.process.crash();
			await world.wait(TTL_MS + SKEW_MS + 1);
			expect(await world.runner("b").run("one", goTo("two"))).toMatchObject({ to_state: "two" });
		}),
	);

	it(
		"is adopted by the attempt that succeeds, if the first one asks for another",
		inWorld(async (world) => {
			world.plain.set(SESSION, doc("one"));
			const a = world.runner("a");
			await errorOf(a.run("one", () => Promise.reject(new TransientError("later"))));
			expect(await a.run("one", goTo("two"))).toMatchObject({ to_state: "two" });
		}),
	);

	it(
		"that is in another state makes a wake stale, like any other",
		inWorld(async (world) => {
			world.plain.set(SESSION, doc("two"));
			expect(await world.runner("a").run("one", goTo("wrong"))).toMatchObject({ reason: "stale" });
		}),
	);

	it(
		"stays as it is without a projection",
		inWorld(async (world) => {
			world.plain.set(SESSION, doc("one"));
			await world.runner("a").run("one", goTo("two"));
			expect(world.plain.get(SESSION)).toEqual(doc("one"));
		}),
	);
});

describe("with `projects`", () => {
	it(
		"every commit is saved to the plain place too, checkpoints and failures included",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"), { projects: true });
			await a.run("one", async (record, context) => {
				await context.checkpoint({ ...record, notes: ["half"] });
				expect(world.plain.get(SESSION)).toEqual(doc("one", "half"));
				return { ...record, state: "two" };
			});
			expect(world.plain.get(SESSION)).toEqual(doc("two"));
			await a.run("two", () => Promise.reject(new Error("wrong")));
			expect(world.plain.get(SESSION)).toMatchObject({ state: "failed" });
		}),
	);

	it(
		"a commit that did not win is not projected",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"), { projects: true });
			const lost = a.run("one", async (record) => {
				await world.runner("operator").leases.break(SESSION, "stuck");
				return { ...record, state: "two" };
			});
			expect(await errorOf(lost)).toMatchObject({ code: "lease_lost" });
			expect(world.plain.get(SESSION)).not.toEqual(doc("two"));
		}),
	);

	it(
		"a projection that fails lags until the next commit, and the session goes on",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"), { projects: true });
			a.hooks.beforeSave = () => Promise.reject(new Error("The disk is full."));
			expect(await a.run("one", goTo("two", "event"))).toMatchObject({ to_state: "two" });
			expect(world.plain.get(SESSION)).not.toEqual(doc("two"));
			delete a.hooks.beforeSave;
			await a.run("two", goTo("three"));
			expect(world.plain.get(SESSION)).toEqual(doc("three"));
		}),
	);

	it(
		"a projection that hangs is cut by the lease's end, and the work stands",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"), { projects: true, maxHoldMs: 20_000 });
			a.hooks.beforeSave = never;
			expect(await errorOf(a.run("one", goTo("two")))).toMatchObject({ code: "lease_lost" });
			expect(await world.stored()).toEqual(doc("two"));
		}),
	);
});

describe("startSession", () => {
	it(
		"gives a new session its record and wakes it, after the release",
		inWorld(async (world) => {
			const a = world.runner("a");
			await startSession(a.ports, SESSION, doc("one"));
			expect(a.journal()).toEqual(["read", "bids:1 holder:1", "load", "value:1 owed:1 done:1", "wake one"]);
			expect(await a.run("one", goTo("two"))).toMatchObject({ to_state: "two" });
		}),
	);

	it.each([
		["under way", "one"],
		["ended", "done"],
	])("refuses a session that is %s, by name and state, and leaves it as it is", async (_what, state) => {
		await inWorld(async (world) => {
			const a = await world.started("a", doc(state, "kept"));
			await a.run(state, async (record) => record);
			const error = await errorOf(startSession(a.ports, SESSION, doc("one")));
			expect(error).toMatchObject({ code: "record_exists", message: expect.stringContaining(state) });
			expect((error as Error).message).toContain(`"${SESSION}"`);
			expect(await world.stored()).toEqual(doc(state, "kept"));
			expect(await a.leases.inspect(SESSION)).toMatchObject({ state: "free" });
			expect(world.wakes).toEqual([]);
		})();
	});

	it(
		"refuses a session whose plain record is under way, too",
		inWorld(async (world) => {
			world.plain.set(SESSION, doc("one"));
			const error = await errorOf(startSession(world.runner("a").ports, SESSION, doc("one")));
			expect(error).toMatchObject({ code: "record_exists" });
		}),
	);

	it(
		"starts anew after a terminal state if it is told to, and then only",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const again = () => startSession(a.ports, SESSION, doc("one", "second"), { replacesEnded: true });
			expect(await errorOf(again())).toMatchObject({ code: "record_exists" });
			await a.run("one", goTo("done"));
			world.wakes.length = 0;
			await again();
			expect(await world.stored()).toEqual(doc("one", "second"));
			expect(world.wakes).toEqual(["one"]);
		}),
	);

	it(
		"that is tried again sends the wake that the first try could not",
		inWorld(async (world) => {
			const a = world.runner("a");
			a.hooks.beforeWake = () => Promise.reject(new Error("The queue is full."));
			const first = startSession(a.ports, SESSION, doc("one"));
			expect(await errorOf(first)).toMatchObject({ code: "wake_failed" });
			delete a.hooks.beforeWake;
			const second = startSession(a.ports, SESSION, doc("one"));
			expect(await errorOf(second)).toMatchObject({ code: "record_exists" });
			expect(world.wakes).toEqual(["one"]);
		}),
	);

	it(
		"is turned away while somebody holds the session",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", async (record) => {
				const refused = startSession(world.runner("b").ports, SESSION, doc("one"));
				expect(await errorOf(refused)).toMatchObject({ code: "lease_held" });
				return record;
			});
		}),
	);
});

describe("readSession", () => {
	it(
		"shows the record as it was last committed, the plain one before that, and undefined for none",
		inWorld(async (world) => {
			const a = world.runner("a");
			expect(await readSession(a.ports, SESSION)).toBeUndefined();
			world.plain.set(SESSION, doc("one", "plain"));
			expect(await readSession(a.ports, SESSION)).toEqual(doc("one", "plain"));
			await a.run("one", async (record, context) => {
				await context.checkpoint({ ...record, notes: ["half"] });
				expect(await readSession(a.ports, SESSION)).toEqual(doc("one", "half"));
				return { ...record, state: "two" };
			});
			expect(await readSession(a.ports, SESSION)).toEqual(doc("two", "plain"));
		}),
	);
});

describe("wakeSession", () => {
	it.each([
		["the state that it is in", "one", ["one"]],
		["a state that waits", "parked", ["parked"]],
		["no terminal state", "failed", []],
	])("wakes a session for %s", async (_what, state, wakes) => {
		await inWorld(async (world) => {
			const a = await world.started("a", doc(state));
			await wakeSession(a.ports, SESSION);
			expect(world.wakes).toEqual(wakes);
		})();
	});

	it(
		"leaves a session without a record alone, and does not touch it",
		inWorld(async (world) => {
			await wakeSession(world.runner("a").ports, SESSION);
			expect(world.wakes).toEqual([]);
			expect(await world.record()).toEqual({});
		}),
	);

	it(
		"fits a sweep: a session whose holder died is woken in its state, and goes on",
		inWorld(async (world) => {
			const dead = await world.started("dead", doc("one"));
			void dead.run("one", never);
			await world.wait(1);
			dead.process.crash();
			await world.wait(TTL_MS + SKEW_MS + 1);
			const b = world.runner("b");
			const report = await b.leases.sweep({ wake: (sessionId) => wakeSession(b.ports, sessionId) });
			expect(report).toEqual({ woken: [SESSION], failed: [] });
			expect(world.wakes).toEqual(["one"]);
		}),
	);
});

describe("wakeSession of a session that has ended", () => {
	/** It commits its end with an event, and dies before that is sent. */
	const diesAtTheEnd = (body: (world: World) => Promise<void>) =>
		inWorld(async (world) => {
			const dead = await world.started("dead", doc("one"));
			dead.hooks.beforeSend = never;
			void dead.run("one", goTo("done", "ended"));
			await world.wait(1);
			dead.process.crash();
			expect(await world.stored()).toMatchObject({ state: "done" });
			expect(world.sent).toEqual([]);
			await body(world);
		});

	it(
		"sends what its dead holder had committed and not sent, and gives the lease back",
		diesAtTheEnd(async (world) => {
			await world.wait(TTL_MS + SKEW_MS + 1);
			const b = world.runner("b");
			const report = await b.leases.sweep({ wake: (sessionId) => wakeSession(b.ports, sessionId) });
			expect(report).toEqual({ woken: [SESSION], failed: [] });
			expect(world.sent.map(({ event }) => event)).toEqual(["ended"]);
			expect(await b.leases.inspect(SESSION)).toMatchObject({ state: "free" });
			expect(await world.stored()).toMatchObject({ state: "done" });
			expect(world.wakes).toEqual([]);
			await b.run("one");
			expect(world.sent, "and does not send it again").toHaveLength(1);
		}),
	);

	it(
		"wakes it after all, if it was started anew meanwhile",
		diesAtTheEnd(async (world) => {
			await world.wait(TTL_MS + SKEW_MS + 1);
			const b = world.runner("b");
			const acquire: typeof b.leases.acquire = async (sessionId, options) => {
				await startSession(world.runner("c").ports, SESSION, doc("two"), { replacesEnded: true });
				world.wakes.length = 0;
				return b.leases.acquire(sessionId, options);
			};
			await wakeSession({ ...b.ports, leases: { ...b.leases, acquire } }, SESSION);
			expect(world.wakes).toEqual(["two"]);
			expect(await b.leases.inspect(SESSION)).toMatchObject({ state: "free" });
		}),
	);

	it(
		"gives the lease back, if it was forgotten meanwhile",
		diesAtTheEnd(async (world) => {
			await world.wait(TTL_MS + SKEW_MS + 1);
			const b = world.runner("b");
			const acquire: typeof b.leases.acquire = async (sessionId, options) => {
				await world.runner("c").leases.forget(SESSION);
				return b.leases.acquire(sessionId, options);
			};
			await wakeSession({ ...b.ports, leases: { ...b.leases, acquire } }, SESSION);
			expect(await b.leases.inspect(SESSION)).toMatchObject({ state: "free", valueText: undefined });
			expect(world.wakes).toEqual([]);
		}),
	);

	it(
		"is turned away while somebody may still hold it: to be tried again",
		diesAtTheEnd(async (world) => {
			const b = world.runner("b");
			expect(await errorOf(wakeSession(b.ports, SESSION))).toMatchObject({ code: "lease_held" });
			expect(world.sent).toEqual([]);
		}),
	);

	it(
		"touches nothing once it is free",
		inWorld(async (world) => {
			const a = await world.started("a", doc("done"));
			a.journal();
			await wakeSession(a.ports, SESSION);
			expect(a.journal()).toEqual(["read"]);
		}),
	);
});

describe("unserializeSession", () => {
	it(
		"writes the record back for good: plain transitions go on, and no late write comes back",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one", "kept"));
			await unserializeSession(a.ports, SESSION);
			expect(world.plain.get(SESSION)).toEqual(doc("one", "kept"));
			expect(await world.stored()).toBeUndefined();
			expect(await a.leases.inspect(SESSION)).toMatchObject({ state: "free", epoch: 2 });
			world.plain.set(SESSION, doc("two", "plain"));
			expect(await readSession(a.ports, SESSION)).toEqual(doc("two", "plain"));
		}),
	);

	it(
		"may be taken back: the plain record, as it is by then, is adopted again",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await unserializeSession(a.ports, SESSION);
			world.plain.set(SESSION, doc("two", "plain"));
			expect(await a.run("two", goTo("three"))).toMatchObject({ to_state: "three" });
			expect(await world.stored()).toEqual(doc("three", "plain"));
		}),
	);

	it(
		"sends what an earlier holder left in the outbox",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			a.hooks.beforeSend = () => Promise.reject(new Error("The stream is down."));
			await errorOf(a.run("one", goTo("two", "event")));
			delete a.hooks.beforeSend;
			await unserializeSession(a.ports, SESSION);
			expect(world.sent.map(({ event }) => event)).toEqual(["event"]);
			expect(world.plain.get(SESSION)).toEqual(doc("two"));
		}),
	);

	it(
		"passes the baton of those that it turned away, after the release",
		inWorld(async (world) => {
			const a = await world.started("a", doc("parked"));
			await a.run("parked");
			a.journal();
			a.hooks.beforeSave = async () => {
				await bounce(world, "b", "parked");
			};
			await unserializeSession(a.ports, SESSION);
			expect(a.journal().slice(-2)).toEqual(["value:3 owed:3 outbox:3 done:3", "wake parked"]);
		}),
	);

	it(
		"passes on a wake that was owed before",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await unserializeSession(a.ports, SESSION);
			expect(world.wakes).toEqual(["one"]);
		}),
	);

	it(
		"wakes nobody for a terminal state, or if nothing is owed",
		inWorld(async (world) => {
			const a = await world.started("a", doc("parked"));
			await a.run("parked");
			await unserializeSession(a.ports, SESSION);
			const b = world.runner("b");
			await startSession(b.ports, "other", doc("one"));
			await b.run("parked").catch(() => undefined);
			expect(world.wakes).toEqual(["one"]);
		}),
	);

	it(
		"saves nothing and forgets nothing while somebody holds the session",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", async (record) => {
				const refused = unserializeSession(world.runner("b").ports, SESSION);
				expect(await errorOf(refused)).toMatchObject({ code: "lease_held" });
				return { ...record, state: "two" };
			});
			expect(world.plain.size).toBe(0);
			expect(await world.stored()).toEqual(doc("two"));
		}),
	);

	it(
		"forgets nothing if the plain record could not be saved",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			a.hooks.beforeSave = () => Promise.reject(new Error("The disk is full."));
			expect(await errorOf(unserializeSession(a.ports, SESSION))).toMatchObject({
				message: "The disk is full.",
			});
			expect(await world.stored()).toEqual(doc("one"));
		}),
	);

	it(
		"may be called again: it changes nothing and leaves the session free",
		inWorld(async (world) => {
			const a = await world.started("a", doc("parked"));
			await a.run("parked");
			await unserializeSession(a.ports, SESSION);
			world.plain.set(SESSION, doc("later"));
			await unserializeSession(a.ports, SESSION);
			expect(world.plain.get(SESSION)).toEqual(doc("later"));
			expect(await a.leases.inspect(SESSION)).toMatchObject({ state: "free" });
			expect(world.wakes).toEqual([]);
		}),
	);

	it.each([
		["by those it turned away", true],
		["since before", false],
	])(
		"called again after a crash before its wake was out, sends the wake that is owed %s",
		async (_by, bounced) => {
			await inWorld(async (world) => {
				const dead = await world.started("dead", doc("parked"));
				if (bounced) await dead.run("parked");
				dead.hooks.beforeSave = async () => {
					if (bounced) await bounce(world, "b", "parked");
				};
				dead.hooks.beforeWake = () => dead.process.crash();
				const outcome = await dead.process.run(() => unserializeSession(dead.ports, SESSION));
				expect(outcome).toEqual({ type: "crashed" });
				await unserializeSession(world.runner("c").ports, SESSION);
				expect(world.wakes).toEqual(["parked"]);
			})();
		},
	);
});
