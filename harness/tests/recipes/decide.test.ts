// A decision is made by one at a time, saved with what follows from it, and what follows is sent until it is out.
import { describe, expect, it } from "vitest";
import { hasCode, type Leases, type OutboxEvent } from "../../src/index.ts";
import { type DecidePorts, decide, type Step, sendLeftEvents } from "../../src/recipes/decide.ts";
import { type Bench, errorOf, onBench, SESSION, SKEW_MS, TTL_MS, type Worker } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

type Value = readonly string[];

const EVENTS: readonly OutboxEvent[] = [
	{ id: "first", event: 1 },
	{ id: "second", event: 2 },
];

/** Adds a word, and answers how many there are. */
const add =
	(word: string, events?: readonly OutboxEvent[]): Step<Value, number> =>
	(value = []) => ({ answer: value.length + 1, value: [...value, word], ...(events ? { events } : {}) });

interface Decider {
	readonly worker: Worker;
	readonly ports: DecidePorts<Value>;
	/** What was sent, in order, and no more of it than the outside has taken. */
	readonly sent: string[];
}

/** `take` is what the outside does with an event: it rejects, or never answers, what it has not taken. */
function decider(bench: Bench, name: string, take: (id: string) => Promise<void> = async () => {}): Decider {
	const worker = bench.worker(name);
	const sent: string[] = [];
	const send = async (sessionId: string, { id }: OutboxEvent) => {
		await take(id);
		sent.push(`${sessionId} ${id}`);
	};
	return { worker, sent, ports: { leases: worker.leases as Leases<Value>, send } };
}

/** A decider that dies while its second event is being sent. */
async function dieWhileSending(bench: Bench): Promise<void> {
	const dying = decider(bench, "dying", async (id) => {
		if (id !== "second") return;
		dying.worker.process.crash();
		await new Promise(() => undefined);
	});
	const outcome = await dying.worker.process.run(() => decide(dying.ports, SESSION, add("a", EVENTS)));
	expect(outcome.type).toBe("crashed");
	expect(dying.sent).toEqual(["s first"]);
}

describe("a decision", () => {
	it(
		"is made on the value that the last one left",
		onBench(async (bench) => {
			const [a, b] = [decider(bench, "a"), decider(bench, "b")];
			expect(await decide(a.ports, SESSION, add("a"))).toBe(1);
			expect(await decide(b.ports, SESSION, add("b"))).toBe(2);
			expect(await bench.value()).toEqual(["a", "b"]);
		}),
	);

	it(
		"is made by one at a time, also where many decide at once",
		onBench(async (bench) => {
			const deciders = ["a", "b", "c", "d", "e"].map((name) => decider(bench, name));
			const made = deciders.map(({ ports }) => decide(ports, SESSION, add("x"), { waitMs: 60_000 }));
			expect((await Promise.all(made)).sort()).toEqual([1, 2, 3, 4, 5]);
		}),
	);

	it(
		"is saved in the release if nothing follows from it: a look, a bid, a release",
		onBench(async (bench) => {
			const { ports, worker } = decider(bench, "a");
			await decide(ports, SESSION, add("a"));
			expect(worker.calls()).toHaveLength(3);
			await decide(ports, SESSION, add("b", EVENTS));
			expect(worker.calls()).toHaveLength(3);
			await decide(ports, SESSION, add("c", []));
			expect(worker.calls()).toHaveLength(2);
		}),
	);

	it(
		"leaves the value as it is if it names none",
		onBench(async (bench) => {
			const { ports } = decider(bench, "a");
			expect(await decide(ports, SESSION, (value) => ({ answer: value ?? "none" }))).toBe("none");
			await decide(ports, SESSION, add("a"));
			expect(await decide(ports, SESSION, (value) => ({ answer: value }))).toEqual(["a"]);
			expect(await bench.value()).toEqual(["a"]);
			expect(await bench.inspect()).toMatchObject({ state: "free", owed: false });
		}),
	);

	it(
		"saves nothing if its step throws, and keeps nobody waiting",
		onBench(async (bench) => {
			const { ports } = decider(bench, "a");
			await decide(ports, SESSION, add("a"));
			const thrown = new Error("no");
			const rejected = decide(ports, SESSION, () => {
				throw thrown;
			});
			expect(await errorOf(rejected)).toBe(thrown);
			expect(await bench.value()).toEqual(["a"]);
			expect(await decide(decider(bench, "b").ports, SESSION, add("b"), { waitMs: 0 })).toBe(2);
			expect(bench.time.clock.monotonicMs()).toBe(0);
		}),
	);

	it(
		"refuses events without a value, and sends none of them",
		onBench(async (bench) => {
			const { ports, sent } = decider(bench, "a");
			const error = await errorOf(decide(ports, SESSION, () => ({ answer: 1, events: EVENTS })));
			expect(error).toBeInstanceOf(TypeError);
			expect(sent).toEqual([]);
			expect(await decide(ports, SESSION, () => ({ answer: 1, events: [] }), { waitMs: 0 })).toBe(1);
		}),
	);

	it(
		"refuses a step that answers a promise: what it decides later would be lost",
		onBench(async (bench) => {
			const { ports } = decider(bench, "a");
			const late = async (value: Value = []) => ({ answer: 1, value: [...value, "a"] });
			const error = await errorOf(decide(ports, SESSION, late as unknown as Step<Value, number>));
			expect(error).toBeInstanceOf(TypeError);
			expect((error as Error).message).toContain("promise");
			const refused = () => Promise.reject(new Error("heard by nobody"));
			expect(await errorOf(decide(ports, SESSION, refused as never))).toBeInstanceOf(TypeError);
			expect(await bench.value()).toBeUndefined();
			expect(await decide(ports, SESSION, add("b"), { waitMs: 0 })).toBe(1);
		}),
	);

	it.each([
		["missing", [{ event: 1 }]],
		["empty", [{ id: "", event: 1 }]],
		["no text", [{ id: 7, event: 1 }]],
		["another event's", [...EVENTS, { id: "first", event: 3 }]],
	])("refuses events with an id that is %s, and saves and sends nothing", (_, events) =>
		onBench(async (bench) => {
			const { ports, sent } = decider(bench, "a");
			const error = await errorOf(decide(ports, SESSION, add("a", events as readonly OutboxEvent[])));
			const isRefusal = error instanceof TypeError || hasCode(error, "option_invalid");
			expect(isRefusal, String(error)).toBe(true);
			expect(sent).toEqual([]);
			expect(await bench.value()).toBeUndefined();
			expect(await decide(ports, SESSION, add("b"), { waitMs: 0 })).toBe(1);
		})(),
	);
});

describe("what follows from a decision", () => {
	it(
		"is sent once it is saved, in order, and before the answer",
		onBench(async (bench) => {
			const seen: unknown[] = [];
			const { ports, sent } = decider(bench, "a", async () => {
				seen.push(await bench.value());
			});
			await decide(ports, SESSION, add("a", EVENTS));
			expect(sent).toEqual(["s first", "s second"]);
			expect(seen).toEqual([["a"], ["a"]]);
		}),
	);

	it(
		"is sent by whoever takes over from a dead decider: first, all of it, under the same ids",
		onBench(async (bench) => {
			await dieWhileSending(bench);
			await bench.wait(TTL_MS + SKEW_MS + 1);
			const next = decider(bench, "next");
			let sentBefore: readonly string[] = [];
			const answer = await decide(next.ports, SESSION, (value = []) => {
				sentBefore = [...next.sent];
				return { answer: value, value: [...value, "b"], events: [{ id: "third", event: 3 }] };
			});
			expect(answer).toEqual(["a"]);
			expect(sentBefore).toEqual(["s first", "s second"]);
			expect(next.sent).toEqual(["s first", "s second", "s third"]);
		}),
	);

	it(
		"is given to the first send as to a repeated one: a date is a text, and what is undefined is not there",
		onBench(async (bench) => {
			const given: unknown[] = [];
			const sending = (name: string, answer: () => Promise<void>): DecidePorts<Value> => ({
				leases: bench.worker(name).leases as Leases<Value>,
				send: async (_, event) => {
					given.push(event);
					await answer();
				},
			});
			const events = [{ id: "first", event: { at: new Date(0), by: undefined } }];
			const first = sending("a", () => Promise.reject(new Error("503")));
			await errorOf(decide(first, SESSION, add("a", events)));
			await sendLeftEvents(
				sending("b", async () => {}),
				SESSION,
			);
			const asJson = { id: "first", event: { at: "1970-01-01T00:00:00.000Z" } };
			expect(given).toStrictEqual([asJson, asJson]);
		}),
	);

	it(
		"is sent by the next decision if it could not be sent, and not again by the one after that",
		onBench(async (bench) => {
			const cause = new Error("503");
			const failing = decider(bench, "a", async (id) => {
				if (id === "second") throw cause;
			});
			const error = await errorOf(decide(failing.ports, SESSION, add("a", EVENTS)));
			expect(error).toMatchObject({ code: "send_failed", transient: true, cause });
			expect(await bench.value()).toEqual(["a"]);

			const next = decider(bench, "b");
			await decide(next.ports, SESSION, (value) => ({ answer: value }), { waitMs: 0 });
			expect(next.sent).toEqual(["s first", "s second"]);
			await decide(next.ports, SESSION, add("b"), { waitMs: 0 });
			expect(next.sent).toHaveLength(2);
		}),
	);

	it(
		"stays to be sent, and nothing new is decided, while it cannot be sent",
		onBench(async (bench) => {
			await dieWhileSending(bench);
			await bench.wait(TTL_MS + SKEW_MS + 1);
			const failing = decider(bench, "a", () => Promise.reject(new Error("503")));
			for (const word of ["x", "y"]) {
				const error = await errorOf(decide(failing.ports, SESSION, add(word), { waitMs: 0 }));
				expect(error).toMatchObject({ code: "send_failed" });
			}
			expect(await bench.value()).toEqual(["a"]);
			const next = decider(bench, "b");
			await sendLeftEvents(next.ports, SESSION);
			expect(next.sent).toEqual(["s first", "s second"]);
		}),
	);

	it(
		"is found by a sweep whose wake is `sendLeftEvents`, and only as long as it is left",
		onBench(async (bench) => {
			await dieWhileSending(bench);
			const { ports, sent } = decider(bench, "sweeper");
			const sweep = () => ports.leases.sweep({ wake: (sessionId) => sendLeftEvents(ports, sessionId) });
			expect(await sweep()).toEqual({ woken: [], failed: [] });
			await bench.wait(TTL_MS + SKEW_MS + 1);
			expect(await sweep()).toEqual({ woken: [SESSION], failed: [] });
			expect(sent).toEqual(["s first", "s second"]);
			expect(await sweep()).toEqual({ woken: [], failed: [] });
			expect(await bench.value()).toEqual(["a"]);
		}),
	);
});

describe("who meets somebody who is deciding", () => {
	it(
		"is turned away with a transient error that no queue takes for one of those that it may drop",
		onBench(async (bench) => {
			const holder = await bench.worker("holder").leases.acquire(SESSION);
			let runs = 0;
			const step = () => ({ answer: ++runs });
			const error = await errorOf(decide(decider(bench, "a").ports, SESSION, step, { waitMs: 0 }));
			expect(error).toMatchObject({ code: "transient", transient: true, cause: { code: "lease_held" } });
			expect((error as Error).message).toContain("holder");
			expect(runs).toBe(0);
			await holder.release();
		}),
	);

	it.each([
		[undefined, 2_000],
		[0, 0],
		[333, 333],
	])("waits in place with `waitMs` %s for %i ms", (waitMs, waitedMs) =>
		onBench(async (bench) => {
			const holder = await bench.worker("holder").leases.acquire(SESSION);
			const options = waitMs === undefined ? {} : { waitMs };
			const error = await errorOf(decide(decider(bench, "a").ports, SESSION, add("a"), options));
			expect(error).toMatchObject({ code: "transient" });
			expect(bench.time.clock.monotonicMs()).toBe(waitedMs);
			await holder.release();
		})(),
	);

	it(
		"decides as soon as the other one has, if it waits so long",
		onBench(async (bench) => {
			const holder = await bench.worker("holder").leases.acquire(SESSION);
			const answer = decide(decider(bench, "a").ports, SESSION, add("a"));
			await bench.wait(700);
			await holder.release({ value: ["held"] });
			expect(await answer).toBe(2);
			expect(bench.time.clock.monotonicMs()).toBeLessThan(2_000);
		}),
	);

	it(
		"is spread beside the others who wait: of fifty at once most decide in time, on a store of 10 ms a call",
		onBench(async (bench) => {
			const slow = () => ({ fate: "run", requestMs: 5, replyMs: 5 }) as const;
			const deciding = Array.from({ length: 50 }, (_, at) => {
				const leases = bench.worker(`w${at}`, { faults: slow }).leases as Leases<Value>;
				return decide({ leases, send: async () => {} }, SESSION, add(`w${at}`), { waitMs: 2_000 });
			});
			const outcomes = await Promise.allSettled(deciding);
			const turnedAway = outcomes.flatMap((outcome) =>
				outcome.status === "rejected" ? [outcome.reason] : [],
			);
			for (const error of turnedAway) expect(error).toMatchObject({ code: "transient", transient: true });
			const decided = outcomes.length - turnedAway.length;
			expect(decided).toBeGreaterThanOrEqual(35);
			expect(await bench.value()).toHaveLength(decided);
		}),
	);

	it(
		"stops waiting with its signal, for its reason",
		onBench(async (bench) => {
			const holder = await bench.worker("holder").leases.acquire(SESSION);
			const { signal, abort } = abortable();
			const { ports } = decider(bench, "a");
			const answer = errorOf(decide(ports, SESSION, add("a"), { waitMs: 60_000, signal }));
			await bench.wait(100);
			abort("enough");
			expect(await answer).toBe("enough");
			await holder.release();
			expect(await bench.value()).toBeUndefined();
		}),
	);
});

function abortable(): { readonly signal: AbortSignal; readonly abort: (reason: unknown) => void } {
	const controller = new AbortController();
	return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}
