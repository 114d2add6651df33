// The fan-in that dispatches its successor several times, and the join that closes once.
import { describe, expect, it } from "vitest";
import { fanIn } from "../../src/incidents/fan-in.ts";
import type { IncidentCase } from "../../src/incidents/incident.ts";
import { expectBreaks, expectHeld, expectInOrder, happeningsOf, quickOf } from "./setup.ts";

const [siblings] = fanIn.cases as readonly [IncidentCase];

describe("a fan-in", () => {
	it("dispatches its successor for each of two items that finish together", async () => {
		expectInOrder(await expectBreaks(siblings.broken), [
			/marks i2 done/,
			/executor reads how many are left/,
			/successor dispatched/,
			/executor reads how many are left/,
			/successor dispatched/,
		]);
	});

	it("dispatches it three times for 5 items, 3 at once: the last three are marked before one of them is handled", async () => {
		const report = await expectBreaks(siblings.reported);
		expectInOrder(report, [/marks i5 done/, /dispatched/, /dispatched/, /dispatched/]);
		expect(happeningsOf(report).filter((line) => /marks i\d done/.test(line))).toHaveLength(5);
	});

	it.each(quickOf(fanIn))("dispatches it once: $scenario.name", (held) => expectHeld(held));
});
