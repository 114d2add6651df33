// Where a faulty store's decisions come from: a script, a seed, or fast-check.
import fc from "fast-check";
import type { Random } from "../../src/system/random.ts";
import type { Decide, Decision, Fate } from "./faulty-store.ts";

/** Decides the first calls as it is told, and lets all others run. */
export function scripted(decisions: readonly (Decision | Fate)[]): Decide {
	return ({ count }) => {
		const decision = decisions[count - 1] ?? "run";
		return typeof decision === "string" ? { fate: decision } : decision;
	};
}

export interface FaultOdds {
	/** One call in so many suffers a fault; 0: none does. */
	readonly faultOneIn: number;
	/** The faults that are drawn from. A fault that is named twice is twice as likely. */
	readonly fates: readonly Fate[];
	/** The longest that a request or an answer is under way. */
	readonly travelMsMax: number;
	/** The longest after which a late request still lands. */
	readonly laterMsMax: number;
}

/** Draws every decision from the seed; `odds` is asked each time, so that the faults can stop. */
export function seeded(random: Random, odds: () => FaultOdds): Decide {
	return () => {
		const { faultOneIn, fates, travelMsMax, laterMsMax } = odds();
		const faulty = faultOneIn > 0 && random.once(faultOneIn);
		return {
			fate: faulty ? random.pick(fates) : "run",
			requestMs: random.integer(0, travelMsMax),
			replyMs: random.integer(0, travelMsMax),
			laterMs: random.once(4) ? undefined : random.integer(0, random.pick([50, 2_000, laterMsMax])),
			unanswered: random.pick(["silence", "error"]),
		};
	};
}

/** A decision that fast-check draws and shrinks, towards a call that simply runs. */
export const arbitraryDecision: fc.Arbitrary<Decision> = fc.record({
	fate: fc.constantFrom<Fate>("run", "lost reply", "delayed", "twice", "crash before", "crash after apply"),
	requestMs: fc.nat(20),
	replyMs: fc.nat(20),
	laterMs: fc.option(fc.nat(60_000), { nil: undefined }),
	unanswered: fc.constantFrom("silence", "error"),
});
