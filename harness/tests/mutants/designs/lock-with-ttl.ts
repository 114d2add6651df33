// A lock that the server gives to one at a time, and takes away when its time is up; nothing fences what comes late.
//
// A holder that stands still for longer than that goes on where it was, beside its successor.
import type { Scenario } from "../../../src/explore.ts";
import { type MakeLock, plainTurn, TTL_MS } from "./plain-turn.ts";

interface Lease {
	readonly nonce: string;
	readonly until: number;
}

const LOCK = "lock";

const lockWithTtl: MakeLock = (state, process) => {
	const nonce = process.ports.newId();
	const isFree = (lease: Lease | null | undefined) => !lease || lease.until < state.nowMs();
	return {
		async acquire() {
			let isMine = false;
			await state.update<Lease | null>(process, LOCK, (lease) => {
				isMine = isFree(lease);
				return isMine || !lease ? { nonce, until: state.nowMs() + TTL_MS } : lease;
			});
			return isMine;
		},
		async release() {
			await state.update<Lease | null>(process, LOCK, (lease) =>
				lease?.nonce === nonce ? null : (lease ?? null),
			);
		},
	};
};

export const lockWithoutFence: Scenario = plainTurn({
	name: "lock without a fence",
	lock: lockWithTtl,
	batches: 1,
	faults: { pause: 1 },
});
