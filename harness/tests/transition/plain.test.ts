// Transitions without a lease: as the turn-orchestrator has them, race included.
import { describe, expect, it } from "vitest";
import { TransientError } from "../../src/index.ts";
import type { Handle } from "../../src/transition/context.ts";
import { runPlain } from "../../src/transition/run-plain.ts";
import { errorOf, SESSION } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { type Doc, doc, goTo, inWorld, type Runner, type World } from "./setup.ts";

expectNoUnhandledRejections();

const run = (runner: Runner, state: string, handle: Handle<Doc>) =>
	runPlain(runner.ports, { sessionId: SESSION, state, handle });

const eventsOf = (world: World): unknown[] => world.sent.map(({ event }) => event);

describe("a plain transition", () => {
	it(
		"answers as a serialized one does: from, to, and stale",
		inWorld(async (world) => {
			world.plain.set(SESSION, doc("one"));
			const a = world.runner("a");
			expect(await run(a, "one", goTo("two"))).toEqual({ ok: true, from_state: "one", to_state: "two" });
			expect(await run(a, "one", goTo("two"))).toEqual({ ok: true, skipped: true, reason: "stale" });
			expect(world.plain.get(SESSION)).toEqual(doc("two"));
		}),
	);

	it(
		"rejects with `record_missing` if there is no record",
		inWorld(async (world) => {
			expect(await errorOf(run(world.runner("a"), "one", goTo("two")))).toMatchObject({
				code: "record_missing",
			});
		}),
	);

	it.each([
		["the next state", "two", ["two"]],
		["no state that waits", "parked", []],
		["no terminal state", "done", []],
		["not the state that it is in already", "one", []],
	])("wakes %s", async (_what, state, wakes) => {
		await inWorld(async (world) => {
			world.plain.set(SESSION, doc("one"));
			await run(world.runner("a"), "one", goTo(state));
			expect(world.wakes).toEqual(wakes);
		})();
	});

	it(
		"saves, then sends the events in order, then wakes",
		inWorld(async (world) => {
			world.plain.set(SESSION, doc("one"));
			const a = world.runner("a");
			await run(a, "one", goTo("two", "first", "second"));
			expect(a.journal()).toEqual(["load", "save two", "send first", "send second", "wake two"]);
		}),
	);

	it(
		"sends events at a checkpoint and saves nothing there",
		inWorld(async (world) => {
			world.plain.set(SESSION, doc("one"));
			const a = world.runner("a");
			await run(a, "one", async (record, context) => {
				expect(context).toMatchObject({ epoch: 0, sessionId: SESSION });
				context.emit("before");
				await context.checkpoint({ ...record, notes: ["half"] });
				return { ...record, state: "two" };
			});
			expect(a.journal()).toEqual(["load", "send before", "save two", "wake two"]);
		}),
	);

	it(
		"lets a transient error through and saves nothing",
		inWorld(async (world) => {
			world.plain.set(SESSION, doc("one"));
			const error = new TransientError("later");
			expect(await errorOf(run(world.runner("a"), "one", () => Promise.reject(error)))).toBe(error);
			expect(world.plain.get(SESSION)).toEqual(doc("one"));
		}),
	);

	const failures: readonly [what: string, handle: Handle<Doc>][] = [
		["a rejection", () => Promise.reject(new Error("wrong"))],
		[
			"an error thrown at once",
			() => {
				throw new Error("wrong");
			},
		],
		["an answer of undefined", async () => undefined as never],
		["an answer of null", async () => null as never],
	];
	it.each(failures)(
		"routes %s to failed, from the record as it was loaded, without its events",
		(_what, handle) =>
			inWorld(async (world) => {
				world.plain.set(SESSION, doc("one", "kept"));
				const failing: Handle<Doc> = (record, context) => {
					record.notes.push("lost");
					context.emit("lost");
					return handle(record, context);
				};
				expect(await run(world.runner("a"), "one", failing)).toMatchObject({ to_state: "failed" });
				expect(world.plain.get(SESSION)).toMatchObject({
					...doc("failed", "kept"),
					error: { kind: "transition_error" },
				});
				expect(eventsOf(world)).toEqual(["failed"]);
				expect(world.wakes).toEqual([]);
			})(),
	);

	it(
		"runs twice for two wakes at once, and the second save wins: that is the race",
		inWorld(async (world) => {
			world.plain.set(SESSION, doc("one"));
			const calls: string[] = [];
			const handleAs =
				(name: string): Handle<Doc> =>
				async (record) => {
					calls.push(name);
					await world.wait(5);
					return { ...record, state: "two", notes: [name] };
				};
			const runs = ["a", "b"].map((name) => run(world.runner(name), "one", handleAs(name)));
			await Promise.all(runs);
			expect(calls).toEqual(["a", "b"]);
			expect(world.plain.get(SESSION)).toEqual(doc("two", "b"));
			expect(world.wakes).toEqual(["two", "two"]);
		}),
	);
});
