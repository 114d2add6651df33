// A late event that revives an execution, a late end that replaces another one, and the status that is final.
import { describe, expect, it } from "vitest";
import type { IncidentCase } from "../../src/incidents/incident.ts";
import { lateEvent } from "../../src/incidents/late-event.ts";
import { expectBreaks, expectHeld, expectInOrder, happeningsOf, quickOf } from "./setup.ts";

const [revival, flip] = lateEvent.cases as readonly [IncidentCase, IncidentCase];

describe("a late event", () => {
	it("revives an execution that has failed", async () => {
		expectInOrder(await expectBreaks(revival.broken), [
			/stores failed/,
			/gets .*running/,
			/stores running/,
			/notes runs again/,
		]);
	});

	it("has a caller poll until it gives up, since `running` replaced `failed`", async () => {
		const report = await expectBreaks(revival.reported);
		expectInOrder(report, [/stores failed/, /stores running/, /notes runs again/, /polls/, /notes gives up/]);
		expect(happeningsOf(report).filter((line) => line === "caller polls")).toHaveLength(12);
	});
});

describe("a late end", () => {
	it("replaces the one that there was", async () => {
		expectInOrder(await expectBreaks(flip.broken), [/stores succeeded/, /stores failed/, /another one/]);
	});

	it("follows on one that was published twice", async () => {
		expectInOrder(await expectBreaks(flip.reported), [
			/notes execution_succeeded published/,
			/notes execution_succeeded published/,
			/stores failed/,
			/notes execution_failed published/,
		]);
	});
});

describe("a status that is final", () => {
	it.each(quickOf(lateEvent))("holds: $scenario.name", (held) => expectHeld(held));
});
