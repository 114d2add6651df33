// A counter of holders, and in another key the moment when the holder came: whoever raises the counter from 0 is in.
//
// The moment is written after the counter, and nobody clears it. From the second batch on the old one stands between a
// rival's increment and its own moment: it reads as expired, and two are in, without any crash.
import type { Scenario } from "../../../src/explore.ts";
import { type MakeLock, plainTurn, TTL_MS } from "./plain-turn.ts";

const counterLease: MakeLock = (state, process) => {
	const enter = async () => {
		await state.set(process, "since", process.ports.clock.wallMs());
		return true;
	};
	return {
		async acquire() {
			const holders = await state.update<number>(process, "holders", (count = 0) => count + 1);
			if ((holders ?? 0) === 0) return enter();
			const since = await state.get<number>(process, "since");
			if (since !== undefined && process.ports.clock.wallMs() > since + TTL_MS) return enter();
			await state.update<number>(process, "holders", (count = 1) => count - 1);
			return false;
		},
		release: async () => {
			await state.update<number>(process, "holders", (count = 1) => count - 1);
		},
	};
};

export const counterLeaseOnce: Scenario = plainTurn({
	name: "counter lease, one batch",
	lock: counterLease,
	batches: 1,
});

export const counterLeaseTwice: Scenario = plainTurn({
	name: "counter lease, two batches",
	lock: counterLease,
	batches: 2,
});
