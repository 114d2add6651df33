// Two workers of one name on one engine: neither is deaf without knowing it.
import { describe, expect, it } from "vitest";
import type { IIIClient } from "../../src/stores/iii-client.ts";
import { createOwnName } from "../../src/worker/own-name.ts";
import { surveyForWorker } from "../../src/worker/survey-for-worker.ts";
import { untilRegistered } from "../../src/worker/until-registered.ts";
import { createWorkerBench, onBench, type WorkerBench } from "./setup.ts";

const never = new AbortController().signal;

/** A client of an engine that refuses an id which is taken: iii-sdk says so in a log, and goes on. */
function likeTheSDK(iii: IIIClient): IIIClient {
	return {
		trigger: (request) => iii.trigger(request),
		registerFunction(id, handler) {
			try {
				return iii.registerFunction(id, handler);
			} catch {
				return { unregister: () => undefined };
			}
		},
		registerTrigger: (request) => iii.registerTrigger(request),
	};
}

/** The functions of a worker, with nothing behind them. */
function registerName({ engine, time }: WorkerBench, ownerId: string, ids: readonly string[]) {
	const client = engine.connect();
	const name = createOwnName(likeTheSDK(client), { ownerId, clock: time.clock });
	const register = (given: readonly string[]) => {
		for (const id of given) name.client.registerFunction(id, async () => "its own");
	};
	register(ids);
	return { ...name, register, disconnect: client.disconnect };
}

const IDS = ["turn::start::a", "turn::get_state::a"];

describe("two workers of one name that were both told that it is nobody's", () => {
	it("do not both go on where the last one takes every call: the first learns it with its next look", () =>
		onBench({}, async ({ worker, engine, time, ports }) => {
			const given = { name: "a", queue: "turn-step", patienceMs: 500, servesQueue: false, blockedMs: 1 };
			const surveys = [1, 2].map(() => surveyForWorker(engine.connect(), given, ports));
			for (const fit of await Promise.all(surveys)) expect(fit).toHaveProperty("survey");
			const first = worker("a");
			expect(await first.registered(never)).toBe(true);
			const second = worker("a");
			expect(await second.registered(never)).toBe(true);
			expect(first.lost.aborted).toBe(false);
			await time.wait(10_500);
			expect(first.lost.reason).toEqual({ why: "name_taken" });
			await first.drain();
			first.client.disconnect();
			await time.wait(20_000);
			expect(second.lost.aborted).toBe(false);
			await second.call("turn::get_state", { session_id: "s" });
		})());

	it("do not both go on where the first one keeps its ids: the second learns it at once", () => {
		const bench = createWorkerBench({ like: "0.23" });
		return bench.time.run(
			(async () => {
				const first = registerName(bench, "1", IDS);
				const second = registerName(bench, "2", IDS);
				expect(await untilRegistered(second, { ...bench.time, signal: never })).toBe(false);
				expect(second.lost.reason).toEqual({ why: "name_taken" });
				expect(await first.look()).toBe(true);
			})(),
		);
	});

	it("both end if each has got some of the functions", () => {
		const bench = createWorkerBench();
		return bench.time.run(
			(async () => {
				const first = registerName(bench, "1", IDS.slice(0, 1));
				const second = registerName(bench, "2", IDS);
				first.register(IDS.slice(1));
				for (const one of [first, second]) {
					expect(await one.look()).toBe(false);
					expect(one.lost.reason).toEqual({ why: "name_taken" });
				}
			})(),
		);
	});
});

describe("a worker whose functions are gone", () => {
	it("ends when they stay gone, which a connection that is coming back does not make them", () => {
		const bench = createWorkerBench();
		const { time } = bench;
		return time.run(
			(async () => {
				const first = registerName(bench, "1", IDS);
				expect(await first.look()).toBe(true);
				const second = registerName(bench, "2", IDS);
				second.disconnect();
				await first.look();
				await time.wait(4_000);
				await first.look();
				expect(first.lost.aborted).toBe(false);
				await time.wait(1_000);
				await first.look();
				expect(first.lost.reason).toEqual({ why: "functions_gone" });
			})(),
		);
	});

	it("goes on through silence: the engine may be away", () =>
		onBench({}, async ({ time }) => {
			const codes = ["TIMEOUT", "invocation_stopped", "anything"];
			const trigger = async () => {
				throw Object.assign(new Error("no"), { code: codes.shift() });
			};
			const registered = { unregister: () => undefined };
			const iii = { trigger, registerFunction: () => registered, registerTrigger: () => registered };
			const name = createOwnName(iii, { ownerId: "1", clock: time.clock });
			name.client.registerFunction("f", async () => undefined);
			for (let look = 0; look < 3; look++) {
				expect(await name.look()).toBe(false);
				await time.wait(10_000);
			}
			expect(name.lost.aborted).toBe(false);
		})());
});

describe("the wait for a worker's functions to be known", () => {
	it("is given up at once when the worker is ended, and in the end by itself", () =>
		onBench({}, async ({ time }) => {
			const ended = new AbortController();
			let looks = 0;
			const hangs = { look: () => new Promise<boolean>(() => looks++), lost: never };
			const waiting = untilRegistered(hangs, { ...time, signal: ended.signal });
			await time.wait(100);
			ended.abort();
			expect(await waiting).toBe(false);
			expect([looks, time.clock.monotonicMs()]).toEqual([1, 100]);
			const unknown = { look: async () => false, lost: never };
			expect(await untilRegistered(unknown, { ...time, signal: never })).toBe(false);
			expect(time.clock.monotonicMs()).toBeLessThan(10_000);
		})());
});

it("answers whose a function is before its handler, and only then", () =>
	onBench({}, async ({ worker, other }) => {
		const a = worker("a");
		expect(
			await other.trigger({ function_id: "turn::start::a", payload: { session_lease_whose: true } }),
		).toEqual({ session_lease_whose: expect.any(String) });
		expect(await a.call("turn::start", { session_id: "s" })).toMatchObject({ ok: false });
	})());
