// Half of the ten thousand seeds: each half is a file of its own, so that two cores share them.
import { it } from "vitest";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { expectKept, expectReached } from "./seed-range.ts";

expectNoUnhandledRejections();

it("keeps every promise over the second five thousand seeds of the example's turn", async () => {
	const seen = await expectKept({ from: 5_001, to: 10_000 });
	console.log(JSON.stringify(seen));
	expectReached(seen);
}, 300_000);
