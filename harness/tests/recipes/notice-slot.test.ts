// A slot's notice is posted once: a failed post gives the claim back, an unknown one is posted again only where that may be.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasCode, type Leases, OutcomeUnknownError } from "../../src/index.ts";
import {
	type Notice,
	noticeSlot,
	type PostOptions,
	postOnce,
	type SlotState,
} from "../../src/recipes/notice-slot.ts";
import {
	type Bench,
	errorOf,
	onBench,
	SESSION,
	SKEW_MS,
	TTL_MS,
	type WorkerOptions,
} from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

const TERMINAL_EVENTS = ["task_failed", "task_stranded"];
const FAILED: Notice = {
	taskId: "t1",
	channel: "slack",
	event: "task_failed",
	terminalEvents: TERMINAL_EVENTS,
};
const SLOT = noticeSlot(FAILED);
const LIMITED = Object.assign(new Error("too many"), { status: 429 });

describe("a slot's name", () => {
	it("is the same for all events that end a task, and for no other", () => {
		expect(noticeSlot({ ...FAILED, event: "task_stranded" })).toBe(SLOT);
		const others = [
			{ ...FAILED, event: "task_created" },
			{ ...FAILED, event: "terminal" },
			{ ...FAILED, channel: "github" },
			{ ...FAILED, taskId: "t2" },
			{ taskId: "t1", channel: "slack", event: "task_failed" },
		];
		expect(new Set([SLOT, ...others.map(noticeSlot)]).size).toBe(others.length + 1);
	});

	it.each(["taskId", "channel", "event"])("is refused for a %s that is no text or an empty one", (part) => {
		for (const value of ["", undefined, 7]) {
			expect(() => noticeSlot({ ...FAILED, [part]: value })).toThrow(
				expect.objectContaining({ code: "option_invalid", message: expect.stringContaining(part) }),
			);
		}
	});

	it("is refused for lone surrogates, and bears pairs of them", () => {
		for (const value of ["\uD83D", "a\uDE00", "\uDE00\uD83D"]) {
			for (const part of ["taskId", "channel", "event"]) {
				expect(() => noticeSlot({ ...FAILED, [part]: value })).toThrow(
					expect.objectContaining({ code: "option_invalid" }),
				);
			}
		}
		expect(noticeSlot({ ...FAILED, taskId: "\uD83D\uDE00" })).toBe("notice/%F0%9F%98%80/slack/terminal");
	});

	it("is another one for every task, channel and event, whatever these are called", () => {
		const part = fc
			.array(fc.constantFrom("a", "/", "%2F", ":", "event:"), { minLength: 1, maxLength: 3 })
			.map((it) => it.join(""));
		const three = fc.tuple(part, part, part);
		const slotOf = ([taskId, channel, event]: [string, string, string]) =>
			noticeSlot({ taskId, channel, event });
		expect(slotOf(["a/b", "c", "d"])).not.toBe(slotOf(["a", "b/c", "d"]));
		fc.assert(
			fc.property(three, three, (one, other) => {
				expect(slotOf(one) === slotOf(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
			}),
		);
	});
});

interface Poster {
	/** Posts to `SLOT`, and answers what `postOnce` does. */
	post(options?: PostOptions): Promise<unknown>;
	readonly leases: Leases<SlotState>;
	crash(): void;
}

/** Each post of whichever worker does what `posts` say, one after the other; those that come after these succeed. */
function postersOn(bench: Bench, posts: readonly (() => Promise<void>)[] = []) {
	const posted: string[] = [];
	const poster = (name: string, options?: WorkerOptions): Poster => {
		const worker = bench.worker(name, options);
		const leases = worker.leases as Leases<SlotState>;
		return {
			leases,
			crash: () => worker.process.crash(),
			post: (own) =>
				postOnce(
					leases,
					SLOT,
					async () => {
						posted.push(name);
						await posts[posted.length - 1]?.();
					},
					own,
				),
		};
	};
	return { poster, posted };
}

const reject = (error: unknown) => () => Promise.reject(error);
const never = () => new Promise<never>(() => undefined);

/** A worker dies while it posts. */
async function diesWhilePosting({ poster, posted }: ReturnType<typeof postersOn>): Promise<void> {
	const dying = poster("dying");
	void dying.post();
	while (posted.length === 0) await Promise.resolve();
	dying.crash();
}

const pastTheDeadline = (bench: Bench) => bench.wait(TTL_MS + SKEW_MS + 1);

describe("a post", () => {
	it(
		"is run once, whoever asks for it later",
		onBench(async (bench) => {
			const { poster, posted } = postersOn(bench);
			const a = poster("a");
			expect(await a.post()).toBe("posted");
			expect(await a.post()).toBe("already_posted");
			expect(await poster("b").post({ repeatable: true })).toBe("already_posted");
			expect(posted).toEqual(["a"]);
		}),
	);

	it(
		"is given the slot as its key, and the signal of the lease that it runs under",
		onBench(async (bench) => {
			const leases = bench.worker("a").leases as Leases<SlotState>;
			const given: unknown[] = [];
			await postOnce(leases, SLOT, async (key, signal) => void given.push(key, signal.aborted));
			expect(given).toEqual([SLOT, false]);
		}),
	);

	it(
		"is not run for a caller that gave up before it, and the slot is free",
		onBench(async (bench) => {
			const leases = bench.worker("a").leases as Leases<SlotState>;
			const caller = new AbortController();
			const late: Leases<SlotState> = {
				...leases,
				acquire: async (slot) => {
					const lease = await leases.acquire(slot);
					caller.abort(new Error("shutdown"));
					return lease;
				},
			};
			const posts: string[] = [];
			const post = async (key: string) => void posts.push(key);
			const error = await errorOf(postOnce(late, SLOT, post, { signal: caller.signal }));
			expect((error as Error).message).toBe("shutdown");
			expect(posts).toEqual([]);
			expect(await postOnce(leases, SLOT, post, { waitMs: 0 })).toBe("posted");
		}),
	);

	it(
		"is not run while another one is under way, and not after it",
		onBench(async (bench) => {
			const { poster, posted } = postersOn(bench, [() => bench.wait(100)]);
			const first = poster("a").post();
			await bench.wait(50);
			const error = await errorOf(poster("b").post({ waitMs: 0 }));
			expect(hasCode(error, "transient")).toBe(true);
			expect(await poster("c").post({ waitMs: 1_000 })).toBe("already_posted");
			expect(await first).toBe("posted");
			expect(posted).toEqual(["a"]);
		}),
	);

	it(
		"that fails gives its claim back, and is passed on as it is",
		onBench(async (bench) => {
			const { poster, posted } = postersOn(bench, [reject(LIMITED), reject("a text")]);
			const a = poster("a");
			expect(await errorOf(a.post())).toBe(LIMITED);
			expect((await a.leases.inspect(SLOT)).state).toBe("free");
			expect(await errorOf(a.post())).toBe("a text");
			expect(await poster("b").post()).toBe("posted");
			expect(posted).toEqual(["a", "a", "b"]);
		}),
	);

	it(
		"that fails is passed on also if the claim cannot be given back, which is then unknown",
		onBench(async (bench) => {
			const { poster, posted } = postersOn(bench, [reject(LIMITED)]);
			const a = poster("a", {
				// The read, the bid and "posting" are answered; from then on the store is not heard of.
				faults: ({ count }) => ({ fate: count <= 3 ? "run" : "delayed" }),
			});
			expect(await errorOf(a.post())).toBe(LIMITED);
			await pastTheDeadline(bench);
			expect(await poster("b").post()).toBe("unknown");
			expect(posted).toEqual(["a"]);
		}),
	);
});

describe("a session that is no slot", () => {
	it.each([{ status: "failed" }, "done", 7, null])(
		"is refused with the value %j, and nothing is posted",
		(value) =>
			onBench(async (bench) => {
				const lease = await bench.worker("b").leases.acquire(SLOT);
				await lease.release({ value });
				const { poster, posted } = postersOn(bench);
				for (const repeatable of [false, true]) {
					const error = await errorOf(poster(`a-${repeatable}`).post({ repeatable }));
					expect(error).toMatchObject({ code: "record_invalid" });
					expect((error as Error).message).toContain(SLOT);
				}
				expect(posted).toEqual([]);
				const { valueText } = await bench.worker("c").leases.inspect(SLOT);
				expect(valueText).toBe(JSON.stringify(value));
			})(),
	);
});

describe("a post of which nobody knows whether it is out", () => {
	it(
		"is not run again, for good, if its worker died",
		onBench(async (bench) => {
			const posters = postersOn(bench, [never]);
			await diesWhilePosting(posters);
			await pastTheDeadline(bench);
			const b = posters.poster("b");
			expect(await b.post()).toBe("unknown");
			expect(await b.post()).toBe("unknown");
			expect(posters.posted).toEqual(["dying"]);
		}),
	);

	it.each([true, false])("is run again if it is repeatable; found unknown before: %s", (isFound) =>
		onBench(async (bench) => {
			const posters = postersOn(bench, [never]);
			await diesWhilePosting(posters);
			await pastTheDeadline(bench);
			const b = posters.poster("b");
			if (isFound) expect(await b.post()).toBe("unknown");
			expect(await b.post({ repeatable: true })).toBe("posted");
			expect(await b.post({ repeatable: true })).toBe("already_posted");
			expect(posters.posted).toEqual(["dying", "b"]);
		})(),
	);

	it.each([
		["it says so", new OutcomeUnknownError("no answer")],
		["a cause says so", new Error("no", { cause: new OutcomeUnknownError("no answer") })],
		["it timed out", new DOMException("too late", "TimeoutError")],
		["its connection was cut", new TypeError("fetch failed", { cause: { code: "ECONNRESET" } })],
	])("answers unknown where %s, and is run again only if it is repeatable", (_, error) =>
		onBench(async (bench) => {
			const { poster, posted } = postersOn(bench, [reject(error), reject(error)]);
			const a = poster("a");
			expect(await a.post()).toBe("unknown");
			expect(await a.post()).toBe("unknown");
			expect(await errorOf(a.post({ repeatable: true }))).toBe(error);
			expect(await a.post({ repeatable: true })).toBe("posted");
			expect(posted).toEqual(["a", "a", "a"]);
		})(),
	);

	it.each([
		["a 500", Object.assign(new Error("Internal"), { status: 500 })],
		["a 503, which may be a proxy's", { response: { status: 503 } }],
	])("is what answers with %s; one that was refused is not", (_, error) =>
		onBench(async (bench) => {
			const { poster } = postersOn(bench, [reject({ status: 400 }), reject(error)]);
			expect(await errorOf(poster("a").post())).toEqual({ status: 400 });
			expect(await poster("b").post()).toBe("unknown");
		})(),
	);

	it.each([false, true])("is not waited for once its lease is lost; repeatable: %s", (repeatable) =>
		onBench(async (bench) => {
			const { poster, posted } = postersOn(bench, [never]);
			const losing = errorOf(poster("a").post({ repeatable }));
			await bench.wait(10);
			const b = poster("b");
			await b.leases.break(SLOT, "a test");
			const error = await losing;
			expect(error).toMatchObject({ code: "lease_lost", transient: true });
			expect(bench.time.clock.monotonicMs()).toBeLessThan(TTL_MS);
			expect(await b.post({ repeatable })).toBe(repeatable ? "posted" : "unknown");
			expect(posted).toEqual(repeatable ? ["a", "b"] : ["a"]);
		})(),
	);

	it(
		"is not waited for once its caller gives up: unknown, for good",
		onBench(async (bench) => {
			const { poster, posted } = postersOn(bench, [never]);
			const caller = new AbortController();
			const posting = poster("a").post({ signal: caller.signal });
			await bench.wait(10);
			caller.abort(new Error("shutdown"));
			expect(await posting).toBe("unknown");
			expect(bench.time.clock.monotonicMs()).toBe(10);
			expect(await poster("b").post({ waitMs: 0 })).toBe("unknown");
			expect(posted).toEqual(["a"]);
		}),
	);

	it(
		"is not waited for once its caller gives up: rejected for its reason if it is repeatable, and run again",
		onBench(async (bench) => {
			const { poster, posted } = postersOn(bench, [never]);
			const caller = new AbortController();
			const reason = new Error("shutdown");
			const posting = errorOf(poster("a").post({ signal: caller.signal, repeatable: true }));
			await bench.wait(10);
			caller.abort(reason);
			expect(await posting).toBe(reason);
			expect(bench.time.clock.monotonicMs()).toBe(10);
			expect(await poster("b").post({ waitMs: 0, repeatable: true })).toBe("posted");
			expect(posted).toEqual(["a", "b"]);
		}),
	);

	it(
		"is not one that met another session's lease: its error comes as one that no queue drops, and it is run again",
		onBench(async (bench) => {
			const other = bench.worker("other").leases;
			const lease = await other.acquire(SESSION);
			const { poster, posted } = postersOn(bench, [async () => void (await other.acquire(SESSION))]);
			const a = poster("a");
			const error = await errorOf(a.post());
			expect(error).toMatchObject({ code: "transient", transient: true, cause: { code: "lease_held" } });
			expect(await a.post({ waitMs: 0 })).toBe("posted");
			expect(posted).toEqual(["a", "a"]);
			await lease.release();
		}),
	);

	it(
		"hears by its signal that its lease is lost, and is not run again",
		onBench(async (bench) => {
			const a = bench.worker("a").leases as Leases<SlotState>;
			const b = bench.worker("b").leases as Leases<SlotState>;
			const losing = errorOf(
				postOnce(a, SLOT, (_, signal) => {
					return new Promise((_resolve, reject) =>
						signal.addEventListener("abort", () => reject(new Error("stopped"))),
					);
				}),
			);
			await bench.wait(10);
			await b.break(SLOT, "a test");
			await bench.wait(TTL_MS);
			expect(hasCode(await losing, "lease_lost")).toBe(true);
			expect(await postOnce(b, SLOT, never)).toBe("unknown");
		}),
	);
});
