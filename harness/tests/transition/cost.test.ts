// What a transition costs in store calls: the protocol's table, row by row, and in which order it does what.
import { describe, expect, it } from "vitest";
import { runPlain } from "../../src/transition/run-plain.ts";
import { SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { bounce, doc, goTo, inWorld, never } from "./setup.ts";

expectNoUnhandledRejections();

describe("the cost of a transition", () => {
	it(
		"is a load and a save without a lease, with no call to the lease's store",
		inWorld(async (world) => {
			const a = world.runner("a");
			world.plain.set(SESSION, doc("one"));
			await runPlain(a.ports, { sessionId: SESSION, state: "one", handle: goTo("two") });
			expect(a.journal()).toEqual(["load", "save two", "wake two"]);
		}),
	);

	it(
		"is two calls with a hint, the next wake included, which is sent after the release",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", goTo("two"));
			expect(a.journal()).toEqual(["bids:2 holder:2", "value:2 owed:2 done:2", "wake two"]);
		}),
	);

	it(
		"is three calls without a hint",
		inWorld(async (world) => {
			await world.started("a", doc("one"));
			const cold = world.runner("cold");
			await cold.run("one", goTo("two"));
			expect(cold.journal()).toEqual(["read", "bids:2 holder:2", "value:2 owed:2 done:2", "wake two"]);
		}),
	);

	it(
		"is one call more with events, which are sent between commit and release",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", goTo("two", "first", "second"));
			expect(a.journal()).toEqual([
				"bids:2 holder:2",
				"value:2 owed:2 outbox:2",
				"send first",
				"send second",
				"owed:2 outbox:2 done:2",
				"wake two",
			]);
		}),
	);

	it(
		"is one call more for each checkpoint",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", async (record, context) => {
				await context.checkpoint(record);
				await context.checkpoint(record);
				return { ...record, state: "two" };
			});
			expect(a.journal()).toEqual([
				"bids:2 holder:2",
				"value:2 owed:2 outbox:2",
				"value:2 owed:2 outbox:2",
				"value:2 owed:2 done:2",
				"wake two",
			]);
		}),
	);

	it(
		"is one call more for a takeover",
		inWorld(async (world) => {
			const dead = await world.started("dead", doc("one"));
			void dead.run("one", never);
			await world.wait(1);
			dead.process.crash();
			await world.wait(TTL_MS + SKEW_MS + 1);
			const b = world.runner("b");
			await b.run("one", goTo("two"));
			expect(b.journal()).toEqual([
				"read",
				"bids:3 holder:3",
				"value:3 owed:3",
				"value:3 owed:3 done:3",
				"wake two",
			]);
		}),
	);

	it(
		"is two calls for a stale wake, which leaves the value where it is",
		inWorld(async (world) => {
			const a = await world.started("a", doc("two"));
			await a.run("two");
			a.journal();
			await a.run("one");
			expect(a.journal()).toEqual(["bids:3 holder:3", "owed:3 done:3"]);
		}),
	);

	it(
		"is one call for a loser with a hint, and two for one without",
		inWorld(async (world) => {
			const hinted = await world.started("hinted", doc("one"));
			const cold = world.runner("cold");
			await world.runner("holder").run("one", async (record) => {
				await expect(hinted.run("one")).rejects.toMatchObject({ code: "lease_held" });
				await expect(cold.run("one")).rejects.toMatchObject({ code: "lease_held" });
				return { ...record, state: "two" };
			});
			expect(hinted.journal()).toEqual(["bids:2 holder:2"]);
			expect(cold.journal()).toEqual(["read", "bids:2"]);
		}),
	);

	it(
		"is the plain load once more, and nothing else, for the wake that adopts a plain record",
		inWorld(async (world) => {
			world.plain.set(SESSION, doc("one"));
			const a = world.runner("a");
			await a.run("one", goTo("two"));
			expect(a.journal()).toEqual(["read", "bids:1 holder:1", "load", "value:1 owed:1 done:1", "wake two"]);
			await a.run("two", goTo("three"));
			expect(a.journal()).toEqual(["bids:2 holder:2", "value:2 owed:2 done:2", "wake three"]);
		}),
	);

	it(
		"is the plain save and one call more for a projected commit",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"), { projects: true });
			await a.run("one", goTo("two"));
			expect(a.journal()).toEqual([
				"bids:2 holder:2",
				"value:2 owed:2 outbox:2",
				"save two",
				"owed:2 done:2",
				"wake two",
			]);
		}),
	);
});

describe("a chain of transitions, each of which wakes the next one at once", () => {
	it.each([
		["one worker", 1, 2],
		["two workers in turn", 2, 3],
	])("bounces nobody: %s", async (_workers, count, callsMost) => {
		await inWorld(async (world) => {
			const first = await world.started("w0", doc("step-0"));
			const workers = [
				first,
				...Array.from({ length: count - 1 }, (_, index) => world.runner(`w${index + 1}`)),
			];
			const runs: Promise<unknown>[] = [];
			const step = async (number: number) => {
				const worker = workers[number % count] ?? first;
				await worker.run(`step-${number}`, goTo(number === 19 ? "done" : `step-${number + 1}`));
			};
			for (const worker of workers) {
				worker.hooks.beforeWake = (state) => {
					runs.push(step(Number(state.slice(5))));
				};
			}
			runs.push(step(0));
			for (let index = 0; index < runs.length; index++) await runs[index];
			expect(runs).toHaveLength(20);
			expect(await world.stored()).toEqual(doc("done"));
			expect(world.turnedAway()).toBe(0);
			const storeCalls = workers
				.flatMap((worker) => worker.journal())
				.filter((entry) => !entry.startsWith("wake"));
			expect(storeCalls.length).toBeLessThanOrEqual(20 * callsMost);
		})();
	});
});

describe("a record", () => {
	it(
		"stays at about a dozen fields, however many wakes and losers it has seen",
		inWorld(async (world) => {
			const a = await world.started("a", doc("state-0"));
			for (let wake = 0; wake < 30; wake++) {
				const events = wake % 3 === 0 ? ["event"] : [];
				await a.run(`state-${wake}`, async (record, context) => {
					await bounce(world, `loser-${wake}`, "any");
					return goTo(`state-${wake + 1}`, ...events)(record, context);
				});
				await a.run("stale");
				expect(Object.keys(await world.record()).length).toBeLessThanOrEqual(12);
			}
		}),
	);
});
