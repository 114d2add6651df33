// When to try again is read from every place and in every form in which HTTP clients have it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LeaseHeldError } from "../../src/lease/errors.ts";
import { RETRY_AFTER_MAX_MS, retryAfterMs } from "../../src/recipes/retry-after.ts";

const NOW_MS = Date.UTC(2026, 1, 28, 23, 59, 50);
const saidBy = (headers: unknown) => retryAfterMs({ headers }, NOW_MS);

describe("retryAfterMs", () => {
	it("reads seconds and dates", () => {
		expect(saidBy({ "retry-after": "120" })).toBe(120_000);
		expect(saidBy({ "retry-after": 7 })).toBe(7_000);
		expect(saidBy({ "retry-after": "0.25" })).toBe(250);
		expect(saidBy({ "retry-after": " 2 " })).toBe(2_000);
		expect(saidBy({ "retry-after": "Sun, 01 Mar 2026 00:00:00 GMT" })).toBe(10_000);
		expect(saidBy({ "retry-after": "Sunday, 01-Mar-26 00:00:00 GMT" })).toBe(10_000);
		expect(saidBy({ "retry-after": "Sun Mar  1 00:00:00 2026" })).toBe(10_000);
	});

	it("finds the headers wherever a client keeps them, of any case, in lists too", () => {
		const plain = { "RETRY-After": ["3", "9"] };
		for (const headers of [plain, new Headers({ "Retry-After": "3" })]) {
			for (const error of [
				{ headers },
				{ response: { headers } },
				{ $response: { headers } },
				new Error("wrapped", { cause: { response: { headers } } }),
			])
				expect(retryAfterMs(error, NOW_MS)).toBe(3_000);
		}
		expect(retryAfterMs(new Response(null, { status: 429, headers: { "retry-after": "4" } }), NOW_MS)).toBe(
			4_000,
		);
	});

	it("goes by the reset of a limit where there is no Retry-After, and the limit is used up", () => {
		const reset = String(NOW_MS / 1_000 + 30);
		expect(saidBy({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset })).toBe(30_000);
		expect(saidBy({ "X-RateLimit-Reset": reset })).toBe(30_000);
		expect(saidBy({ "retry-after": "5", "x-ratelimit-reset": reset })).toBe(5_000);
		expect(saidBy({ "retry-after": "soon", "x-ratelimit-reset": reset })).toBe(30_000);
		expect(saidBy({ "x-ratelimit-remaining": "4999", "x-ratelimit-reset": reset })).toBeUndefined();
	});

	it("reads what the errors of a held lease say", () => {
		const held = new LeaseHeldError({ sessionId: "s", epoch: 1, holder: "a", retryAfterMs: 1_234 });
		expect(retryAfterMs(held, NOW_MS)).toBe(1_234);
		expect(retryAfterMs(new Error("wrapped", { cause: held }), NOW_MS)).toBe(1_234);
	});

	it("says nothing where nothing is said", () => {
		for (const text of ["", "soon", "-5", "1e3", "0x10", "Sun, 32 Mar 2026 00:00:00 GMT", "2026-03-01"])
			expect(saidBy({ "retry-after": text })).toBeUndefined();
		for (const headers of [undefined, null, "retry-after: 5", {}, [], { "retry-after": {} }, new Map()])
			expect(saidBy(headers)).toBeUndefined();
		for (const error of [undefined, null, "x", 5, new Error("x"), { retryAfterMs: Number.NaN }])
			expect(retryAfterMs(error, NOW_MS)).toBeUndefined();
	});

	it("is never negative, and never more than its limit", () => {
		expect(saidBy({ "retry-after": "Sat, 28 Feb 2026 23:59:49 GMT" })).toBe(0);
		expect(saidBy({ "x-ratelimit-reset": "1" })).toBe(0);
		expect(retryAfterMs({ retryAfterMs: -5 }, NOW_MS)).toBe(0);
		for (const headers of [{ "retry-after": "9".repeat(400) }, { "x-ratelimit-reset": "99999999999" }])
			expect(saidBy(headers)).toBe(RETRY_AFTER_MAX_MS);
		expect(retryAfterMs({ retryAfterMs: Number.POSITIVE_INFINITY }, NOW_MS)).toBe(RETRY_AFTER_MAX_MS);
	});

	it("does not throw at headers that do", () => {
		const refuse = () => {
			throw new Error("not to be read");
		};
		expect(saidBy({ get: refuse })).toBeUndefined();
		expect(saidBy(new Proxy({}, { ownKeys: refuse }))).toBeUndefined();
		expect(
			saidBy({
				get "retry-after"() {
					return refuse();
				},
			}),
		).toBeUndefined();
		fc.assert(
			fc.property(fc.anything(), fc.anything(), (headers, value) => {
				for (const given of [headers, { "retry-after": value, "x-ratelimit-reset": value }]) {
					const ms = saidBy(given) ?? 0;
					expect(ms).toBeGreaterThanOrEqual(0);
					expect(ms).toBeLessThanOrEqual(RETRY_AFTER_MAX_MS);
				}
			}),
		);
	});
});

describe("an HTTP date", () => {
	it("is the moment that its three forms say", () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 86_400 }), (seconds) => {
				const fixed = new Date(NOW_MS + seconds * 1_000).toUTCString();
				const [, day = "", month, year, time] = fixed.split(" ");
				const oldest = `Sun ${month} ${day.replace(/^0/, " ")} ${time} ${year}`;
				const old = `Wednesday, ${day}-${month}-${year?.slice(2)} ${time} GMT`;
				for (const text of [fixed, oldest, old]) {
					expect(saidBy({ "retry-after": text })).toBe(seconds * 1_000);
				}
			}),
		);
	});

	it("is nothing else that a date may look like", () => {
		for (const text of [
			"2026-03-01T00:00:00Z",
			"Sun, 01 Mar 2026 25:00:00 GMT",
			"Sun, 01 Mar 2026 00:00:00 +0100",
			"Sun, 01 Foo 2026 00:00:00 GMT",
			"x Sun, 01 Mar 2026 00:00:00 GMT",
		])
			expect(saidBy({ "retry-after": text })).toBeUndefined();
	});
});
