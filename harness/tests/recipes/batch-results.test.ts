// Every item of a batch is done, failed or terminal, and in doubt it is failed.
import { getEventListeners } from "node:events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LeaseHeldError, OutcomeUnknownError } from "../../src/lease/errors.ts";
import { type BatchAnswer, type BatchOptions, runBatch } from "../../src/recipes/batch-results.ts";
import { createVirtualTime } from "../../src/system/virtual-time.ts";
import { errorOf } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

interface Item {
	readonly id: string;
	/** What its attempts do, one after the other; all that come after these succeed. */
	readonly errors?: readonly unknown[];
}

const limited = (seconds: number) => ({ status: 429, headers: { "retry-after": String(seconds) } });
const REJECTED = { status: 400 };
const OUTAGE = { status: 503 };

interface Ran extends BatchAnswer {
	/** What was handled, in order: `"a1"` is the first attempt at item a. */
	readonly handled: readonly string[];
	readonly tookMs: number;
	readonly failedIds: readonly string[];
	readonly terminalIds: readonly string[];
}

async function run(items: readonly Item[], options: Partial<BatchOptions<Item>> = {}): Promise<Ran> {
	const time = createVirtualTime();
	const handled: string[] = [];
	const answer = await time.run(
		runBatch(items, {
			idOf: ({ id }) => id,
			async handle({ id, errors = [] }, { attempt }) {
				handled.push(`${id}${attempt}`);
				if (attempt <= errors.length) throw errors[attempt - 1];
			},
			ports: time,
			...options,
		}),
	);
	return {
		...answer,
		handled,
		tookMs: time.clock.monotonicMs(),
		failedIds: answer.failed.map(({ itemIdentifier }) => itemIdentifier),
		terminalIds: answer.terminal.map(({ itemIdentifier }) => itemIdentifier),
	};
}

describe("runBatch", () => {
	it("reports nothing of a batch that succeeds", async () => {
		const ran = await run([{ id: "a" }, { id: "b" }]);
		expect(ran.response).toEqual({ batchItemFailures: [] });
		expect(ran).toMatchObject({ handled: ["a1", "b1"], failed: [], terminal: [] });
		expect(ran.retryAfterMs).toBeUndefined();
		expect((await run([])).response).toEqual({ batchItemFailures: [] });
	});

	it("handles every item, whichever of the others fail", async () => {
		const ran = await run([
			{ id: "a", errors: [OUTAGE] },
			{ id: "b" },
			{ id: "c", errors: [REJECTED] },
			{ id: "d", errors: [undefined] },
			{ id: "e" },
		]);
		expect(ran.handled).toEqual(["a1", "b1", "c1", "d1", "e1"]);
		expect(ran.response).toEqual({ batchItemFailures: [{ itemIdentifier: "a" }, { itemIdentifier: "d" }] });
		expect(ran.failed[0]?.error).toBe(OUTAGE);
		expect(ran.terminal).toEqual([{ itemIdentifier: "c", error: REJECTED }]);
	});

	it("reports a message once, whichever of its parts have failed", async () => {
		const ran = await run([
			{ id: "a", errors: [OUTAGE] },
			{ id: "a", errors: [REJECTED] },
			{ id: "a", errors: [OUTAGE] },
			{ id: "b" },
			{ id: "b", errors: [OUTAGE] },
		]);
		expect(ran.response).toEqual({ batchItemFailures: [{ itemIdentifier: "a" }, { itemIdentifier: "b" }] });
		expect(ran.failedIds).toEqual(["a", "a", "b"]);
		expect(ran.terminalIds).toEqual(["a"]);
	});

	it("survives a handler that throws before it has a promise", async () => {
		const { signal } = new AbortController();
		const ran = await run([{ id: "a" }], {
			signal,
			handle() {
				throw new Error("at once");
			},
		});
		expect(ran.failedIds).toEqual(["a"]);
		expect(getEventListeners(signal, "abort")).toEqual([]);
	});

	it("tries again in place after a short time that the error says", async () => {
		const ran = await run([{ id: "a", errors: [limited(1)] }, { id: "b" }]);
		expect(ran).toMatchObject({ handled: ["a1", "a2", "b1"], failed: [], tookMs: 1_000 });
	});

	it("waits no longer than it may, all items together", async () => {
		const items = [
			{ id: "a", errors: [limited(2)] },
			{ id: "b", errors: [limited(2)] },
			{ id: "c", errors: [limited(1)] },
		];
		const ran = await run(items, { waitMaxMs: 3_000 });
		expect(ran).toMatchObject({ handled: ["a1", "a2", "b1", "c1", "c2"], failedIds: ["b"], tookMs: 3_000 });
		expect((await run(items, { waitMaxMs: 0 })).failedIds).toEqual(["a", "b", "c"]);
		expect((await run(items, { waitMaxMs: 999 })).tookMs).toBe(0);
		expect((await run(items)).handled).toEqual(["a1", "b1", "c1", "c2"]);
	});

	it("makes so many attempts at an item, even if it may be tried again at once", async () => {
		const errors = Array.from({ length: 9 }, () => limited(0));
		const ran = await run([{ id: "a", errors }]);
		expect(ran).toMatchObject({ handled: ["a1", "a2", "a3"], failedIds: ["a"] });
		expect((await run([{ id: "a", errors }], { attemptsMax: 1 })).handled).toEqual(["a1"]);
	});

	it("goes by the last error: what was retryable may turn out terminal", async () => {
		const ran = await run([{ id: "a", errors: [limited(1), REJECTED] }]);
		expect(ran).toMatchObject({ terminalIds: ["a"], failed: [] });
	});

	it("says when the earliest may succeed, from now on", async () => {
		const held = new LeaseHeldError({ sessionId: "s", epoch: 1, holder: "w", retryAfterMs: 16_000 });
		const ran = await run([
			{ id: "a", errors: [held] },
			{ id: "b", errors: [limited(40)] },
			{ id: "c", errors: [OUTAGE] },
			{ id: "d", errors: [limited(1)] },
		]);
		expect(ran.tookMs).toBe(1_000);
		expect(ran.retryAfterMs).toBe(15_000);
		expect(ran.failed.map((item) => item.retryAfterMs)).toEqual([15_000, 39_000, undefined]);
		expect((await run([{ id: "c", errors: [OUTAGE] }])).retryAfterMs).toBeUndefined();
	});

	it("says 0, and nothing negative, of what has become due in the meantime", async () => {
		const ran = await run(
			[
				{ id: "a", errors: [limited(1), limited(1)] },
				{ id: "b", errors: [limited(2)] },
			],
			{ attemptsMax: 2, waitMaxMs: 3_000 },
		);
		expect(ran).toMatchObject({ failedIds: ["a"], tookMs: 3_000, retryAfterMs: 0 });
	});

	it("reports an unknown outcome as failed, at once, whatever the classes say", async () => {
		const unknown = new OutcomeUnknownError("no answer");
		const classes = { terminal: ["outcome_unknown", "Error"], otherwise: "terminal" } as const;
		const items = [
			{ id: "a", errors: [unknown] },
			{ id: "b", errors: [new Error("saving", { cause: unknown })] },
			{ id: "c", errors: [{ code: "outcome_unknown", retryAfterMs: 1 }] },
			{ id: "d", errors: [new Error("plain")] },
		];
		const ran = await run(items, { classes });
		expect(ran).toMatchObject({ failedIds: ["a", "b", "c"], terminalIds: ["d"], tookMs: 0 });
	});

	it("handles nothing behind a failed item of a queue that keeps its order", async () => {
		const items = [
			{ id: "a", errors: [REJECTED] },
			{ id: "b" },
			{ id: "c", errors: [OUTAGE] },
			{ id: "d" },
			{ id: "e", errors: [REJECTED] },
		];
		const ran = await run(items, { inOrder: true });
		expect(ran).toMatchObject({
			handled: ["a1", "b1", "c1"],
			failedIds: ["c", "d", "e"],
			terminalIds: ["a"],
		});
		expect(ran.failed[2]?.error).toMatchObject({ code: "transient" });
		expect(String(ran.failed[2]?.error)).toContain('"c"');
	});
});

describe("a batch that is ended", () => {
	it("reports what is under way, without waiting for it, and what has not begun", async () => {
		const time = createVirtualTime();
		const ending = new AbortController();
		const begun: string[] = [];
		const batch = runBatch(["a", "b", "c"], {
			idOf: (id) => id,
			async handle(id) {
				begun.push(id);
				if (id === "b") await time.wait(60_000);
			},
			ports: time,
			signal: ending.signal,
		});
		const answer = await time.run(
			Promise.all([batch, time.wait(500).then(() => ending.abort("time is up"))]).then(([answer]) => answer),
		);
		expect(time.clock.monotonicMs()).toBe(500);
		expect(begun).toEqual(["a", "b"]);
		expect(answer.failed).toEqual([
			{ itemIdentifier: "b", error: "time is up", retryAfterMs: undefined },
			{ itemIdentifier: "c", error: "time is up", retryAfterMs: undefined },
		]);
		expect(answer.terminal).toEqual([]);
	});

	it("reports what waited in place, with the error that it waited for", async () => {
		const time = createVirtualTime();
		const ending = new AbortController();
		const batch = runBatch([limited(5)], {
			idOf: () => "a",
			handle: (error) => Promise.reject(error),
			ports: time,
			waitMaxMs: 10_000,
			signal: ending.signal,
		});
		const [answer] = await time.run(Promise.all([batch, time.wait(500).then(() => ending.abort())]));
		expect(answer.failed).toEqual([{ itemIdentifier: "a", error: limited(5), retryAfterMs: 4_500 }]);
	});

	it("takes no error for terminal once its signal has aborted, nor a late answer for done", async () => {
		for (const end of [() => Promise.reject(REJECTED), () => Promise.resolve()]) {
			const ending = new AbortController();
			const ran = await run([{ id: "a" }], {
				signal: ending.signal,
				classes: { otherwise: "terminal" },
				handle() {
					ending.abort();
					return end();
				},
			});
			expect(ran).toMatchObject({ failedIds: ["a"], terminalIds: [] });
		}
		const ran = await run([{ id: "a" }], { signal: AbortSignal.abort() });
		expect(ran).toMatchObject({ handled: [], failedIds: ["a"] });
	});

	it("gives handlers its signal", async () => {
		const { signal } = new AbortController();
		const seen: unknown[] = [];
		await run([{ id: "a" }], { signal, handle: async (_, attempt) => seen.push(attempt.signal) });
		expect(seen).toEqual([signal]);
	});
});

describe("a batch that cannot be run", () => {
	it.each([
		["waitMaxMs", { waitMaxMs: -1 }],
		["waitMaxMs", { waitMaxMs: 2 ** 31 }],
		["attemptsMax", { attemptsMax: 0 }],
		["attemptsMax", { attemptsMax: Number.NaN }],
	])("is refused for its %s, %o", async (name, options) => {
		const error = await errorOf(run([{ id: "a" }], options));
		expect(error).toMatchObject({ code: "option_invalid" });
		expect(String(error)).toContain(`\`${name}\``);
	});

	it.each(["", undefined, 5])("fails as a whole, with nothing handled, for the identifier %o", async (id) => {
		const handled: unknown[] = [];
		const options = { handle: async (item: Item) => handled.push(item) };
		const error = await errorOf(run([{ id: "a" }, { id: id as string }], options));
		expect(error).toMatchObject({ code: "option_invalid" });
		expect(String(error)).toContain("item 1");
		expect(handled).toEqual([]);
	});
});

describe("any batch", () => {
	const arbitraryError = fc.oneof(
		fc.constantFrom(REJECTED, OUTAGE, limited(0), limited(1), limited(90), new OutcomeUnknownError("x")),
		fc.anything(),
	);
	const arbitraryBatch = fc
		.array(fc.array(arbitraryError, { maxLength: 4 }), { maxLength: 8 })
		.map((batch) => batch.map((errors, index): Item => ({ id: `i${index}`, errors })));
	const arbitraryOptions = fc.record({
		waitMaxMs: fc.constantFrom(0, 1_000, 5_000),
		attemptsMax: fc.integer({ min: 1, max: 4 }),
		inOrder: fc.boolean(),
		abortAtMs: fc.constantFrom(undefined, 0, 999, 1_500),
		otherwise: fc.constantFrom("retryable" as const, "terminal" as const),
	});

	it("has each item done, failed or terminal, exactly one of these, and waits no longer than it may", async () => {
		const seen = { done: 0, failed: 0, terminal: 0, aborted: 0 };
		await fc.assert(
			fc.asyncProperty(
				arbitraryBatch,
				arbitraryOptions,
				async (items, { abortAtMs, otherwise, ...options }) => {
					const time = createVirtualTime();
					const ending = new AbortController();
					if (abortAtMs !== undefined) void time.wait(abortAtMs).then(() => ending.abort());
					const done: string[] = [];
					const answer = await time.run(
						runBatch(items, {
							idOf: ({ id }) => id,
							async handle({ id, errors = [] }, { attempt }) {
								await time.wait(100);
								if (attempt <= errors.length) throw errors[attempt - 1];
								if (!ending.signal.aborted) done.push(id);
							},
							ports: time,
							signal: ending.signal,
							classes: { otherwise },
							...options,
						}),
					);
					const failed = answer.response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
					const terminal = answer.terminal.map(({ itemIdentifier }) => itemIdentifier);
					expect([...done, ...failed, ...terminal].sort()).toEqual(items.map(({ id }) => id).sort());
					expect(answer.failed.map(({ itemIdentifier }) => itemIdentifier)).toEqual(failed);
					const attemptsMax = items.length * options.attemptsMax;
					expect(time.clock.monotonicMs()).toBeLessThanOrEqual(attemptsMax * 100 + options.waitMaxMs);
					const delaysMs = answer.failed.flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
					expect(answer.retryAfterMs ?? Number.POSITIVE_INFINITY).toBe(Math.min(...delaysMs));
					seen.done += done.length;
					seen.failed += failed.length;
					seen.terminal += terminal.length;
					if (ending.signal.aborted) seen.aborted++;
				},
			),
			{ numRuns: 300 },
		);
		for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(0);
	});
});
