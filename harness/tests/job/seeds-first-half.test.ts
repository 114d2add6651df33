// Half of the ten thousand seeds: each half is a file of its own, so that two cores share them. `npm run soak` runs them
// all, `npm test` the first 300 of each.
import { it } from "vitest";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { expectKept, expectReached } from "./seed-range.ts";

expectNoUnhandledRejections();

const RUNS_ALL = process.env.SESSION_LEASE_RUNS !== undefined;

it("keeps every promise over its seeds of the example's turn", async () => {
	const seen = await expectKept({ from: 1, to: RUNS_ALL ? 5_000 : 300 });
	console.log(JSON.stringify(seen));
	expectReached(seen);
}, 300_000);
