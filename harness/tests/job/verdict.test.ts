import { describe, expect, it } from "vitest";
import type { CallRow, JobFindings } from "../../src/job/job-report.ts";
import { judge } from "../../src/job/verdict.ts";

const allow = { decision: "allow", reason: null } as const;
const deny = { decision: "deny", reason: null } as const;
const crash = { worker: "worker 1", call: "state::update", moment: "after" } as const;

const approved: CallRow = {
	callId: "a",
	functionName: "pay",
	needsApproval: true,
	idempotent: false,
	asked: allow,
	decision: allow,
	runs: 1,
	outcome: "ok",
	text: "",
};
const denied: CallRow = { ...approved, callId: "d", asked: deny, decision: deny, runs: 0, outcome: "denied" };
const undecided: CallRow = {
	...approved,
	callId: "u",
	asked: null,
	decision: null,
	runs: 0,
	outcome: "waiting",
};

const findings: JobFindings = {
	settings: {
		sessionId: "s",
		workers: 3,
		serialize: true,
		duplicate: false,
		crashes: 0,
		seed: 1,
		ttlMs: 2_000,
		limitMs: 1_000,
	},
	calls: [approved, denied],
	epochs: [],
	turnedAway: 0,
	storeCalls: {},
	events: { turn_end: 1 },
	crashes: [],
	deadLetters: [],
	finalState: "stopped",
	heldBy: null,
	atRest: true,
	elapsedMs: 1,
};

describe("the verdict", () => {
	it.each<[string, Partial<JobFindings>]>([
		["all as decided", {}],
		["a call that ended with an error", { calls: [{ ...approved, outcome: "error" }] }],
		["interrupted, after a crash", { crashes: [crash], calls: [{ ...approved, outcome: "interrupted" }] }],
		[
			"interrupted before it ran, after a crash",
			{ crashes: [crash], calls: [{ ...approved, runs: 0, outcome: "interrupted" }] },
		],
		["an idempotent call again", { crashes: [crash], calls: [{ ...approved, runs: 2, idempotent: true }] }],
	])("is kept: %s", (_, change) => {
		expect(judge({ ...findings, ...change })).toMatchObject({ result: "kept", exitCode: 0, violations: [] });
	});

	it.each<[string, Partial<JobFindings>]>([
		['Call "a" ran 2 times, and not once.', { calls: [{ ...approved, runs: 2 }] }],
		['Call "a" ran never, and not once.', { calls: [{ ...approved, runs: 0 }] }],
		[
			'Call "a" ran 2 times, and at most once is allowed.',
			{ crashes: [crash], calls: [{ ...approved, runs: 2 }] },
		],
		['Call "a" never ran, and its result is "ok".', { crashes: [crash], calls: [{ ...approved, runs: 0 }] }],
		[
			'Call "a" ran once without a crash, and its result is "interrupted".',
			{ calls: [{ ...approved, outcome: "interrupted" }] },
		],
		['Call "d" ran once, and it was denied.', { calls: [{ ...denied, runs: 1 }] }],
		['Call "d" was denied, and its result is "ok".', { calls: [{ ...denied, outcome: "ok" }] }],
		[
			'Call "a" was decided "allow", and the turn recorded no decision.',
			{ calls: [{ ...approved, decision: null, runs: 0, outcome: "waiting" }] },
		],
		[
			'Call "u" ran once, and nobody approved it.',
			{ calls: [{ ...undecided, runs: 1 }], events: {}, finalState: "function_awaiting_approval" },
		],
		["The turn ended 2 times, and once was expected.", { events: { turn_end: 2 } }],
		["The turn ended never, and once was expected.", { events: {} }],
		['The turn\'s last state is "failed", and "stopped" was expected.', { finalState: "failed" }],
		["The session's lease was left in the hand of worker 2.", { heldBy: "worker 2" }],
		["The job was not at rest within 1000 ms.", { atRest: false }],
	])("is violated: %s", (sentence, change) => {
		expect(judge({ ...findings, ...change })).toEqual({
			result: "violated",
			exitCode: 2,
			violations: [sentence],
		});
	});

	it("is parked when a decision is missing and everything else is as it should be", () => {
		const change = { calls: [approved, undecided], events: {}, finalState: "function_awaiting_approval" };
		expect(judge({ ...findings, ...change })).toMatchObject({ result: "parked", exitCode: 3 });
	});
});
