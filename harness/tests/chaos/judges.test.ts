// Those who judge a chaos run, on histories and findings that are wrong: each has to be noticed.
import { describe, expect, it } from "vitest";
import { checkHistory } from "../../src/history/check-history.ts";
import { HISTORY_HEADER } from "../../src/history/history.ts";
import { parseHistory } from "../../src/history/parse-history.ts";
import type { TurnRecord } from "../../src/turn/record.ts";
import { type ChaosFindings, violationsOf } from "./findings.ts";
import { checkOneWriter } from "./one-writer.ts";
import type { TurnEnd } from "./people.ts";

type Step = readonly [process: string, call: string, fields?: object, end?: object];

/** Operations one after the other, each over before the next begins. */
function judged(...steps: readonly Step[]) {
	const lines = steps.flatMap(([process, call, fields = {}, end = { type: "ok" }], index) => [
		{ op: index, process, type: "invoke", time: 2 * index, call, key: "s", ...fields },
		{ op: index, process, time: 2 * index + 1, ...end },
	]);
	const text = [HISTORY_HEADER, ...lines].map((line) => JSON.stringify(line)).join("\n");
	return checkOneWriter(parseHistory(text).operations);
}

const grant = (process: string, epoch: number, value?: string): Step => [
	process,
	"acquire",
	{},
	{ type: "ok", epoch, ...(value === undefined ? {} : { value }) },
];
const write = (process: string, epoch: number, value: string, end?: object): Step =>
	end ? [process, "write", { epoch, value }, end] : [process, "write", { epoch, value }];
const release = (process: string, epoch: number): Step => [process, "release", { epoch }];

describe("one writer", () => {
	it("finds nothing in holders that follow one another, although an epoch is granted twice", () => {
		const report = judged(
			grant("a", 1),
			write("a", 1, "x"),
			grant("b", 1, "x"),
			write("b", 1, "y"),
			release("b", 1),
		);
		expect(report).toEqual({ writes: 3, loads: 1, violations: [] });
	});

	it.each<[string, readonly Step[], string]>([
		[
			"by a former holder",
			[grant("a", 1), grant("b", 2), write("a", 1, "x")],
			"after b had been granted epoch 2",
		],
		[
			"by a former holder of the same epoch",
			[grant("a", 1), grant("b", 1), write("a", 1, "x")],
			"after b had been",
		],
		["by nobody who was granted it", [grant("a", 1), write("x", 7, "x")], "without having been granted"],
		[
			"in the epoch of another",
			[grant("a", 1), grant("b", 2), write("a", 2, "x")],
			"without having been granted",
		],
		["after the release", [grant("a", 1), release("a", 1), write("a", 1, "x")], "after it had released"],
	])("finds a write %s", (_what, steps, found) => {
		expect(judged(...steps).violations).toEqual([expect.stringContaining(found)]);
	});

	it.each<[string, readonly Step[]]>([
		["that nobody has written", [grant("a", 1, "x")]],
		["that was written only later", [grant("a", 1, "x"), write("a", 1, "x")]],
		[
			"that was told void",
			[grant("a", 1), write("a", 1, "x", { type: "fail", void: true }), grant("b", 2, "x")],
		],
	])("finds a load of a value %s", (_what, steps) => {
		expect(judged(...steps).violations).toEqual([expect.stringContaining("nobody can have written")]);
	});
});

const IDS = ["s.look", "s.act1", "s.act2"] as const;

/** A turn as it has to end: `look` has run unasked, both others were allowed. */
function goodTurn(): { turn: TurnEnd; findings: ChaosFindings } {
	const calls = IDS.map((id) => ({
		id,
		function_id: id.startsWith("s.look") ? "look" : "act",
		arguments: {},
	}));
	const result = { content: [], details: 1, terminate: false };
	const record = {
		state: "stopped",
		work: {
			prepared: calls.map((call, index) => ({ route: index === 0 ? "run" : "approve", call })),
			executed: Object.fromEntries(calls.map((call) => [call.id, { call, result, is_error: false }])),
		},
	} as unknown as TurnRecord;
	const decisions = { "s.act1": "allow", "s.act2": "allow" } as const;
	const lease = { state: "free", epoch: 5, owed: false } as const;
	const turn: TurnEnd = { sessionId: "s", decisions, record, lease, ended: true };
	const lines = [
		HISTORY_HEADER,
		{ op: 1, process: "a", type: "invoke", time: 1, call: "acquire", key: "s" },
		{ op: 1, process: "a", type: "ok", time: 2, epoch: 1 },
	];
	const findings: ChaosFindings = {
		turns: [turn],
		effects: IDS.map((id) => `s/${id}`),
		turnEnds: new Map([["s", 1]]),
		streamKept: true,
		history: checkHistory(parseHistory(lines.map((line) => JSON.stringify(line)).join("\n"))),
		exitCodes: [0, 143],
	};
	return { turn, findings };
}

/** The findings with something changed in the record of the one turn. */
function changed(change: (record: TurnRecord) => void): ChaosFindings {
	const { turn, findings } = goodTurn();
	const record = structuredClone(turn.record as TurnRecord);
	change(record);
	return { ...findings, turns: [{ ...turn, record }] };
}

describe("the findings of a chaos run", () => {
	it("are none where every turn has ended as it should", () => {
		expect(violationsOf(goodTurn().findings)).toEqual([]);
	});

	it.each<[string, () => ChaosFindings, string]>([
		[
			"a turn that did not end",
			() => ({ ...goodTurn().findings, turns: [{ ...goodTurn().turn, ended: false }] }),
			"did not come to its end",
		],
		[
			"a turn that failed",
			() => changed((record) => Object.assign(record, { state: "failed" })),
			"ended as failed",
		],
		["a turn without its calls", () => changed((record) => delete record.work), "its calls are"],
		[
			"a call that is missing",
			() => changed((record) => void (record.work as { prepared: unknown[] }).prepared.pop()),
			"its calls are",
		],
		[
			"a call without a result",
			() => changed((record) => Reflect.deleteProperty(record.work?.executed ?? {}, "s.act1")),
			"has no result",
		],
		[
			"a call that ran twice",
			() => ({ ...goodTurn().findings, effects: ["s/s.look", "s/s.act1", "s/s.act1", "s/s.act2"] }),
			"ran 2 times",
		],
		[
			"an approved call that never ran",
			() => ({ ...goodTurn().findings, effects: ["s/s.look", "s/s.act1"] }),
			"never ran",
		],
		[
			"an unasked call that ran more often than leases were granted",
			() => ({
				...goodTurn().findings,
				effects: [...IDS.map((id) => `s/${id}`), ...Array<string>(5).fill("s/s.look")],
			}),
			"ran 6 times under 5 leases",
		],
		[
			"a call of nobody's that ran",
			() => ({ ...goodTurn().findings, effects: [...IDS.map((id) => `s/${id}`), "t/t.act1"] }),
			"nobody has asked for",
		],
		[
			"a denied call that ran",
			() => ({
				...goodTurn().findings,
				turns: [{ ...goodTurn().turn, decisions: { "s.act1": "deny", "s.act2": "allow" } }],
			}),
			"was denied, and ran",
		],
		[
			"a turn that ended twice",
			() => ({ ...goodTurn().findings, turnEnds: new Map([["s", 2]]) }),
			"ended 2 times",
		],
		[
			"a turn that ended and told nobody",
			() => ({ ...goodTurn().findings, turnEnds: new Map() }),
			"ended 0 times",
		],
		[
			"streams of which nothing is left",
			() => ({ ...goodTurn().findings, streamKept: false, turnEnds: new Map() }),
			"No end of a turn",
		],
		["a worker that broke down", () => ({ ...goodTurn().findings, exitCodes: [70] }), "exited with 70"],
		[
			"a history that says nothing",
			() => ({ ...goodTurn().findings, history: checkHistory({ operations: [] }) }),
			"inconclusive",
		],
	])("tell of %s", (_what, findings, found) => {
		expect(violationsOf(findings())).toEqual(expect.arrayContaining([expect.stringContaining(found)]));
	});

	it("tell of a run in which most approved calls were interrupted", () => {
		const findings = changed((record) => {
			for (const id of ["s.act1", "s.act2"]) {
				const executed = record.work?.executed[id] as { result: { details: unknown } };
				executed.result.details = { interrupted: true };
			}
		});
		expect(violationsOf({ ...findings, effects: ["s/s.look"] })).toEqual([
			expect.stringContaining("were interrupted"),
		]);
	});
});
