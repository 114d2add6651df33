// What every history of leases has to satisfy: the protocol's guarantees, each as one check.
import type { GrantEntry, History } from "./recorder.ts";

/** One sentence for each promise that the history breaks. */
export type Violations = string[];

/** `final` is the value at the end, as the last grant would load it. */
export function checkHistory(history: History, final: readonly string[]): Violations {
	const forgets = history.counts.rewinds > 0;
	const violations = [...checkAcknowledged(history, final), ...checkKept(history, final)];
	if (!forgets)
		violations.push(...checkEpochs(history), ...checkNothingLate(history), ...checkVoid(history, final));
	return violations;
}

const byBid = (a: GrantEntry, b: GrantEntry): number => a.bid.order - b.bid.order;

/** One winner per epoch; epochs only grow. */
function checkEpochs({ grants }: History): Violations {
	const violations: Violations = [];
	let before: GrantEntry | undefined;
	for (const grant of [...grants].sort(byBid)) {
		if (before && before.epoch >= grant.epoch) {
			violations.push(
				`epoch ${grant.epoch} of ${grant.id} was granted after epoch ${before.epoch} of ${before.id}`,
			);
		}
		before = grant;
	}
	return violations;
}

/** What was acknowledged had landed under its own lease, and is in every value that is loaded after that. */
function checkAcknowledged(
	{ grants, writes, landedAsHead, kept, haunted }: History,
	final: readonly string[],
): Violations {
	const violations: Violations = [];
	for (const { token, outcome } of writes) {
		if (outcome !== "acknowledged") continue;
		const landed = landedAsHead.get(token);
		if (!landed) {
			violations.push(`${token} was acknowledged although its writer was not the head when it landed`);
			continue;
		}
		if (haunted.has(landed.period)) continue;
		for (const grant of grants) {
			const later = grant.bid.period === landed.period && grant.bid.order > landed.order;
			if (later && !grant.loaded.includes(token)) {
				violations.push(`${token} was acknowledged, and epoch ${grant.epoch} of ${grant.id} did not load it`);
			}
		}
		if (landed.period === kept.length - 1 && !final.includes(token)) {
			violations.push(`${token} was acknowledged, and is not in the value at the end`);
		}
	}
	return violations;
}

/** What the store kept of a session when it forgot the rest is in every value that is loaded after that. */
function checkKept({ grants, kept, haunted }: History, final: readonly string[]): Violations {
	const violations: Violations = [];
	for (const [period, tokens] of kept.entries()) {
		if (haunted.has(period)) continue;
		for (const token of tokens) {
			for (const grant of grants) {
				if (grant.bid.period === period && !grant.loaded.includes(token)) {
					violations.push(`${token} was kept, and epoch ${grant.epoch} of ${grant.id} did not load it`);
				}
			}
			if (period === kept.length - 1 && !final.includes(token)) {
				violations.push(`${token} was kept, and is not in the value at the end`);
			}
		}
	}
	return violations;
}

/** What a grant sees beyond the value that the one before it loaded was written by that one's epoch or later. */
function checkNothingLate({ grants }: History): Violations {
	const violations: Violations = [];
	let before: GrantEntry | undefined;
	for (const grant of [...grants].sort(byBid)) {
		const earlier: GrantEntry | undefined = before;
		before = grant;
		if (!earlier) continue;
		const added = grant.loaded.filter((token) => !earlier.loaded.includes(token));
		for (const token of added) {
			if (epochOfToken(token) >= earlier.epoch) continue;
			violations.push(
				`${token} surfaced in epoch ${grant.epoch}, after epoch ${earlier.epoch} had not loaded it`,
			);
		}
		for (const token of earlier.loaded) {
			if (grant.loaded.includes(token)) continue;
			violations.push(`${token} was loaded by epoch ${earlier.epoch}, and was gone in epoch ${grant.epoch}`);
		}
	}
	return violations;
}

/** What was said to be void never shows. */
function checkVoid({ grants, writes }: History, final: readonly string[]): Violations {
	const shown = new Set([...final, ...grants.flatMap((grant) => grant.loaded)]);
	return writes
		.filter(({ token, outcome }) => outcome === "void" && shown.has(token))
		.map(({ token }) => `${token} was said to be void, and shows`);
}

export function tokenOf(grant: GrantEntry, count: number): string {
	return `${grant.epoch}/${grant.id}/${count}`;
}

function epochOfToken(token: string): number {
	return Number(token.split("/")[0]);
}
