import { describe, expect, it } from "vitest";
import { explorationText } from "../../src/report/exploration-text.ts";
import { complete, splitBrain, Trace, violated } from "./exploration-fixture.ts";

const short = violated(
	new Trace()
		.start("a")
		.start("b")
		.call("a", "bids for epoch 1 of s", { answer: "" })
		.granted("a", 1)
		.step("time", "jumps by 2200 ms", { label: "expiry", fault: "expiry" })
		.passes(2_200)
		.call("b", "reads s", {
			answer: 'bids:1:1;holder:1:{"id":"a-1","owner":"a","until":1700000001000}',
			preempts: true,
		})
		.call("b", "bids for epoch 2 of s", {
			answer: 'bids:1:2;holder:1:{"id":"a-1","owner":"a","until":1700000001000}',
		})
		.granted("b", 2, true).entries,
);

describe("an exploration as text", () => {
	it("begins with the verdict, how much was run, and within which bounds", () => {
		expect(explorationText(complete)).toBe(
			`held: all 206300 schedules of "two contenders", complete (457827 states; crash 1, expiry 1)

property                           looked at    true
always     a lease is fenced          900000  900000
sometimes  someone is turned away     900000   70000

faults struck  crash 100000, expiry 99000, in 206300 schedules
`,
		);
	});

	it("shows who went on, who held what, what went wrong, and what it was told that was new", () => {
		expect(explorationText(short)).toBe(
			`violated: schedule 887 of "two contenders", made as small as 4 steps

never: two processes hold the session at once
  c2 holds epoch 4, a epoch 5
4 steps, 1 preemption, 1 fault (expiry)

  ms  step  a  b
   0     1  ●  │  a      bids for epoch 1 of s → no record
            ┃  │           granted epoch 1
   0     2  ┃  │  time   expiry: jumps by 2200 ms
2200     3  ┃  ●  b    ⇄ reads s → bids:1=1, holder:1={id a-1, owner a, until 1000 ms}
2200     4  ┃  ●  b      bids for epoch 2 of s → bids:1=2
            ┃  ┃           granted epoch 2, a takeover
            ┃  ┃  ✗ never: two processes hold the session at once

● goes on  ┃ holds an epoch  ╎ gone while it held one  ✗ fault  ⇄ preemption

property                           looked at    true
always     a lease is fenced          900000  900000
sometimes  someone is turned away     900000   70000

faults struck  crash 100000, expiry 99000, in 887 schedules

replay string  sl1|two contenders|wakes#1>a a*3 b!pause c*2|k3fX2a
run it again   session-lease replay 'sl1|two contenders|wakes#1>a a*3 b!pause c*2|k3fX2a'
`,
		);
	});

	it("says under which bounds an exploration that was not complete has held", () => {
		const verdict = (change: Partial<typeof complete>) =>
			explorationText({ ...complete, complete: false, ...change }).split("\n")[0];
		expect(verdict({ preemptionsCovered: 2, schedules: 500_000 })).toBe(
			'held: 500000 schedules of "two contenders", complete up to 2 preemptions, ended at 500000 schedules (457827 states; crash 1, expiry 1)',
		);
		expect(verdict({ preemptionsCovered: undefined, schedules: 500_000 })).toContain(
			", not complete, ended at",
		);
		const { limits } = complete;
		expect(
			verdict({ mode: "pct", schedules: 1_000, states: 0, limits: { ...limits, seed: 7, faults: {} } }),
		).toBe('held: 1000 PCT schedules of "two contenders", seed 7 (no faults)');
		expect(verdict({ mode: "replay", schedules: 1, states: 0 })).toBe(
			'held: the replayed schedule of "two contenders" (crash 1, expiry 1)',
		);
	});

	it("says why little was shown, and why nothing was", () => {
		const reasons = ['"someone is turned away" never happened.'];
		expect(explorationText({ ...complete, verdict: "vacuous", reasons })).toContain(
			`vacuous: all 206300 schedules of "two contenders", complete (457827 states; crash 1, expiry 1)\n- ${reasons[0]}\n`,
		);
		const reason = "Expected `seed` to be an integer, 0 or more, got `-1`.";
		expect(explorationText({ ...complete, verdict: "refused", reasons: [reason] })).toContain(
			`refused: "two contenders" was not explored\n- ${reason}\n`,
		);
		const text = explorationText({
			...complete,
			verdict: "not deterministic",
			schedules: 1,
			properties: [],
			struck: {},
		});
		expect(text).toBe('not deterministic: "two contenders", after 1 schedule\n\nfaults struck  none\n');
	});

	it("fits a log, and cuts no replay string", () => {
		const replay = `sl1|it's long|${"a ".repeat(200)}|k3fX2a`;
		const report = violated(splitBrain);
		const counterexample = {
			...(report.counterexample as NonNullable<typeof report.counterexample>),
			replay,
		};
		const lines = explorationText({ ...report, counterexample })
			.trimEnd()
			.split("\n");
		expect(lines.at(-1)).toBe(`run it again   session-lease replay '${replay.replace("'", "'\\''")}'`);
		expect(Math.max(...lines.slice(0, -2).map(({ length }) => length))).toBeLessThanOrEqual(110);
	});

	it("knows a process by its lane in every life, and that a dead holder has not given back", () => {
		const lines = explorationText(violated(splitBrain)).split("\n");
		const line = (step: number) =>
			lines.find((it) => it.includes(` ${step}  `) && /^\s*\d+\s/.test(it)) ?? "";
		expect(line(16)).toContain("│  ┃  ✗  c ");
		expect(line(19)).toContain("│  ┃  ╎  time ");
		expect(line(20)).toContain("│  ┃  ●  c2 ");
	});
});
