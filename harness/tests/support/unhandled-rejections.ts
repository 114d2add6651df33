// Fails a suite in which a promise was rejected and nobody looked.
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect } from "vitest";

/** To be called once in every test file. */
export function expectNoUnhandledRejections(): void {
	const unhandled: unknown[] = [];
	const note = (reason: unknown) => unhandled.push(reason);
	beforeAll(() => {
		process.on("unhandledRejection", note);
	});
	afterAll(async () => {
		await setImmediate();
		process.off("unhandledRejection", note);
		expect(unhandled).toEqual([]);
	});
}
