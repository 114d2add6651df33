// Many clients that write one record at once: each batch is counted once.
import { expect } from "vitest";
import { updateInTheEnd } from "../../src/conformance/outcome.ts";
import type { OpenStore } from "../../src/stores/opening.ts";

const CLIENTS = 20;
const BATCHES = 20;

export async function expectCrowdIsCounted(open: () => Promise<OpenStore>): Promise<void> {
	const stores = await Promise.all(Array.from({ length: CLIENTS }, open));
	const numbers: number[] = [];
	await Promise.all(
		stores.map(async (store) => {
			for (let batch = 0; batch < BATCHES; batch++) {
				const before = await updateInTheEnd(store, "k", [{ op: "increment", field: "n", by: 1 }]);
				numbers.push(Number(before.n ?? 0));
			}
		}),
	);
	numbers.sort((a, b) => a - b);
	expect(numbers).toEqual(Array.from({ length: CLIENTS * BATCHES }, (_, index) => index));
	for (const store of stores) await store.close();
}
