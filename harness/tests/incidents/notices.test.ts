// The batch that is replayed for one channel, the end that pages twice, the refusal that is not recognised; and the slots.
import { describe, expect, it } from "vitest";
import type { IncidentCase } from "../../src/incidents/incident.ts";
import { notices } from "../../src/incidents/notices.ts";
import { expectBreaks, expectHeld, expectInOrder, happeningsOf, quickOf } from "./setup.ts";

const [replays, ends, refusals] = notices.cases as readonly [IncidentCase, IncidentCase, IncidentCase];

describe("a fan-out of task events", () => {
	it("posts a record again to a channel that has it, since another one was limited", async () => {
		expectInOrder(await expectBreaks(replays.broken), [
			/github shows task_created of t1/,
			/limited/,
			/sends .*"retries":1/,
			/github shows task_created of t1/,
		]);
	});

	it("posts it 4 times where Slack limits each of the 3 retries too, and Slack never shows it", async () => {
		const report = await expectBreaks(replays.reported);
		expectInOrder(report, [
			/sends .*"retries":1/,
			/sends .*"retries":2/,
			/sends .*"retries":3/,
			/github shows/,
		]);
		const shown = happeningsOf(report).filter((line) => /shows task_created of t1$/.test(line));
		expect(shown.map((line) => line.replace(/^.*notes /, ""))).toEqual(
			Array.from({ length: 4 }, () => "github shows task_created of t1"),
		);
		expect(happeningsOf(report).filter((line) => /slack shows/.test(line))).toEqual([]);
	});

	it("pages twice for one end, and for each of 5", async () => {
		expectInOrder(await expectBreaks(ends.broken), [/slack shows task_stranded/, /slack shows task_failed/]);
		const report = await expectBreaks(ends.reported);
		expect(happeningsOf(report).filter((line) => /slack shows/.test(line))).toHaveLength(10);
	});

	it("asks again, 4 times in all, for what Slack refuses for good", async () => {
		await expectBreaks(refusals.broken);
		const report = await expectBreaks(refusals.reported);
		expectInOrder(report, [/refused for good/, /sends .*"retries":3/, /refused for good/]);
		// The records behind it in the stream come again with it.
		expect(happeningsOf(report).filter((line) => /slack shows task_created of t5/.test(line))).toHaveLength(
			3,
		);
	});

	/** What else is quick is left to the command that runs incidents. */
	it.each(quickOf(notices))("posts each notice once: $scenario.name", (held) => expectHeld(held));
});
