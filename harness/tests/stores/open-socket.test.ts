import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { openSocket } from "../../src/stores/open-socket.ts";
import { freePort } from "../support/free-port.ts";
import { listen } from "../support/listen.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0)) await end();
});

/** Says a byte of its answer every 20 ms, and never all of it. */
async function startDripping(): Promise<string> {
	const server = createServer((socket) => {
		socket.write("HTTP/1.1 101 Switching Protocols\r\nx: ");
		const dripping = setInterval(() => socket.write("x"), 20);
		socket.once("close", () => clearInterval(dripping));
	});
	const { port, close } = await listen(server);
	ends.push(close);
	return `ws://127.0.0.1:${port}`;
}

describe("a socket", () => {
	it("is opened where somebody listens", async () => {
		const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
		ends.push(() => server.close());
		await new Promise((resolve) => server.once("listening", resolve));
		await openSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`, 5_000);
	});

	it("is not waited for any longer than that, though bytes of an answer come all the time", async () => {
		const url = await startDripping();
		const startedMs = performance.now();
		await expect(openSocket(url, 200)).rejects.toThrow("no web socket opens within 200 ms");
		expect(performance.now() - startedMs).toBeLessThan(1_000);
	});

	it("tells why it does not open", async () => {
		await expect(openSocket(`ws://127.0.0.1:${await freePort()}`, 5_000)).rejects.toThrow("ECONNREFUSED");
	});
});
