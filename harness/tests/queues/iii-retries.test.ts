import { describe, expect, it } from "vitest";
import { deliveriesToOutlast, retriesEndAfterMs, waitingSlots } from "../../src/queues/iii.ts";

const queue = (deliveriesMax: number, backoffMs = 1_000, concurrency = 10) => ({
	deliveriesMax,
	backoffMs,
	concurrency,
	groupField: undefined,
});
const blockedMs = 16_000;

describe("the end of a queue's retries", () => {
	it.each([
		[1, 0],
		[3, 3_000],
		[6, 31_000],
	])("of %i deliveries is at %i ms with a backoff of a second", (deliveries, endMs) => {
		expect(retriesEndAfterMs(queue(deliveries))).toBe(endMs);
	});

	it.each([100, 999, 1_000, 15_000, 16_000, 31_000, 3_600_000])(
		"takes no more deliveries than it needs to be after %i ms",
		(outlastsMs) => {
			const deliveries = deliveriesToOutlast(outlastsMs, 1_000);
			expect(retriesEndAfterMs(queue(deliveries))).toBeGreaterThan(outlastsMs);
			expect(retriesEndAfterMs(queue(deliveries - 1))).toBeLessThanOrEqual(outlastsMs);
		},
	);
});

describe("how many losers wait in place", () => {
	it("is none where the retries outlast a dead holder, whatever was asked for", () => {
		expect(waitingSlots({ settings: queue(6), blockedMs, slots: undefined })).toBe(0);
		expect(waitingSlots({ settings: queue(6), blockedMs, slots: 3 })).toBe(0);
	});

	it("is half of what the queue handles at once where they end before, or just then", () => {
		expect(waitingSlots({ settings: queue(5), blockedMs, slots: undefined })).toBe(5);
		expect(waitingSlots({ settings: queue(5), blockedMs: 15_000, slots: undefined })).toBe(5);
		expect(waitingSlots({ settings: queue(5, 1_000, 3), blockedMs, slots: undefined })).toBe(1);
		expect(waitingSlots({ settings: queue(5, 1_000, 1), blockedMs, slots: undefined })).toBe(1);
	});

	it("is five where nobody knows, and what was asked for where it is", () => {
		expect(waitingSlots({ settings: undefined, blockedMs, slots: undefined })).toBe(5);
		expect(waitingSlots({ settings: undefined, blockedMs, slots: 2 })).toBe(2);
		expect(waitingSlots({ settings: queue(3), blockedMs, slots: 0 })).toBe(0);
	});
});
