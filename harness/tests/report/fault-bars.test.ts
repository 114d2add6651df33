import { describe, expect, it } from "vitest";
import { faultBarsOf } from "../../src/report/fault-bars.ts";
import { scheduleOf } from "../../src/report/schedule.ts";
import { Trace } from "./exploration-fixture.ts";

describe("faults that last", () => {
	const bars = (trace: Trace) =>
		faultBarsOf(scheduleOf(trace.entries).steps).map(({ lane, from, to, name }) => [name, lane, from, to]);

	it("are a pause until the process wakes up, and a request that is under way until that one lands", () => {
		const late = { label: "a!late", fault: "delay" } as const;
		const trace = new Trace()
			.start("a")
			.start("b")
			.call("a", "is delayed: writes [1]", { ...late, leaves: 1 })
			.call("a", "is delayed: writes [1]", { ...late, leaves: 2 })
			.step("b", "stands still, and time passes", { label: "b!pause", fault: "pause" })
			.call("network", "lands late: writes [1]", { label: "+2" })
			.step("b", "wakes up", { label: "b^" })
			.call("network", "lands late: writes [1]", { label: "+1" });
		expect(bars(trace)).toEqual([
			["paused", "b", 3, 5],
			["under way", "store", 2, 4],
			["under way", "store", 1, 6],
		]);
	});

	it("begin in one step, if a process dies with several requests", () => {
		const trace = new Trace()
			.start("a")
			.call("a", "dies before it is applied: writes [1]", { label: "a!dies", fault: "crash", leaves: 2 })
			.call("network", "lands late: writes [1]", { label: "+1" });
		expect(bars(trace)).toEqual([["under way", "store", 1, 2]]);
	});
});
