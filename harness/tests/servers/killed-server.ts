// What a client finds whose server was killed and started again.
import { expect } from "vitest";
import { outcomeOf, updateInTheEnd } from "../../src/conformance/outcome.ts";
import type { AtomicStore } from "../../src/index.ts";
import type { TestServer } from "./test-server.ts";

const COUNT = [{ op: "increment", field: "n", by: 1 }] as const;
const COUNTED = 20;

/** All that was acknowledged, with the same client; of the batch that nobody answered, what was told of it. */
export async function expectKeptOverKill(store: AtomicStore, server: TestServer): Promise<void> {
	for (let n = 0; n < COUNTED; n++) await store.update("k", COUNT);
	await server.kill();
	const whileGone = await outcomeOf(store.update("k", COUNT));
	expect("answer" in whileGone).toBe(false);
	await server.restart();
	const { n } = await updateInTheEnd(store, "k", COUNT);
	expect("certainlyNot" in whileGone ? [COUNTED] : [COUNTED, COUNTED + 1]).toContain(n);
}
