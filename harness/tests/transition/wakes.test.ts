// "No wake is lost", rule by rule.
import { describe, expect, it } from "vitest";
import { TransientError } from "../../src/index.ts";
import { untilAborted } from "../../src/lease/until-aborted.ts";
import { errorOf, SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { bounce, doc, goTo, inWorld, never, type Runner, type World } from "./setup.ts";

expectNoUnhandledRejections();

const owedNow = async (world: World, name: string): Promise<boolean> =>
	(await world.runner(name).leases.inspect(SESSION)).owed;

describe("a wake that was turned away during a run", () => {
	it(
		"is made up for by one more look, after the release, without a message that could come twice",
		inWorld(async (world) => {
			const a = await world.started("a", doc("parked"));
			let looks = 0;
			await a.run("parked", async (record) => {
				if (++looks > 1) return record;
				await bounce(world, "b", "parked");
				await bounce(world, "c", "parked");
				a.journal();
				return record;
			});
			expect(looks).toBe(2);
			expect(a.journal()).toEqual(["value:2 owed:2 done:2", "bids:3 holder:3", "value:3 owed:3 done:3"]);
		}),
	);

	it(
		"is made up for by a message if every look finds another one turned away",
		inWorld(async (world) => {
			const a = await world.started("a", doc("parked"));
			let looks = 0;
			await a.run("parked", async (record) => {
				await bounce(world, `b${++looks}`, "parked");
				return record;
			});
			expect(looks).toBe(8);
			expect(world.wakes).toEqual(["parked"]);
		}),
	);

	it(
		"is left to whoever holds the session when the next look is turned away itself",
		inWorld(async (world) => {
			const a = await world.started("a", doc("parked"));
			const b = world.runner("b");
			const done = new AbortController();
			let held: Promise<unknown> = Promise.resolve();
			a.hooks.afterRelease = async () => {
				held = b.run("parked", async (record) => {
					await untilAborted(never, done.signal).catch(() => undefined);
					return record;
				});
				await world.wait(10);
			};
			const answer = await a.run("parked", async (record) => {
				await bounce(world, "c", "parked");
				return record;
			});
			expect(answer).toEqual({ ok: true, from_state: "parked", to_state: "parked" });
			done.abort();
			await held;
			expect(b.journal().filter((entry) => entry.startsWith("value"))).toHaveLength(2);
			expect(world.wakes).toEqual([]);
		}),
	);

	it(
		"leaves the answer of the run as it was, if somebody has moved the session on before the next look",
		inWorld(async (world) => {
			const a = await world.started("a", doc("parked"));
			a.hooks.afterRelease = async () => {
				await world.runner("rival").run("parked", goTo("two"));
			};
			const answer = await a.run("parked", async (record) => {
				await bounce(world, "c", "parked");
				return record;
			});
			expect(answer).toEqual({ ok: true, from_state: "parked", to_state: "parked" });
			expect(await world.stored()).toEqual(doc("two"));
		}),
	);

	it(
		"is made up for by the wake for the next state, if there is one: not by two",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", async (record) => {
				await bounce(world, "b", "one");
				return { ...record, state: "two" };
			});
			expect(world.wakes).toEqual(["two"]);
		}),
	);

	it(
		"is still made up for if the run's events are sent before the release",
		inWorld(async (world) => {
			const a = await world.started("a", doc("parked"));
			a.hooks.beforeSend = async () => {
				a.hooks.beforeSend = () => undefined;
				await bounce(world, "b", "parked");
			};
			await a.run("parked", goTo("parked", "event"));
			expect(world.sent).toHaveLength(2);
			expect(a.journal().filter((entry) => entry.includes("done"))).toHaveLength(2);
		}),
	);

	it(
		"stays owed when the run is tried again, and is made up for by whoever comes next",
		inWorld(async (world) => {
			const a = await world.started("a", doc("parked"));
			await a.run("parked");
			const failing = a.run("parked", async () => {
				await bounce(world, "b", "parked");
				throw new TransientError("later");
			});
			await errorOf(failing);
			expect(world.wakes).toEqual([]);
			await a.run("stale");
			expect(world.wakes).toEqual(["parked"]);
		}),
	);

	it(
		"stays owed when the holder dies, and is made up for by whoever comes next",
		inWorld(async (world) => {
			const dead = await world.started("dead", doc("parked"));
			await dead.run("parked");
			void dead.run("parked", never);
			await world.wait(1);
			await bounce(world, "b", "parked");
			dead.process.crash();
			await world.wait(TTL_MS + SKEW_MS + 1);
			await world.runner("c").run("stale");
			expect(world.wakes).toEqual(["parked"]);
		}),
	);
});

describe("a session", () => {
	it(
		"is not woken by a run that stays in its state and turned nobody away",
		inWorld(async (world) => {
			const a = await world.started("a", doc("parked"));
			await a.run("parked", goTo("parked", "event"));
			expect(world.wakes).toEqual([]);
			expect(await owedNow(world, "look")).toBe(false);
		}),
	);

	it(
		"is woken once when it is parked, because the news may have come before, and not again after that look",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", goTo("parked"));
			expect(world.wakes).toEqual(["parked"]);
			await a.run("parked");
			expect(world.wakes).toEqual(["parked"]);
		}),
	);

	it.each(["done", "failed"])(
		"in the terminal state %s settles what it is owed, and is never woken",
		(state) =>
			inWorld(async (world) => {
				const a = await world.started("a", doc("one"));
				await a.run("one", async (record) => {
					await bounce(world, "b", "one");
					return { ...record, state };
				});
				await a.run("one");
				await a.run("one", async (record) => record);
				expect(world.wakes).toEqual([]);
				expect(await owedNow(world, "look")).toBe(false);
			})(),
	);

	it(
		"in a terminal state is not woken by a stale wake that finds one owed",
		inWorld(async (world) => {
			const { leases } = world.runner("theirs");
			const lease = await leases.acquire(SESSION);
			await lease.release({ value: doc("done"), owed: true });
			await world.runner("a").run("one");
			expect(world.wakes).toEqual([]);
			expect(await owedNow(world, "look")).toBe(false);
		}),
	);
});

/** A session in state two that is owed a wake for it, because nobody could send it. */
async function unsentWake(world: World): Promise<Runner> {
	const a = await world.started("a", doc("one"));
	a.hooks.beforeWake = () => Promise.reject(new Error("The queue is full."));
	await errorOf(a.run("one", goTo("two")));
	delete a.hooks.beforeWake;
	a.journal();
	return a;
}

describe("a wake that could not be sent", () => {
	it(
		"is `wake_failed`, transient, and the work stands",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const cause = new Error("The queue is full.");
			a.hooks.beforeWake = () => Promise.reject(cause);
			const error = await errorOf(a.run("one", goTo("two")));
			expect(error).toMatchObject({ code: "wake_failed", transient: true, cause });
			expect(await world.stored()).toEqual(doc("two"));
		}),
	);

	it(
		"is sent when the message is delivered again, although it is stale by then",
		inWorld(async (world) => {
			const a = await unsentWake(world);
			expect(await a.run("one")).toMatchObject({ reason: "stale" });
			expect(a.journal()).toEqual(["bids:3 holder:3", "owed:3 done:3", "wake two"]);
		}),
	);

	it(
		"is sent by the redelivered message also if the holder died between release and wake",
		inWorld(async (world) => {
			const dead = await world.started("dead", doc("one"));
			dead.hooks.beforeWake = () => dead.process.crash();
			expect(await dead.runOrDie("one", goTo("two"))).toEqual({ type: "crashed" });
			expect(world.wakes).toEqual([]);
			expect(await world.runner("b").run("one", goTo("wrong"))).toMatchObject({ reason: "stale" });
			expect(world.wakes).toEqual(["two"]);
			expect(await world.stored()).toEqual(doc("two"));
		}),
	);

	it(
		"is sent by the redelivered message if a bounce's baton was dropped in the same way",
		inWorld(async (world) => {
			const dead = await world.started("dead", doc("parked"));
			await dead.run("parked");
			dead.hooks.afterRelease = () => dead.process.crash();
			await dead.runOrDie("parked", async (record) => {
				await bounce(world, "b", "parked");
				return record;
			});
			expect(await world.runner("c").run("stale")).toMatchObject({ reason: "stale" });
			expect(world.wakes).toEqual(["parked"]);
		}),
	);
});

describe("a stale wake", () => {
	it(
		"wakes nobody if nobody is owed it",
		inWorld(async (world) => {
			const a = await world.started("a", doc("parked"));
			await a.run("parked");
			await a.run("one");
			expect(world.wakes).toEqual([]);
		}),
	);

	it(
		"passes the baton if it is owed, and leaves it owed: it may die before its message is out",
		inWorld(async (world) => {
			const a = await unsentWake(world);
			a.hooks.beforeWake = () => Promise.reject(new Error("The queue is still full."));
			for (let delivery = 0; delivery < 3; delivery++) {
				expect(await errorOf(a.run("one"))).toMatchObject({ code: "wake_failed" });
				expect(await owedNow(world, `look ${delivery}`)).toBe(true);
			}
			delete a.hooks.beforeWake;
			await a.run("one");
			expect(world.wakes).toEqual(["two"]);
			expect(await owedNow(world, "look")).toBe(true);
		}),
	);

	it(
		"passes the baton of those whom it turned away itself",
		inWorld(async (world) => {
			const a = world.runner("a", {
				faults: ({ ops }) => ({
					fate: "run",
					requestMs: ops.some(({ field }) => field.startsWith("done")) ? 10 : 0,
				}),
			});
			await a.leases.acquire(SESSION).then((lease) => lease.release({ value: doc("parked") }));
			await a.run("parked");
			await a.run("one");
			const stale = a.run("one");
			await world.wait(5);
			await bounce(world, "b", "parked");
			await stale;
			expect(world.wakes).toEqual(["parked"]);
			expect(await owedNow(world, "look")).toBe(true);
		}),
	);

	it(
		"passes the baton of those who were turned away by several before it",
		inWorld(async (world) => {
			const a = await world.started("a", doc("parked"));
			await a.run("parked");
			for (const loser of ["b", "c"]) {
				const failing = a.run("parked", async () => {
					if (loser === "b") await bounce(world, loser, "parked");
					throw new TransientError("later");
				});
				await errorOf(failing);
			}
			await a.run("one");
			expect(world.wakes).toEqual(["parked"]);
		}),
	);

	it(
		"leaves the session owed until a run of its state settles it",
		inWorld(async (world) => {
			const a = await unsentWake(world);
			await a.run("one");
			await a.run("one");
			expect(world.wakes).toEqual(["two", "two"]);
			await a.run("two");
			expect(await owedNow(world, "look")).toBe(false);
			await a.run("one");
			expect(world.wakes).toEqual(["two", "two"]);
		}),
	);
});

describe("the next wake", () => {
	it(
		"finds the session free: it is sent after the release was answered",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const states: string[] = [];
			a.hooks.beforeWake = async () => {
				states.push((await world.runner("look").leases.inspect(SESSION)).state);
			};
			await a.run("one", goTo("two", "event"));
			expect(states).toEqual(["free"]);
		}),
	);

	it(
		"is owed from the moment of the commit, not only from the release",
		inWorld(async (world) => {
			const dead = await world.started("dead", doc("one"));
			await dead.run("one", goTo("parked"));
			await dead.run("parked");
			dead.hooks.beforeSend = () => dead.process.crash();
			await dead.runOrDie("parked", goTo("two", "event"));
			await world.wait(TTL_MS + SKEW_MS + 1);
			world.wakes.length = 0;
			await world.runner("b").run("parked");
			expect(world.wakes).toEqual(["two"]);
		}),
	);

	it(
		"is not sent by an attempt that lost its lease, but by the one that follows",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a
				.run("one", async (record) => {
					await world.runner("operator").leases.break(SESSION, "stuck");
					return { ...record, state: "two" };
				})
				.catch(() => undefined);
			expect(world.wakes).toEqual([]);
			await a.run("one", goTo("two"));
			expect(world.wakes).toEqual(["two"]);
		}),
	);
});
