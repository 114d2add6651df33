// The library's own scenarios: what it promises, explored.
import type { Scenario } from "../scenario.ts";
import { advance, contenders, look, writeTwice } from "./contenders.ts";
import { parallelApprovals } from "./turns.ts";

export const leaseSpaces: readonly Scenario[] = [
	contenders({
		name: "two contenders, two transitions each",
		faults: { crash: 1, expiry: 1 },
		work: { a: [advance, advance], b: [advance, advance] },
	}),
	contenders({
		name: "three contenders",
		faults: { crash: 1, expiry: 1 },
		work: { a: [advance], b: [advance], c: [advance] },
	}),
	contenders({
		name: "a writer and two readers",
		faults: { crash: 1, expiry: 1 },
		work: { writer: [writeTwice], r1: [look], r2: [look] },
	}),
	contenders({
		name: "two contenders, a request applied twice",
		faults: { crash: 1, twice: 1, expiry: 1 },
		work: { a: [writeTwice], b: [advance] },
	}),
	contenders({
		name: "two crashes and two expiries",
		faults: { crash: 2, expiry: 2 },
		work: { a: [writeTwice], b: [advance] },
	}),
];

export const turnSpaces: readonly Scenario[] = [
	parallelApprovals({ name: "one approval", faults: { crash: 1 }, approvals: 1, workers: ["a", "b"] }),
	parallelApprovals({
		name: "two parallel approvals",
		faults: { crash: 1 },
		approvals: 2,
		workers: ["a", "b"],
	}),
	parallelApprovals({
		name: "three parallel approvals",
		faults: { crash: 1 },
		approvals: 3,
		workers: ["a", "b"],
	}),
];

export const spaces: readonly Scenario[] = [...leaseSpaces, ...turnSpaces];
