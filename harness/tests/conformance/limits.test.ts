// What the kit does with a port that answers nothing, and with a scale at which it would look at nothing.
import { afterEach, expect, it, vi } from "vitest";
import { conform } from "../../src/conformance/conform.ts";
import { memoryStore } from "../../src/stores/memory-store.ts";
import { collectingRunner } from "./collecting-runner.ts";

afterEach(() => void vi.useRealTimers());

const never = () => new Promise<never>(() => undefined);
const TITLE = "reads a record that nobody has written as one without fields";

it("ends a case that is never answered, and closes its port, also where a client never closes", async () => {
	vi.useFakeTimers();
	const closed: string[] = [];
	const runner = collectingRunner();
	conform(runner, {
		name: "a silent port",
		open: async () => ({
			connect: async () => ({ update: never, read: never, close: never }),
			close: async () => void closed.push("port"),
		}),
	});
	const run = runner.run((title) => title === TITLE);
	await vi.advanceTimersByTimeAsync(40_000);
	const { failed } = await run;
	expect(failed).toEqual({ [TITLE]: `"${TITLE}" has not ended after 30000 ms: a call was never answered.` });
	expect(closed).toEqual(["port"]);
});

it.each(["open", "close"] as const)("ends a case whose port does not %s", async (hanging) => {
	vi.useFakeTimers();
	const runner = collectingRunner();
	const opened = { connect: async () => memoryStore(), close: hanging === "close" ? never : async () => {} };
	conform(runner, { name: "a silent port", open: hanging === "open" ? never : async () => opened });
	const run = runner.run((title) => title === TITLE);
	await vi.advanceTimersByTimeAsync(40_000);
	const { failed } = await run;
	expect(failed).toEqual({
		[TITLE]: `\`${hanging}\` has not ended after 30000 ms: a call was never answered.`,
	});
});

it.each([0, -1, 0.5, Number.NaN])("refuses the scale %j, at which nothing would be drawn", (scale) => {
	const port = {
		name: "memory",
		open: async () => ({ connect: async () => memoryStore(), close: async () => {} }),
	};
	expect(() => conform(collectingRunner(), port, { scale })).toThrow(
		"Expected `scale` to be a positive integer",
	);
});
