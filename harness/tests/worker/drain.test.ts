import { describe, expect, it } from "vitest";
import type { Link } from "../../src/engine/index.ts";
import { isHeld, onBench, untilEnded } from "./setup.ts";

describe("a worker that is drained", () => {
	it("lets what runs finish, and takes nothing new", () =>
		onBench({}, async ({ worker, start, time, stored, runs, engine }) => {
			const a = worker("a");
			await start(a, "s", { c1: "wait 3000" });
			await time.wait(100);
			const startedMs = time.clock.monotonicMs();
			const drained = a.drain();
			await expect(start(a, "t", { c1: "note" })).rejects.toMatchObject({ code: "function_not_found" });
			expect(await drained).toEqual({ finished: true, held: 0 });
			const tookMs = time.clock.monotonicMs() - startedMs;
			expect(tookMs).toBeGreaterThan(2_800);
			expect(tookMs).toBeLessThan(3_100);
			expect(isHeld(stored("s"))).toBe(false);
			expect(runs).toEqual(["a s/c1"]);
			expect(engine.state("session_lease")).not.toHaveProperty("t");
		})());

	it("cuts short what does not finish in time, ends its functions, and leaves no lease", () =>
		onBench({ functions: { pay: untilEnded } }, async ({ worker, start, time, stored, engine }) => {
			const a = worker("a", { drainMs: 2_000 });
			await start(a, "s", { c1: "pay" });
			await time.wait(100);
			expect(isHeld(stored("s"))).toBe(true);
			const startedMs = time.clock.monotonicMs();
			expect(await a.drain()).toEqual({ finished: false, held: 0 });
			expect(time.clock.monotonicMs() - startedMs).toBeLessThan(2_100);
			expect(isHeld(stored("s"))).toBe(false);
			a.client.disconnect();
			// A successor goes on at once: nothing blocks the session for a TTL.
			const b = worker("a");
			await time.wait(1_000);
			await engine.idle();
			const { state, work } = await b.record("s");
			expect(state).toBe("stopped");
			expect(work?.executed.c1?.result.details).toEqual({ interrupted: true });
			expect(b.lines).toContain("sweep: 1 woken, 0 failed");
		})());

	it("gives up a function that does not hear that it is ended, within two seconds more", () =>
		onBench({ functions: { pay: () => new Promise(() => undefined) } }, async (bench) => {
			const { worker, start, time, stored } = bench;
			const a = worker("a", { drainMs: 0 });
			await start(a, "s", { c1: "pay" });
			await time.wait(100);
			const startedMs = time.clock.monotonicMs();
			expect(await a.drain()).toEqual({ finished: false, held: 0 });
			expect(time.clock.monotonicMs() - startedMs).toBeLessThanOrEqual(2_000);
			expect(isHeld(stored("s"))).toBe(false);
		})());

	it("counts a lease that it could not give back, and none that somebody has taken over", () =>
		onBench({ functions: { pay: untilEnded } }, async ({ worker, start, time, engine, other, ports }) => {
			let isAway = false;
			const link: Link = async (_request, apply) => (isAway ? new Promise(() => undefined) : apply());
			const a = worker("a", { drainMs: 100 }, link);
			const b = worker("b", { drainMs: 100 });
			await start(a, "s", { c1: "pay" });
			await start(b, "t", { c1: "pay" });
			await time.wait(100);
			const holder = { id: "x", owner: "thief", until: ports.clock.wallMs() + 60_000 };
			const ops = [
				{ type: "increment", path: "bids:3", by: 1 },
				{ type: "append", path: "holder:3", value: holder },
			];
			const payload = { scope: "session_lease", key: "t", ops };
			await other.trigger({ function_id: "state::update", payload });
			expect(await b.drain()).toEqual({ finished: false, held: 0 });
			expect(b.lines.join("\n")).toContain("epoch 3 of thief has taken over");
			isAway = true;
			expect(await a.drain()).toEqual({ finished: false, held: 1 });
			expect(isHeld(engine.state("session_lease").s as Record<string, unknown>)).toBe(true);
		})());

	it("sends away whoever waits in place for a lease", () =>
		onBench({}, async ({ worker, start, time, engine, ports, other }) => {
			const a = worker("a", { slots: 5 });
			await start(a, "s", { c1: "note" });
			await engine.idle();
			const held = { id: "x", owner: "dead", until: ports.clock.wallMs() + 15_000 };
			const ops = [
				{ type: "increment", path: "bids:9", by: 1 },
				{ type: "append", path: "holder:9", value: held },
			];
			await other.trigger({
				function_id: "state::update",
				payload: { scope: "session_lease", key: "s", ops },
			});
			const waiting = a
				.call("turn::steering_check", { session_id: "s" })
				.catch((error: Error) => error.message);
			await time.wait(1_000);
			const startedMs = time.clock.monotonicMs();
			expect(await a.drain()).toEqual({ finished: true, held: 0 });
			expect(await waiting).toContain("This worker is ending");
			expect(time.clock.monotonicMs() - startedMs).toBeLessThan(100);
		})());

	it("leaves no lease, in whatever moment of a turn it is ended", () =>
		onBench({ functions: { pay: untilEnded } }, async ({ worker, time, start, engine, ports }) => {
			const slowly: Link = async (_request, apply) => {
				await ports.wait(10);
				const answer = await apply();
				await ports.wait(10);
				return answer;
			};
			let started = 0;
			for (let ms = 0; ms < 250; ms += 5) {
				const [name, sessionId] = [`w${ms}`, `s${ms}`];
				const it = worker(name, { drainMs: 0 }, slowly);
				void start(it, sessionId, { c1: "pay" }).catch(() => undefined);
				await time.wait(ms);
				expect((await it.drain()).held).toBe(0);
				it.client.disconnect();
				const stored = engine.state("session_lease")[sessionId] as Record<string, unknown> | undefined;
				if (stored === undefined) continue;
				started++;
				expect([ms, isHeld(stored)]).toEqual([ms, false]);
			}
			expect(started).toBeGreaterThan(30);
		})());
});
