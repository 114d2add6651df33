import { describe, expect, it } from "vitest";
import type { CallRow, JobFindings, JobReport } from "../../src/job/job-report.ts";
import { judge } from "../../src/job/verdict.ts";
import { reportJson } from "../../src/report/json.ts";
import { cut, oneLine, tableLines } from "../../src/report/table.ts";
import { reportText } from "../../src/report/text.ts";

const call: CallRow = {
	callId: "call_1",
	functionName: "pay_invoice",
	needsApproval: true,
	idempotent: false,
	asked: { decision: "allow", reason: null },
	decision: { decision: "allow", reason: null },
	runs: 1,
	outcome: "ok",
	text: "paid",
};

function reportOf(change: Partial<JobFindings> = {}): JobReport {
	const findings: JobFindings = {
		settings: {
			sessionId: "s",
			workers: 3,
			serialize: true,
			duplicate: false,
			crashes: 0,
			seed: 1,
			ttlMs: 2_000,
			limitMs: 600_000,
		},
		calls: [
			{ ...call, callId: "look", functionName: "look", needsApproval: false, asked: null, decision: null },
			call,
			{
				...call,
				callId: "call_2",
				asked: { decision: "deny", reason: "Too much." },
				decision: { decision: "deny", reason: "Too much." },
				runs: 0,
				outcome: "denied",
				text: "Denied: Too much.",
			},
		],
		epochs: [
			{ epoch: 1, holder: "worker 1", takeover: false, heldMs: 3, end: "released", turnedAway: 0 },
			{ epoch: 2, holder: "worker 2", takeover: false, heldMs: 120, end: "died", turnedAway: 0 },
			{ epoch: 4, holder: "worker 1", takeover: true, heldMs: 40, end: "released", turnedAway: 2 },
		],
		turnedAway: 5,
		storeCalls: { "state::get": 10, "state::update": 20 },
		events: { function_execution_start: 2, turn_end: 1 },
		crashes: [],
		deadLetters: [],
		finalState: "stopped",
		heldBy: null,
		atRest: true,
		elapsedMs: 163,
		...change,
	};
	return { ...findings, verdict: judge(findings) };
}

describe("the report as text", () => {
	it("shows each call, each epoch, the cost and the verdict", () => {
		expect(reportText(reportOf())).toBe(
			`Session "s", 3 calls, 3 workers, serialized

call    function     decision    runs  result
look    look         not needed     1  ok: paid
call_1  pay_invoice  allow          1  ok: paid
call_2  pay_invoice  deny           0  denied: Too much.

epoch  held by      for  ended
    1  worker 1    3 ms  released
    2  worker 2  120 ms  died
    4  worker 1   40 ms  released, 2 turned away, taken over from an epoch that was never released

Wakes turned away   5
Calls to the store  state::get 10, state::update 20
Events, by id       function_execution_start 2, turn_end 1
Final state         stopped, after 163 ms

Kept: every approved call ran once, every denied one never, and the turn ended once.
`,
		);
	});

	it("says what was violated, a line each", () => {
		const text = reportText(reportOf({ calls: [{ ...call, runs: 2 }], events: { turn_end: 2 } }));
		expect(text).toContain(
			'Violated:\n- Call "call_1" ran 2 times, and not once.\n- The turn ended 2 times, and once was expected.\n',
		);
	});

	it("shows who died where, and the seed that picked it", () => {
		const crashes = [{ worker: "worker 2", call: "state::update", moment: "applied" }] as const;
		const { settings } = reportOf();
		const text = reportText(reportOf({ crashes, settings: { ...settings, crashes: 1, seed: 42 } }));
		expect(text).toContain("worker 2 died after the engine had applied state::update\n");
		expect(text).toContain("seed 42");
	});

	it("fits 100 columns whatever functions, results and names there are", () => {
		const long = {
			...call,
			callId: "c".repeat(200),
			functionName: "f".repeat(200),
			text: "t\n\u001b[31m".repeat(99),
		};
		const crash = { worker: "worker 1", call: `enqueue ${"x".repeat(200)}`, moment: "before" } as const;
		const { settings } = reportOf();
		const text = reportText(
			reportOf({
				settings: { ...settings, sessionId: "s".repeat(512) },
				calls: [long],
				crashes: [crash],
				deadLetters: ["e".repeat(500)],
				epochs: Array.from({ length: 100 }, (_, index) => ({
					epoch: index + 1,
					holder: "worker 16",
					takeover: true,
					heldMs: 123_456,
					end: "released" as const,
					turnedAway: 1_000,
				})),
			}),
		);
		expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
		// biome-ignore lint/suspicious/noControlCharactersInRegex: they must not reach a terminal
		expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
		expect(text).toContain("… and 60 more");
	});
});

describe("the report as JSON", () => {
	it("is the data as it is", () => {
		const report = reportOf();
		expect(JSON.parse(reportJson(report))).toEqual(report);
	});
});

describe("a table", () => {
	it("aligns its columns, and cuts the last one", () => {
		const columns = [{ title: "n", align: "right" }, { title: "text" }] as const;
		expect(tableLines(columns, [["10", "abcdefghij"]], 10)).toEqual([" n  text", "10  abcde…"]);
		expect(cut("abc", 3)).toBe("abc");
		expect(oneLine("a\r\n\tb")).toBe("a b");
	});
});
