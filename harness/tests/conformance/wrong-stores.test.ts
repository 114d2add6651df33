// The kit on a right store with a server, and on some that are wrong in one way each: it says which promise is broken.
import { describe, expect, it } from "vitest";
import { conform, type Port } from "../../src/conformance/index.ts";
import { collectingRunner } from "./collecting-runner.ts";
import { type Flaw, openLineServer } from "./line-server.ts";
import { type MemoryFlaw, memoryPort } from "./memory-port.ts";

const portOf = (flaw?: Flaw): Port => ({
	name: flaw ?? "a small server",
	capabilities: { lists: false },
	open: () => openLineServer(flaw),
});

conform({ describe, it, expect }, portOf());

/** What each is found by, and a part of the reason that is given; other promises may be broken along with it. */
const FOUND: readonly (readonly [Flaw, title: string, reason: RegExp])[] = [
	[
		"reads, then writes",
		"counts every increment once, and answers each with another number",
		/two batches were both answered \d+: they were not atomic/,
	],
	[
		"tells lost answers as failures",
		"tells a batch whose answer was lost as unknown, unless it was sent again",
		/told as certainly not applied \(store_unavailable\), and it was applied: the count is 2/,
	],
	["setOnce overwrites", "keeps the first value of setOnce, over batches and within one", /id: 'b'/],
	[
		"setOnce overwrites",
		"gives setOnce to one of many, and tells all of them the same one",
		/\d values were told to be the first one: .*client/,
	],
	["answers from a replica", "shows whoever looks what was answered before", /a copy that lags behind/],
	[
		"tells its time limit as a failure",
		"tells the truth of a call that it gave up on, and keeps its answer from later ones",
		/told as certainly not applied \(store_unavailable\), and it was applied: the count is 2/,
	],
	[
		"gives late answers to later calls",
		"tells the truth of a call that it gave up on, and keeps its answer from later ones",
		/the record "first" was read, and answered with what is not in it: \{"n":1\}/,
	],
];

const FOUND_IN_MEMORY: readonly (readonly [MemoryFlaw, title: string, reason: RegExp])[] = [
	[
		"brings removed fields back",
		"shows nobody what was removed, neither at once nor later",
		/field "text" was removed, and 100 ms later it is shown/,
	],
	[
		"brings removed fields back",
		"stays with one who works for longer than its TTL",
		/field "text" was removed, and after a while it is shown/,
	],
	[
		"shows removed fields to other clients",
		"shows nobody what was removed, neither at once nor later",
		/field "text" was removed, and at once, by another client, it is shown/,
	],
	[
		"lists a hundred records at most",
		"lists as many records as there are",
		/listed 100, of which 0 twice, missing 30/,
	],
	["counts in 32 bits", "counts past 32 bits, both ways and in steps of any size", /-2147483648/],
	["cuts long texts", "keeps a large value", /1000000 characters instead of 2000000/],
	[
		"applies 25 ops of a batch",
		"applies every op of a large batch, and keeps every field of a large record",
		/of 100 fields, written 100 a batch, 75 are missing or wrong: f0_25 is the first/,
	],
	[
		"keeps a hundred fields",
		"applies every op of a large batch, and keeps every field of a large record",
		/of 200 fields, written 100 a batch, 100 are missing or wrong: f1_0 is the first/,
	],
	[
		"ends its list at a foreign record",
		"lists all others where somebody else has written a record",
		/The record "session" is none of a lease's/,
	],
	[
		"overwrites foreign records",
		"assumes nothing of a record that somebody else has written",
		/answered \{"n":1\}/,
	],
];

describe("the kit on stores that are wrong", () => {
	it.each(FOUND)("finds a store that %s: %s", async (flaw, title, reason) => {
		const runner = collectingRunner();
		conform(runner, portOf(flaw));
		const { failed } = await runner.run((one) => one === title);
		expect(failed[title] ?? "passed").toMatch(reason);
	});
	it.each(FOUND_IN_MEMORY)("finds a store that %s: %s", async (flaw, title, reason) => {
		const runner = collectingRunner();
		conform(runner, memoryPort(flaw));
		const { failed } = await runner.run((one) => one === title);
		expect(failed[title] ?? "passed").toMatch(reason);
	});
});

describe("the kit on stores that are right", () => {
	it.concurrent("holds for one that is too busy now and then, and has done nothing when it says so", async () => {
		const runner = collectingRunner();
		conform(runner, memoryPort(undefined, { busyEvery: 23 }));
		expect((await runner.run()).failed).toEqual({});
	});

	it.concurrent("holds for one that is slow, wherever leases run out", async () => {
		const titles = [
			"is taken over from one who stopped, whose late requests then change nothing",
			"stays with one who works for longer than its TTL",
		];
		const runs = titles.map((title) => {
			const runner = collectingRunner();
			conform(runner, memoryPort(undefined, { callMs: 200 }));
			return runner.run((one) => one === title);
		});
		const passed = (await Promise.all(runs)).map((run) => [run.passed, run.failed]);
		expect(passed).toEqual(titles.map((title) => [[title], {}]));
	});
});
