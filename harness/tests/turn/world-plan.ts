// What happens in a hostile world: drawn and shrunk by fast-check, carried out by `world.ts`.
import fc from "fast-check";

export interface PlannedCall {
	readonly id: string;
	readonly approval: boolean;
	readonly idempotent: boolean;
	readonly decision: "allow" | "deny" | "aborted";
	/** Decided before the turn starts. */
	readonly early: boolean;
	/** How often the same decision is given. */
	readonly times: number;
	/** Somebody then tries the opposite. */
	readonly contested: boolean;
	/** How long the function takes, in milliseconds. */
	readonly takesMs: number;
}

export const FAULTS = [
	"lost reply",
	"delayed",
	"twice",
	"crash before",
	"crash after apply",
	"crash after reply",
	"jump",
] as const;

export type Fault = (typeof FAULTS)[number];

export interface WorldPlan {
	readonly seed: number;
	readonly workers: number;
	readonly calls: readonly PlannedCall[];
	/** Each strikes once, at a call that the seed picks. */
	readonly faults: readonly Fault[];
	/** When a message that ended in an error comes again. */
	readonly redelivery: "at once" | "after the deadline";
}

export const TTL_MS = 3_000;
export const SKEW_MS = 100;

const plannedCall = fc.record({
	approval: fc.boolean(),
	idempotent: fc.constantFrom(false, false, true),
	decision: fc.constantFrom<PlannedCall["decision"]>("allow", "allow", "allow", "deny", "aborted"),
	early: fc.constantFrom(false, false, true),
	times: fc.constantFrom(1, 1, 2, 3),
	contested: fc.constantFrom(false, false, true),
	takesMs: fc.constantFrom(0, 1, 30, 400, 3 * TTL_MS),
});

export function arbitraryPlan(faultsMax: number): fc.Arbitrary<WorldPlan> {
	return fc.record({
		seed: fc.nat(),
		workers: fc.integer({ min: 1, max: 4 }),
		calls: fc
			.array(plannedCall, { minLength: 1, maxLength: 6 })
			.map((calls) => calls.map((call, index) => ({ id: `call_${index + 1}`, ...call }))),
		faults: fc.array(fc.constantFrom(...FAULTS), { maxLength: faultsMax }),
		redelivery: fc.constantFrom<WorldPlan["redelivery"]>("at once", "after the deadline"),
	});
}
