import { expect, it } from "vitest";
import { scheduleProgress } from "../../src/cli/schedule-progress.ts";

function watched() {
	let nowMs = 7_000;
	const told: string[] = [];
	const before = scheduleProgress("two approvals", {
		clock: { wallMs: () => 0, monotonicMs: () => nowMs },
		signal: new AbortController().signal,
		writeError: (text) => told.push(text),
	});
	const pass = (ms: number) => {
		nowMs += ms;
	};
	return { before, pass, told };
}

it("says nothing about what is done soon, and every five seconds how far it is", () => {
	const { before, pass, told } = watched();
	for (let count = 0; count < 10; count++) {
		before(count);
		pass(499);
	}
	expect(told).toEqual([]);
	for (let count = 10; count < 30; count++) {
		before(count);
		pass(500);
	}
	expect(told).toEqual(['5 s; 11 schedules of "two approvals"\n', '10 s; 21 schedules of "two approvals"\n']);
});
