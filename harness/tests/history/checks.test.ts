import { describe, expect, it } from "vitest";
import type { CheckName } from "../../src/history/index.ts";
import { checkHistory, parseHistory } from "../../src/history/index.ts";
import {
	failed,
	granted,
	held,
	judge,
	judgedBy,
	ok,
	op,
	released,
	type Told,
	textOf,
	unknown,
	voided,
	wrote,
} from "./told.ts";

type Holds = readonly [string, number, readonly Told[]];
type Breaks = readonly [string, string, readonly Told[]];

function itJudges(
	name: CheckName,
	{ holds, breaks }: { holds: readonly Holds[]; breaks: readonly Breaks[] },
) {
	it.each(holds)("holds: %s", (_, evaluated, told) => {
		expect(judgedBy(name, told)).toEqual({ verdict: "held", evaluated, sentences: [], overall: "held" });
	});

	it.each(breaks)("breaks: %s", (_, sentence, told) => {
		expect(judgedBy(name, told)).toMatchObject({
			verdict: "violated",
			sentences: [sentence],
			overall: "violated",
		});
	});
}

describe("epochs", () => {
	itJudges("epochs", {
		holds: [
			["grow, with gaps", 3, [granted(1, 2, 1), granted(3, 4, 2), granted(5, 6, 7)]],
			[
				"are counted for each session",
				2,
				[granted(1, 2, 1), { ...granted(3, 4, 1), call: { call: "acquire", key: "t" } }],
			],
			["overlap in either order", 2, [granted(1, 9, 2), granted(2, 8, 1)]],
			["touch at one time", 2, [granted(1, 5, 2), granted(5, 9, 1)]],
			["end as unknown", 1, [granted(1, 2, 1), op(3, 4, { call: "acquire" }, unknown)]],
		],
		breaks: [
			[
				"one is granted twice",
				'Epoch 1 of session "s" was granted 2 times: to operation 1 of p1 and operation 2 of p2.',
				[granted(1, 2, 1), granted(1, 4, 1)],
			],
			[
				"one is granted again later",
				'Epoch 1 of session "s" was granted 2 times: to operation 1 of p1 and operation 2 of p2.',
				[granted(1, 2, 1), granted(3, 4, 1)],
			],
			[
				"one is lower than the highest before it, which was not the last",
				'Epoch 2 of session "s" was granted to operation 3 of p3 after epoch 3 to operation 1 of p1.',
				[granted(1, 2, 3), granted(1, 3, 1), granted(4, 5, 2)],
			],
			[
				"one is lower than one before it, while an earlier one is still under way",
				'Epoch 2 of session "s" was granted to operation 3 of p3 after epoch 5 to operation 2 of p2.',
				[granted(1, 9, 1), granted(2, 3, 5), granted(4, 5, 2)],
			],
			[
				"one is lower than one before it",
				'Epoch 1 of session "s" was granted to operation 2 of p2 after epoch 2 to operation 1 of p1.',
				[granted(1, 2, 2), granted(3, 4, 1)],
			],
		],
	});
});

const acquire = { call: "acquire" } as const;
const abandon = (epoch: number) => ({ call: "abandon", epoch }) as const;
const noOrder = (after: number, stuck: number, why: string) =>
	`The operations on session "s" have no order: after ${after} of them operation ${stuck} of p${stuck} cannot follow, since ${why}.`;

describe("the fenced lease", () => {
	itJudges("fenced lease", {
		holds: [
			[
				"one holder after the other",
				4,
				[granted(1, 2, 1), released(3, 4, 1, "x"), granted(5, 6, 2, "x"), released(7, 8, 2)],
			],
			[
				"a value that is kept",
				5,
				[
					granted(1, 2, 1),
					wrote(3, 4, 1, "x"),
					released(5, 6, 1),
					granted(7, 8, 2, "x"),
					op(9, 9, { call: "renew", epoch: 2 }, ok()),
				],
			],
			["a loser while somebody holds it", 3, [granted(1, 2, 1), op(3, 4, acquire, held), released(5, 6, 1)]],
			["a loser to somebody who has not returned yet", 2, [granted(1, 9, 1), op(3, 4, acquire, held)]],
			["a loser to somebody who never returned", 1, [op(1, undefined, acquire), op(3, 4, acquire, held)]],
			["a takeover without a release", 3, [granted(1, 2, 1), wrote(3, 4, 1, "x"), granted(5, 6, 2, "x")]],
			[
				"an unknown write that took effect",
				2,
				[granted(1, 2, 1), wrote(3, 4, 1, "x", unknown), granted(5, 6, 2, "x")],
			],
			[
				"an unknown write that did not",
				2,
				[granted(1, 2, 1), wrote(3, 4, 1, "x", unknown), granted(5, 6, 2)],
			],
			[
				"an unknown write that lands late",
				3,
				[granted(1, 2, 1), wrote(3, 4, 1, "x", unknown), op(5, 6, acquire, held), granted(7, 8, 2, "x")],
			],
			[
				"a write without an answer that lands under the bid of one who died",
				4,
				[
					granted(1, 2, 1),
					op(3, undefined, { call: "release", epoch: 1, value: "x" }),
					op(5, 6, acquire, unknown),
					op(7, 8, acquire, held),
					granted(9, 10, 3, "x"),
					released(11, 12, 3),
				],
			],
			[
				"a late write that lands while the next one is being granted",
				2,
				[granted(1, 2, 1), wrote(3, 4, 1, "x", unknown), granted(3, 9, 2, "x")],
			],
			[
				"a late write that lands under the bid of one who died",
				4,
				[
					granted(1, 2, 1),
					op(3, 4, abandon(1), ok()),
					op(5, undefined, acquire),
					op(6, 7, acquire, held),
					wrote(8, 9, 1, "x", unknown),
					granted(10, 11, 3, "x"),
				],
			],
			[
				"an unknown acquire that took no epoch",
				2,
				[op(1, 2, acquire, unknown), granted(3, 4, 1), released(5, 6, 1)],
			],
			[
				"an unknown abandon, either way",
				3,
				[granted(1, 2, 1), op(3, 4, abandon(1), unknown), op(5, 6, acquire, held), granted(7, 8, 2)],
			],
			[
				"a failed write",
				3,
				[
					granted(1, 2, 1),
					wrote(3, 4, 1, "x", voided),
					wrote(3, 4, 1, "y", failed),
					released(5, 6, 1),
					granted(7, 8, 2),
				],
			],
			[
				"a value that was forgotten by its holder",
				4,
				[
					granted(1, 2, 1),
					wrote(3, 4, 1, "x"),
					op(5, 6, { call: "forget", epoch: 1 }, ok()),
					granted(7, 8, 2),
				],
			],
			[
				"a value that was forgotten from outside",
				5,
				[
					granted(1, 2, 1),
					released(3, 4, 1, "x"),
					op(5, 6, { call: "forget" }, ok()),
					granted(7, 8, 3),
					released(9, 10, 3),
				],
			],
			[
				"a refusal that says nothing of the session",
				1,
				[granted(1, 2, 1), op(3, 4, acquire, { type: "fail", code: "acquire_exhausted" })],
			],
			[
				"what touches at one time, in the order that fits",
				4,
				[granted(5, 5, 2, "x"), released(5, 5, 1, "x"), granted(5, 5, 1), op(5, 5, acquire, held)],
			],
		],
		breaks: [
			[
				"a value that nobody saved",
				noOrder(1, 2, "it was granted epoch 2 with y, and no value stood"),
				[granted(1, 2, 1), granted(3, 4, 2, "y")],
			],
			[
				"an old value",
				noOrder(3, 4, "it was granted epoch 2 with x, and y stood"),
				[granted(1, 2, 1), wrote(3, 4, 1, "x"), released(5, 6, 1, "y"), granted(7, 8, 2, "x")],
			],
			[
				"an epoch that was granted twice",
				noOrder(1, 2, "it was granted epoch 1, and epoch 1 was taken"),
				[granted(1, 2, 1), granted(3, 4, 1)],
			],
			[
				"a loser although nobody held it",
				noOrder(2, 3, "it was turned away, and nobody held the session"),
				[granted(1, 2, 1), released(3, 4, 1), op(5, 6, acquire, held)],
			],
			[
				"a loser after an abandon that was heard of",
				noOrder(2, 3, "it was turned away, and nobody held the session"),
				[granted(1, 2, 1), op(3, 4, abandon(1), ok()), op(5, 6, acquire, held)],
			],
			[
				"a loser on a session that nobody ever held",
				noOrder(0, 1, "it was turned away, and nobody held the session"),
				[op(1, 2, acquire, held)],
			],
			[
				"an acknowledged write of a holder that was replaced",
				noOrder(2, 3, "it is of epoch 1, and epoch 2 had taken over"),
				[granted(1, 2, 1), granted(3, 4, 2), wrote(5, 6, 1, "x")],
			],
			[
				"an acknowledged renewal of a holder that was replaced",
				noOrder(2, 3, "it is of epoch 1, and epoch 2 had taken over"),
				[granted(1, 2, 1), granted(3, 4, 2), op(5, 6, { call: "renew", epoch: 1 }, ok())],
			],
			[
				"a write after the release",
				noOrder(2, 3, "it is of epoch 1, which had been given back"),
				[granted(1, 2, 1), released(3, 4, 1), wrote(5, 6, 1, "x")],
			],
			[
				"a write after the session was forgotten from outside",
				noOrder(2, 3, "it is of epoch 1, which had been given back"),
				[granted(1, 2, 1), op(3, 4, { call: "forget" }, ok()), wrote(5, 6, 1, "x")],
			],
			[
				"a write of an epoch that was never granted",
				noOrder(1, 2, "it is of epoch 2, which was not granted"),
				[granted(1, 2, 1), wrote(3, 4, 2, "x")],
			],
			[
				"a late write that surfaces after the next grant",
				noOrder(2, 4, "it was granted epoch 3 with x, and no value stood"),
				[granted(1, 2, 1), granted(3, 4, 2), wrote(2, 3, 1, "x", unknown), granted(5, 6, 3, "x")],
			],
			[
				"a void write that shows",
				noOrder(1, 3, "it was granted epoch 2 with x, and no value stood"),
				[granted(1, 2, 1), wrote(3, 4, 1, "x", voided), granted(5, 6, 2, "x")],
			],
			[
				"an unknown write that is there, gone, and there again",
				noOrder(4, 5, "it was granted epoch 4 with x, and no value stood"),
				[
					granted(1, 2, 1),
					wrote(3, 4, 1, "x", unknown),
					granted(5, 6, 2, "x"),
					op(7, 8, { call: "forget", epoch: 2 }, ok()),
					granted(9, 10, 4, "x"),
				],
			],
			[
				"several that cannot follow, of which the one that ended first is named",
				noOrder(1, 2, "it is of epoch 5, which was not granted"),
				[granted(1, 2, 1), wrote(3, 4, 5, "x"), wrote(3, 9, 6, "y")],
			],
			[
				"a value that was forgotten",
				noOrder(3, 4, "it was granted epoch 2 with x, and no value stood"),
				[granted(1, 2, 1), wrote(3, 4, 1, "x"), op(5, 6, { call: "forget" }, ok()), granted(7, 8, 2, "x")],
			],
			[
				"no room for the epoch of one who died",
				noOrder(4, 5, "it was granted epoch 2, and epoch 2 was taken"),
				[
					granted(1, 2, 1),
					released(3, 4, 1),
					op(5, undefined, acquire),
					op(6, 7, acquire, held),
					granted(8, 9, 2),
				],
			],
		],
	});

	it("shows where long values differ", () => {
		const long = (end: string) => `${"x".repeat(200)}${end}`;
		const told = [granted(1, 2, 1), released(3, 4, 1, long("new")), granted(5, 6, 2, long("old"))];
		const x = "x".repeat(20);
		expect(judgedBy("fenced lease", told).sentences).toEqual([
			noOrder(2, 3, `it was granted epoch 2 with …${x}old, and …${x}new stood`),
		]);
	});

	it("shows short values whole, however late they differ", () => {
		const short = (end: string) => `${"x".repeat(40)}${end}`;
		const told = [granted(1, 2, 1), released(3, 4, 1, short("new")), granted(5, 6, 2, short("old"))];
		expect(judgedBy("fenced lease", told).sentences).toEqual([
			noOrder(2, 3, `it was granted epoch 2 with ${short("old")}, and ${short("new")} stood`),
		]);
	});
});

const read = (from: number, to: number, version: number, value?: string): Told =>
	op(from, to, { call: "read" }, ok({ version, ...(value === undefined ? {} : { value }) }));
const put = (from: number, to: number, value: string, version: number, base?: number): Told =>
	op(from, to, { call: "put", value, ...(base === undefined ? {} : { base }) }, ok({ version }));

const noOrderOfR = (after: number, stuck: number, why: string) =>
	noOrder(after, stuck, why).replace("session", "register");

describe("a versioned register", () => {
	itJudges("versioned register", {
		holds: [
			[
				"reads and puts in turn",
				5,
				[read(1, 2, 0), put(3, 4, "x", 1), read(5, 6, 1, "x"), put(7, 8, "y", 2, 1), read(9, 10, 2, "y")],
			],
			["puts that overlap", 3, [put(1, 9, "x", 2), put(2, 8, "y", 1), read(10, 11, 2, "x")]],
			[
				"an unknown put that took effect",
				1,
				[op(1, 2, { call: "put", value: "x" }, unknown), read(3, 4, 1, "x")],
			],
			[
				"an unknown put that took effect late",
				2,
				[op(1, 2, { call: "put", value: "x" }, unknown), read(3, 4, 0), read(5, 6, 1, "x")],
			],
			[
				"an unknown put that took none",
				1,
				[op(1, 2, { call: "put", value: "x", base: 0 }, unknown), read(3, 4, 0)],
			],
			[
				"two unknown puts, in the order that a later read tells",
				2,
				[
					op(1, undefined, { call: "put", value: "x" }),
					op(1, undefined, { call: "put", value: "y" }),
					put(2, 3, "z", 2),
					read(4, 5, 3, "x"),
				],
			],
			[
				"a put that has failed",
				2,
				[put(1, 2, "x", 1), op(3, 4, { call: "put", value: "y", base: 0 }, failed), read(5, 6, 1, "x")],
			],
			["a read that was not answered", 1, [op(1, 2, { call: "read" }, unknown), read(3, 4, 0)]],
			["a register and a session of one name", 1, [put(1, 2, "x", 1), granted(3, 4, 1)]],
		],
		breaks: [
			[
				"an old read",
				noOrderOfR(2, 3, "it read version 1 with x, and version 2 with y stood"),
				[put(1, 2, "x", 1), put(3, 4, "y", 2), read(5, 6, 1, "x")],
			],
			[
				"a read of another value",
				noOrderOfR(1, 2, "it read version 1 with y, and version 1 with x stood"),
				[put(1, 2, "x", 1), read(3, 4, 1, "y")],
			],
			[
				"a version that is skipped",
				noOrderOfR(0, 1, "it put version 2, and version 0 with no value stood"),
				[put(1, 2, "x", 2)],
			],
			[
				"two puts of one version",
				noOrderOfR(1, 2, "it put version 1, and version 1 with x stood"),
				[put(1, 2, "x", 1), put(3, 4, "y", 1)],
			],
			[
				"a put on a version that is gone",
				noOrderOfR(2, 3, "it put version 3 on version 1, and version 2 with y stood"),
				[put(1, 2, "x", 1), put(3, 4, "y", 2), put(5, 6, "z", 3, 1)],
			],
			[
				"an unknown put on a version that is gone",
				noOrderOfR(1, 3, "it read version 2 with y, and version 1 with x stood"),
				[put(1, 2, "x", 1), op(3, 4, { call: "put", value: "y", base: 0 }, unknown), read(5, 6, 2, "y")],
			],
			[
				"an unknown put that took effect twice",
				noOrderOfR(2, 3, "it read version 2 with x, and version 1 with x stood"),
				[op(1, 2, { call: "put", value: "x" }, unknown), read(3, 4, 1, "x"), read(5, 6, 2, "x")],
			],
		],
	});
});

describe("lost updates", () => {
	itJudges("lost updates", {
		holds: [
			["puts on one version after the other", 2, [put(1, 2, "x", 1, 0), put(3, 4, "y", 2, 1)]],
			[
				"a put that was refused, and tried again",
				2,
				[put(1, 2, "x", 1, 0), op(1, 3, { call: "put", value: "y", base: 0 }, failed), put(4, 5, "y", 2, 1)],
			],
			[
				"leases that update one after the other",
				2,
				[granted(1, 2, 1), released(3, 4, 1, "x"), granted(5, 6, 2, "x"), released(7, 8, 2, "y")],
			],
			[
				"a lease that saved nothing",
				1,
				[granted(1, 2, 1), released(3, 4, 1), granted(5, 6, 2), released(7, 8, 2, "y")],
			],
			[
				"a value that came back",
				3,
				[
					granted(1, 2, 1),
					released(3, 4, 1, "x"),
					granted(5, 6, 2, "x"),
					released(7, 8, 2, "x"),
					granted(9, 10, 3, "x"),
					released(11, 12, 3, "y"),
				],
			],
			[
				"no value, which came back",
				2,
				[
					granted(1, 2, 1),
					wrote(3, 4, 1, "x"),
					op(5, 6, { call: "forget" }, ok()),
					granted(7, 8, 2),
					released(9, 10, 2, "y"),
				],
			],
		],
		breaks: [
			[
				"two puts on one version",
				'Version 0 of register "s" was updated 2 times: by operation 1 of p1 and operation 2 of p2.',
				[put(1, 4, "x", 1, 0), put(2, 5, "y", 2, 0)],
			],
			[
				"two leases on one value",
				'Epochs 2 and 3 of session "s" both updated x: what operation 4 of p4 saved was lost.',
				[
					granted(1, 2, 1),
					released(3, 4, 1, "x"),
					granted(5, 6, 2, "x"),
					wrote(7, 8, 2, "y"),
					granted(9, 10, 3, "x"),
					released(11, 12, 3, "z"),
				],
			],
			[
				"two leases on no value",
				'Epochs 1 and 2 of session "s" both updated no value: what operation 2 of p2 saved was lost.',
				[
					granted(1, 2, 1),
					wrote(3, 4, 1, "y"),
					granted(6, 7, 2),
					released(8, 9, 2, "z"),
					wrote(5, 5, 1, "y2"),
				],
			],
		],
	});
});

describe("truthful outcomes", () => {
	itJudges("truthful outcomes", {
		holds: [
			["what was saved is loaded", 1, [granted(1, 2, 1), released(3, 4, 1, "x"), granted(5, 6, 2, "x")]],
			[
				"what was overwritten is not",
				1,
				[granted(1, 2, 1), wrote(3, 4, 1, "x"), released(5, 6, 1, "y"), granted(7, 8, 2, "y")],
			],
			[
				"what was perhaps overwritten is not",
				1,
				[granted(1, 2, 1), wrote(3, 4, 1, "x"), released(5, 6, 1, "y", unknown), granted(7, 8, 2, "y")],
			],
			[
				"what was forgotten is not",
				1,
				[
					granted(1, 2, 1),
					wrote(3, 4, 1, "x"),
					op(5, 6, { call: "forget", epoch: 1 }, ok()),
					granted(7, 8, 2),
				],
			],
			["what is void does not show", 1, [granted(1, 2, 1), wrote(3, 4, 1, "x", voided), granted(5, 6, 2)]],
			[
				"what is void and was saved by another shows",
				1,
				[
					granted(1, 2, 1),
					wrote(3, 4, 1, "x", voided),
					granted(5, 6, 2),
					released(7, 8, 2, "x"),
					granted(9, 10, 3, "x"),
				],
			],
			["what was put is read", 1, [put(1, 2, "x", 1), read(3, 4, 1, "x")]],
			[
				"what is saved at one time with the grant need not show",
				1,
				[
					granted(1, 2, 1),
					released(3, 5, 1, "x", unknown),
					granted(5, 6, 2),
					wrote(6, 6, 2, "y", failed),
					granted(7, 8, 3),
				],
			],
		],
		breaks: [
			[
				"what was saved is not loaded",
				'Session "s": operation 2 of p2 was told that x is saved, and operation 3 of p3 loaded no value.',
				[granted(1, 2, 1), released(3, 4, 1, "x"), granted(5, 6, 2)],
			],
			[
				"what was saved is not loaded, but what is saved later",
				'Session "s": operation 2 of p2 was told that x is saved, and operation 3 of p3 loaded y.',
				[granted(1, 2, 1), wrote(3, 4, 1, "x"), granted(5, 6, 2, "y"), wrote(7, 8, 2, "y")],
			],
			[
				"what was saved is not loaded, but what was before it",
				'Session "s": operation 3 of p3 was told that y is saved, and operation 4 of p4 loaded x.',
				[granted(1, 2, 1), wrote(3, 4, 1, "x"), wrote(5, 6, 1, "y"), granted(7, 8, 2, "x")],
			],
			[
				"what is void shows",
				'Session "s": operation 2 of p2 was told that x is void, and operation 3 of p3 loaded it.',
				[granted(1, 2, 1), wrote(3, 4, 1, "x", voided), granted(5, 6, 2, "x")],
			],
			[
				"what was not saved shows",
				'Session "s": operation 2 of p2 was told that x was not saved, and operation 4 of p4 loaded it.',
				[granted(1, 2, 1), wrote(3, 4, 1, "x", failed), granted(5, 6, 2), granted(7, 8, 3, "x")],
			],
			[
				"what was put is not read",
				'Register "s": operation 1 of p1 was told that x is saved, and operation 2 of p2 loaded no value.',
				[put(1, 2, "x", 1), read(3, 4, 0)],
			],
			[
				"what failed to be put is read",
				'Register "s": operation 1 of p1 was told that x was not saved, and operation 2 of p2 loaded it.',
				[op(1, 2, { call: "put", value: "x" }, failed), read(3, 4, 1, "x")],
			],
		],
	});
});

describe("truthful outcomes of a value that failed to be saved", () => {
	const judged = (...told: Told[]) => judgedBy("truthful outcomes", told);

	it("say both that it shows and what does not", () => {
		const { sentences } = judged(
			granted(1, 2, 1),
			wrote(3, 4, 1, "x"),
			wrote(5, 6, 1, "y", voided),
			granted(7, 8, 2, "y"),
		);
		expect(sentences).toEqual([
			'Session "s": operation 2 of p2 was told that x is saved, and operation 4 of p4 loaded y.',
			'Session "s": operation 3 of p3 was told that y is void, and operation 4 of p4 loaded it.',
		]);
	});

	it("are none if nobody has looked since", () => {
		const after = judged(granted(1, 2, 1), wrote(3, 4, 1, "x", voided));
		expect(after).toMatchObject({ verdict: "not_evaluated", evaluated: 0 });
	});

	it("do not accuse it of what was loaded before", () => {
		const before = judged(granted(1, 2, 1, "x"), wrote(3, 4, 1, "x", voided), granted(5, 6, 2));
		expect(before).toMatchObject({ verdict: "held", evaluated: 1, overall: "violated" });
	});
});

const effect = (from: number, to: number, key: string, end = ok(), repeatable?: boolean): Told =>
	op(from, to, { call: "effect", key, ...(repeatable === undefined ? {} : { repeatable }) }, end);

describe("duplicate effects", () => {
	itJudges("duplicate effects", {
		holds: [
			["each once", 2, [effect(1, 2, "a"), effect(3, 4, "b")]],
			["one that failed, and again", 1, [effect(1, 2, "a", failed), effect(3, 4, "a")]],
			["what may be repeated", 2, [effect(1, 2, "a", ok(), true), effect(3, 4, "a", ok(), true)]],
		],
		breaks: [
			[
				"twice",
				'Effect "a" was begun 2 times: by operation 1 of p1 and operation 2 of p2.',
				[effect(1, 2, "a"), effect(3, 4, "a")],
			],
			[
				"twice, one of them unknown",
				'Effect "a" was begun 2 times: by operation 1 of p1 and operation 2 of p2.',
				[effect(1, 2, "a", unknown), effect(3, 4, "a")],
			],
			[
				"three times, one of which says that it may be repeated",
				'Effect "a" was begun 3 times: by operation 1 of p1, operation 2 of p2 and operation 3 of p3.',
				[effect(1, 2, "a", ok(), true), effect(3, 4, "a", ok(), false), effect(5, 6, "a")],
			],
		],
	});
});

describe("the verdict", () => {
	const clash = [effect(1, 2, "a"), effect(3, 4, "a")];
	const fine = [granted(1, 2, 1), released(3, 4, 1, "x"), granted(5, 6, 2, "x")];

	it("is inconclusive, never held, for a history in which there is nothing to check", () => {
		for (const told of [
			[],
			[op(1, 2, acquire, unknown)],
			[op(1, 2, acquire, { type: "fail", code: "option_invalid" })],
		]) {
			const { verdict, checks } = judge(told);
			expect(verdict).toBe("inconclusive");
			expect(checks.map((check) => [check.verdict, check.evaluated])).toEqual(
				checks.map(() => ["not_evaluated", 0]),
			);
		}
	});

	it("is inconclusive at the limit of steps, and says of what", () => {
		const { verdict, checks } = judge(fine, 2);
		expect(verdict).toBe("inconclusive");
		expect(checks.find(({ name }) => name === "fenced lease")).toEqual({
			name: "fenced lease",
			verdict: "inconclusive",
			evaluated: 3,
			findings: [
				{
					sentence: 'Whether the 3 operations on session "s" have an order was not found out in 2 steps.',
					ops: [],
				},
			],
		});
		expect(judge(fine, 3).verdict).toBe("held");
	});

	it("is violated if one check is, whatever another could not say", () => {
		const { verdict, checks } = judge([...fine, ...clash], 1);
		expect(checks.map((check) => check.verdict)).toContain("inconclusive");
		expect(verdict).toBe("violated");
	});

	it("is that of a session that is violated, whatever could not be said of another", () => {
		const lost = fine.slice(2).map(({ call, ...told }) => ({ ...told, call: { ...call, key: "t" } }));
		const { checks } = judge([...fine, ...lost], 2);
		expect(checks.find(({ name }) => name === "fenced lease")).toMatchObject({ verdict: "violated" });
	});

	it("does not depend on the order of the lines", () => {
		const [header, ...lines] = textOf([...fine, ...clash])
			.trimEnd()
			.split("\n");
		const sentences = (text: string) =>
			checkHistory(parseHistory(text)).checks.flatMap(({ findings }) =>
				findings.map(({ sentence }) => sentence),
			);
		expect(sentences([header, ...lines.reverse()].join("\n"))).toEqual(
			sentences(textOf([...fine, ...clash])),
		);
	});

	it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses a limit of %d steps", (stepsMax) => {
		expect(() => judge(fine, stepsMax)).toThrow("Expected `stepsMax` to be a positive integer");
	});
});
