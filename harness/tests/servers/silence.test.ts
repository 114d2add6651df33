// A server that says nothing more over a connection that stands: calls end all the same, and nobody knows what became of them.
import { describe, expect, it } from "vitest";
import { outcomeOf } from "../../src/conformance/outcome.ts";
import { isLong, notTested } from "./test-server.ts";
import { WIRED_STORES } from "./wired-stores.ts";

const COUNT = [{ op: "increment", field: "n", by: 1 }] as const;
/** Clients find it out after 2 to 7 s. */
const ENDS_MS_MAX = 10_000;

if (!isLong) notTested("silent servers", "it takes seconds each: npm run test:servers");

describe.skipIf(!isLong)("a call to a server that has fallen silent", () => {
	for (const { name, isHere, start, portOf } of WIRED_STORES) {
		it.skipIf(!isHere)(`ends, and is called unknown: ${name}`, async () => {
			const server = await start();
			const opened = await portOf(() => server).open();
			const client = await opened.connect();
			try {
				await client.update("s", COUNT);
				opened.relay?.holdAnswers();
				const calledAtMs = performance.now();
				const outcome = await outcomeOf(client.update("s", COUNT));
				expect(Object.keys(outcome)).toEqual(["unknown"]);
				expect(performance.now() - calledAtMs).toBeLessThan(ENDS_MS_MAX);
			} finally {
				opened.relay?.drop();
				await client.close?.();
				await opened.close();
				await server.stop();
			}
		});
	}
});
