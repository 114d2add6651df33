// The failed task that announces itself six times, or never, and the one that does so once.
import { describe, expect, it } from "vitest";
import { failedTask } from "../../src/incidents/failed-task.ts";
import type { IncidentCase } from "../../src/incidents/incident.ts";
import { expectBreaks, expectHeld, expectInOrder, happeningsOf, quickOf } from "./setup.ts";

const [attempts, dies] = failedTask.cases as readonly [IncidentCase, IncidentCase];

/** One attempt after the first: the write is refused, and its effects happen all the same. */
const AGAIN = [
	/passes/,
	/screens i1/,
	/i1: running -> failed/,
	/notes task_failed of i1/,
	/notes place freed by i1/,
];

describe("a failed task", () => {
	it("is announced, and frees a place, once more when its step is tried once more", async () => {
		expectInOrder(await expectBreaks(attempts.broken), [...AGAIN.slice(1), ...AGAIN]);
	});

	it("is announced six times for six attempts, which free the places of five tasks that run on", async () => {
		const report = await expectBreaks(attempts.reported);
		expectInOrder(report, [...AGAIN.slice(1), ...Array(5).fill(AGAIN).flat()]);
		expect(report.counterexample?.faults).toEqual([]);
		expect(happeningsOf(report).filter((line) => line.includes("notes task_failed"))).toHaveLength(6);
	});

	it.each([dies.broken, dies.reported])(
		"is never announced if the winner dies: $scenario.name",
		async (broken) => {
			const report = await expectBreaks(broken);
			expectInOrder(report, [/i1: running -> failed/, /dies/, /screens i1/, /i1: running -> failed/]);
			expect(happeningsOf(report).filter((line) => line.includes("notes task_failed"))).toEqual([]);
		},
	);

	const cheap = quickOf(failedTask).filter(({ scenario }) => scenario.name.includes("deliveries 2"));
	it.each(cheap)("is announced once: $scenario.name", (held) => expectHeld(held));
});
