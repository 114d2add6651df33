// How long a store takes for a call: durations that a case waits for are derived from it, so that slow is not wrong.
import type { AtomicStore } from "../lease/atomic-store.ts";
import { realClock } from "../system/real-time.ts";

const CALLS = 3;

/** Of a few batches, in milliseconds. The first one of all may connect, and does not count. */
export async function longestCallMs(store: AtomicStore): Promise<number> {
	const key = "how long a call takes";
	const call = () => store.update(key, [{ op: "increment", field: "n", by: 1 }]);
	await call();
	let longestMs = 0;
	for (let count = 1; count <= CALLS; count++) {
		const sentAtMs = realClock.monotonicMs();
		await call();
		longestMs = Math.max(longestMs, realClock.monotonicMs() - sentAtMs);
	}
	return longestMs;
}
