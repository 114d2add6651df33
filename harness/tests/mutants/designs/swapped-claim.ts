// A claim that is swapped in; whoever finds that it has clobbered a live one puts that back.
//
// Between the two, the clobbered holder may have released: then its claim stands again, and nobody holds it.
import { eventually, type Scenario } from "../../../src/explore.ts";
import { type MakeLock, plainTurn, TTL_MS } from "./plain-turn.ts";

interface Claim {
	readonly nonce: string;
	readonly ts: number;
}

const CLAIM = "claim";

const swappedClaim: MakeLock = (state, process) => ({
	async acquire() {
		const now = process.ports.clock.wallMs();
		const before = await state.set<Claim | null>(process, CLAIM, { nonce: process.ports.newId(), ts: now });
		if (!before || now > before.ts + TTL_MS) return true;
		await state.set(process, CLAIM, before);
		return false;
	},
	release: () => state.delete(process, CLAIM),
});

export const swappedClaimAtRest: Scenario = plainTurn({
	name: "swap and put back",
	lock: swappedClaim,
	batches: 1,
	properties: (state) => [
		eventually("no claim stands that nobody holds", () => {
			const claim = state().peek<Claim>(CLAIM);
			return claim === undefined || `everybody is done, and ${claim.nonce} stands`;
		}),
	],
});
