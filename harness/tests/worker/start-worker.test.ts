import { describe, expect, it } from "vitest";
import { TransientError } from "../../src/index.ts";
import type { FunctionCall } from "../../src/turn/index.ts";
import { withEngineFunctions } from "../../src/worker/engine-functions.ts";
import { messageOf, onBench } from "./setup.ts";

describe("turn::start", () => {
	it("starts a turn, which runs to its end", () =>
		onBench({}, async ({ worker, start, engine, runs }) => {
			const a = worker("a");
			expect(await start(a, "s", { c1: "note" })).toEqual({ ok: true });
			await engine.idle();
			expect((await a.record("s")).state).toBe("stopped");
			expect(runs).toEqual(["a s/c1"]);
		})());

	it("answers why a turn cannot be started, and starts none", () =>
		onBench({}, async ({ worker, start, engine, runs }) => {
			const a = worker("a");
			const message = messageOf({ c1: "note" });
			const refused = async (payload: unknown, reason: string) => {
				const answer = await a.call("turn::start", payload);
				expect(answer).toEqual({ ok: false, error: expect.stringContaining(reason) });
			};
			await refused(null, "The message is not an object");
			await refused({ session_id: "s" }, "The message is not an object");
			await refused({ session_id: "s", message: { content: "note" } }, "asks for no function");
			await refused({ session_id: "s", message: { content: [null] } }, "block of `content` is not an object");
			await refused({ session_id: "s", message: { content: [] } }, "asks for no function");
			await refused({ session_id: "s", message: messageOf({ "c/1": "note" }) }, '"c/1"');
			await refused({ session_id: "", message }, "`sessionId`");
			await refused({ message }, "`sessionId`");
			expect(engine.state("session_lease")).toEqual({});
			await start(a, "s", { c1: "note" });
			await engine.idle();
			await refused({ session_id: "s", message }, 'Session "s" has a record');
			expect(runs).toEqual(["a s/c1"]);
		})());

	it("takes the message as a model provider returns it", () =>
		onBench({}, async ({ worker, engine, runs }) => {
			const a = worker("a");
			const message = {
				role: "assistant",
				content: [{ type: "tool_use", id: "c1", name: "note", input: {} }],
			};
			expect(await a.call("turn::start", { session_id: "s", message })).toEqual({ ok: true });
			await engine.idle();
			expect((await a.record("s")).state).toBe("stopped");
			expect(runs).toEqual(["a s/c1"]);
		})());

	it("is turned away at once from a session that is held, also where losers wait in place", () =>
		onBench({}, async ({ worker, start, engine, time }) => {
			const a = worker("a", { slots: 5 });
			await start(a, "s", { c1: "wait 5000" });
			await time.wait(100);
			const startedMs = time.clock.monotonicMs();
			await expect(start(a, "s", { c1: "note" })).rejects.toThrow('Session "s" is held by a');
			expect(time.clock.monotonicMs() - startedMs).toBeLessThan(100);
			await engine.idle();
		})());

	it("rejects what may be tried again", () =>
		onBench({}, async ({ worker, start, time }) => {
			const lost = worker("a", {}, async ({ function_id }, apply) => {
				if (function_id === "state::update") throw new Error("away");
				return apply();
			});
			const message = await start(lost, "s", { c1: "note" }).catch((error: Error) => error.message);
			expect(message).toContain("invocation_failed");
			expect(time.clock.monotonicMs()).toBeLessThan(16_000);
		})());
});

describe("a worker that starts before the state functions are there", () => {
	it("waits for them, and says nothing of it", () =>
		onBench({}, async ({ worker, start, engine, time, runs }) => {
			const a = worker("a", {}, async ({ function_id }, apply) => {
				if (time.clock.monotonicMs() >= 2_000 || !function_id.startsWith("state::")) return apply();
				throw Object.assign(new Error(`Function ${function_id} not found`), { code: "function_not_found" });
			});
			expect(await start(a, "s", { c1: "note" })).toEqual({ ok: true });
			await engine.idle();
			expect(runs).toEqual(["a s/c1"]);
			expect(a.lines).toEqual([expect.stringMatching(/^sweep: \d woken, 0 failed$/)]);
		})());
});

describe("what a worker says", () => {
	it("is nothing of turns that go well, whoever was turned away", () =>
		onBench({}, async ({ worker, start, engine }) => {
			const a = worker("a");
			await start(a, "s", { c1: "wait 500" });
			const woken = a.call("turn::function_execute", { session_id: "s" });
			await expect(woken).rejects.toThrow("is held by a");
			await engine.idle();
			expect(a.lines).toEqual(["sweep: 0 woken, 0 failed"]);
		})());

	it("is a takeover, a lost lease, and what failed, with its session", () =>
		onBench(
			{
				functions: {
					busy: () => Promise.reject(new TransientError("later")),
					hang: () => new Promise(() => undefined),
				},
			},
			async ({ worker, start, engine, other, time }) => {
				const a = worker("a", { ttlMs: 1_000 });
				await start(a, "s", { c1: "hang" });
				await time.wait(100);
				const until = time.clock.wallMs() + 20_000;
				const ops = [
					{ type: "increment", path: "bids:3", by: 1 },
					{ type: "append", path: "holder:3", value: { id: "x", owner: "thief", until } },
				];
				const payload = { scope: "session_lease", key: "s", ops };
				await other.trigger({ function_id: "state::update", payload });
				await engine.idle();
				const lines = a.lines.join("\n");
				expect(lines).toContain('lost session "s" (epoch 2)');
				expect(lines).toContain('turn::function_execute::a of session "s": lease_lost: ');
				expect(lines).toContain('took over session "s" (epoch 4)');
				await a.call("turn::get_state", { session_id: "" }).catch(() => undefined);
				expect(a.lines.at(-1)).toMatch(/^turn::get_state::a of session "": option_invalid: /);
			},
		)());

	it("is that a turn has failed", () =>
		onBench({}, async ({ worker, engine, other, time }) => {
			const a = worker("a");
			const value = {
				session_id: "s",
				state: "function_execute",
				last_assistant: messageOf({ "c/1": "note" }),
			};
			await other.trigger({
				function_id: "state::set",
				payload: { scope: "turn_state", key: "s", value: { ...value, function_results: [] } },
			});
			await a.call("turn::function_execute", { session_id: "s" });
			await engine.idle();
			expect((await a.record("s")).state).toBe("failed");
			await time.wait(0);
			expect(a.lines).toContain('session "s" has failed in turn::function_execute::a');
		})());
});

describe("a function that the worker does not have itself", () => {
	const own = {
		needsApproval: () => false,
		isIdempotent: () => true,
		run: async () => "own",
	};
	const isOwn = ({ function_id }: FunctionCall) => function_id === "note";
	const callOf = (function_id: string, args?: unknown) => ({ id: "c1", function_id, arguments: args });
	const context = (signal = new AbortController().signal) => ({
		sessionId: "s",
		signal,
		idempotencyKey: "s/c1",
		epoch: 1,
	});

	it("is called on the engine, needs approval and is never run twice", () =>
		onBench({}, async ({ other, engine }) => {
			engine.connect().registerFunction("shop::pay", async ({ cents }) => ({ paid: cents }));
			const functions = withEngineFunctions(other, { own, isOwn });
			const pay = callOf("shop::pay", { cents: 5 });
			expect([functions.needsApproval(pay), functions.isIdempotent(pay)]).toEqual([true, false]);
			expect(await functions.run(pay, context())).toEqual({ paid: 5 });
			await expect(functions.run(callOf("shop::none"), context())).rejects.toMatchObject({
				code: "function_not_found",
			});
			const note = callOf("note");
			expect([functions.needsApproval(note), functions.isIdempotent(note)]).toEqual([false, true]);
			expect(await functions.run(note, context())).toBe("own");
		})());

	it("is not waited for any longer once the lease is lost", () =>
		onBench({}, async ({ other, engine, time }) => {
			engine.connect().registerFunction("shop::hang", () => new Promise(() => undefined));
			const lost = new AbortController();
			const functions = withEngineFunctions(other, { own, isOwn });
			const run = functions.run(callOf("shop::hang", {}), context(lost.signal));
			const outcome = run.catch((error: Error) => error.message);
			await time.wait(10);
			lost.abort(new Error("lost"));
			expect(await outcome).toBe("lost");
		})());
});
