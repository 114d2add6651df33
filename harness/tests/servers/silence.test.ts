// A server that says nothing more over a connection that stands: calls end all the same, and nobody knows what became of them.
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { outcomeOf } from "../../src/conformance/outcome.ts";
import { openDynamodb } from "../../src/stores/open-dynamodb.ts";
import { listen } from "../support/listen.ts";
import { isLong, notTested } from "./test-server.ts";
import { WIRED_STORES } from "./wired-stores.ts";

const COUNT = [{ op: "increment", field: "n", by: 1 }] as const;
/** Clients find it out after 2 to 7 s. */
const ENDS_MS_MAX = 10_000;

if (!isLong) notTested("silent servers", "it takes seconds each: npm run test:servers");

describe.skipIf(!isLong)("a call to a server that has fallen silent", () => {
	it("ends, and is called unknown, in the middle of DynamoDB's answer", async () => {
		const head =
			"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2000\r\n\r\n";
		const server = createServer((socket) => {
			// The first question is the one of opening.
			socket.once("data", () => {
				socket.write(`${head.replace("2000", "2")}{}`);
				socket.on("data", () => socket.write(`${head}{"Attributes":`));
			});
		});
		const { port, close } = await listen(server);
		const store = await openDynamodb(`dynamodb://127.0.0.1:${port}/sessions`);
		const calledAtMs = performance.now();
		const outcome = await outcomeOf(store.update("s", COUNT));
		expect(Object.keys(outcome)).toEqual(["unknown"]);
		expect(performance.now() - calledAtMs).toBeLessThan(ENDS_MS_MAX);
		await store.close();
		await close();
	});

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
