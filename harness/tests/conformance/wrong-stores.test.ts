// The kit on a right store with a server, and on four that are wrong in one way each: it says which promise is broken.
import { describe, expect, it } from "vitest";
import { conform, type Port } from "../../src/conformance/index.ts";
import { collectingRunner } from "./collecting-runner.ts";
import { type Flaw, openLineServer } from "./line-server.ts";

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
];

describe("the kit on stores that are wrong", () => {
	it.each(FOUND)("finds a store that %s: %s", async (flaw, title, reason) => {
		const runner = collectingRunner();
		conform(runner, portOf(flaw));
		const { failed } = await runner.run((one) => one === title);
		expect(failed[title] ?? "passed").toMatch(reason);
	});
});
