// A smaller set of the library's own spaces, each complete; `npm run explore` runs the large ones.
import { describe, expect, it } from "vitest";
import { explore } from "../../src/explore/explore.ts";
import type { FaultBudgets } from "../../src/explore/faults.ts";
import { abandon, advance, contenders, look, writeTwice } from "../../src/explore/spaces/contenders.ts";
import { spaces } from "../../src/explore/spaces/index.ts";
import { parallelApprovals } from "../../src/explore/spaces/turns.ts";
import { assertHolds } from "../../src/report/assert-holds.ts";

const all = { preemptionsMax: Number.POSITIVE_INFINITY };

describe("the lease, in every schedule", () => {
	it.each<FaultBudgets>([
		{},
		{ crash: 1 },
		{ expiry: 1 },
		{ lostReply: 1 },
		{ delay: 1 },
		{ twice: 1 },
		{ pause: 1 },
		{ skew: 1 },
	])("two contenders: %o", async (faults) => {
		const report = await explore(
			contenders({ name: "two", faults, work: { a: [advance], b: [writeTwice] } }),
			all,
		);
		assertHolds(report, { complete: true });
	});

	it("gives back, and takes again", async () => {
		const work = { a: [abandon, look], b: [advance] };
		assertHolds(await explore(contenders({ name: "given back", faults: { crash: 1 }, work }), all), {
			complete: true,
		});
	});

	it("keeps its promises of a store that forgets", async () => {
		const faults = { rollback: 1 };
		const work = { a: [advance], b: [advance] };
		const space = contenders({ name: "forgets", faults, work });
		assertHolds(await explore({ ...space, properties: space.properties.slice(0, 2) }, all), {
			complete: true,
		});
	});
});

describe("a turn", () => {
	it("loses no wake and runs nothing twice, in every schedule without preemptions", async () => {
		const faults = { crash: 1 };
		const space = parallelApprovals({ name: "one", faults, approvals: 1, workers: ["a", "b"] });
		const report = await explore(space, { preemptionsMax: 0 });
		assertHolds(report);
		expect(report.preemptionsCovered).toBe(0);
	});

	it("does so over drawn schedules with every fault that the queue and the store allow", async () => {
		const faults = {
			crash: 1,
			expiry: 1,
			lostReply: 1,
			delay: 1,
			twice: 1,
			redelivery: 1,
			reorder: 1,
			pause: 1,
		};
		const space = parallelApprovals({ name: "hostile", faults, approvals: 2, workers: ["a", "b"] });
		for (const mode of ["random", "pct"] as const) {
			assertHolds(await explore(space, { mode, schedulesMax: 60 }));
		}
	});
});

it("names each of its spaces once", () => {
	expect(new Set(spaces.map(({ name }) => name)).size).toBe(spaces.length);
});
