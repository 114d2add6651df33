// Which errors are contention, and when their messages come again.
import { describe, expect, it } from "vitest";
import { LeaseHeldError, LeaseLostError, OutcomeUnknownError, TransientError } from "../../src/index.ts";
import { contentionDelayMs } from "../../src/queues/index.ts";

const heldFor = (retryAfterMs: number) =>
	new LeaseHeldError({ sessionId: "s", epoch: 1, holder: "a", retryAfterMs });
const first = { random: () => 0 };
const last = { random: () => 1 - Number.EPSILON };

describe("the delay of a contended message", () => {
	it("is what the error says, and up to a fifth more", () => {
		expect(contentionDelayMs(heldFor(16_000), first)).toBe(16_000);
		expect(contentionDelayMs(heldFor(16_000), { random: () => 0.5 })).toBe(17_600);
		expect(contentionDelayMs(heldFor(16_000), last)).toBe(19_200);
	});

	it("never is before the deadline that was met, and spreads losers of a lease that is about to end", () => {
		const delays = Array.from({ length: 100 }, () => contentionDelayMs(heldFor(1)) as number);
		expect(Math.min(...delays)).toBeGreaterThanOrEqual(1);
		expect(Math.max(...delays)).toBeLessThanOrEqual(201);
		expect(new Set(delays).size).toBeGreaterThan(20);
		expect(delays.every(Number.isInteger)).toBe(true);
	});

	it("is short where a session changed hands too often", () => {
		const exhausted = new TransientError("…", { code: "acquire_exhausted" });
		expect(contentionDelayMs(exhausted, first)).toBe(250);
		expect(contentionDelayMs(exhausted, last)).toBeLessThanOrEqual(450);
	});

	it("is known by the code alone, whoever made the error, and does without a number that is none", () => {
		expect(contentionDelayMs({ code: "lease_held", retryAfterMs: 500 }, first)).toBe(500);
		for (const retryAfterMs of [undefined, "500", Number.NaN, -1, Number.POSITIVE_INFINITY]) {
			expect(contentionDelayMs({ code: "lease_held", retryAfterMs }, first)).toBe(250);
		}
	});

	it("is that of another session which turned a handler away, if the error says to try again", () => {
		const cause = heldFor(500);
		expect(contentionDelayMs(new TransientError("…", { cause }), first)).toBe(500);
		const twice = new TransientError("…", { cause: new TransientError("…", { cause }) });
		expect(contentionDelayMs(twice, first)).toBe(500);
		expect(contentionDelayMs(new Error("The card was refused.", { cause }), first)).toBeUndefined();
	});
});

describe("no contention, and so the queue's to retry,", () => {
	it.each<[string, unknown]>([
		["a lost lease", new LeaseLostError({ sessionId: "s", epoch: 1, lastWrite: "none", why: "…" })],
		["an unknown outcome", new OutcomeUnknownError("…")],
		["a store that is away", new TransientError("…", { code: "store_unavailable" })],
		["a wake that was not sent", new TransientError("…", { code: "wake_failed" })],
		["a handler's own transient error", new TransientError("…")],
		["any error", new Error("…")],
		["nothing", undefined],
		["text", "lease_held"],
	])("is %s", (_, error) => {
		expect(contentionDelayMs(error)).toBeUndefined();
	});

	it("is an error that is its own cause", () => {
		const error: { transient: true; cause?: unknown } = { transient: true };
		error.cause = error;
		expect(contentionDelayMs(error)).toBeUndefined();
	});
});
