// The end of a connection to an engine that does not take part in it.
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { connectIII } from "../../src/stores/connect-iii.ts";
import { startSilentServer } from "../support/silent-server.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0)) await end();
	vi.doUnmock("iii-sdk");
});

/** The socket of iii-sdk's. */
async function socketOf(connection: object): Promise<WebSocket> {
	const { ws } = await vi.waitUntil(() => {
		const { ws } = connection as { ws?: WebSocket };
		return ws && { ws };
	});
	return ws;
}

describe.each(["iii-sdk", "iii-sdk-oldest"])("%s, shut down", (sdk) => {
	it("while its socket is about to open, ends that socket and no process", async () => {
		vi.doMock("iii-sdk", () => import(sdk));
		const engine = await startSilentServer();
		ends.push(engine.close);
		const connection = await connectIII(`ws://127.0.0.1:${engine.port}`);
		const socket = await socketOf(connection);
		expect(socket.readyState).toBe(WebSocket.CONNECTING);
		const errors: unknown[] = [];
		const note = (error: unknown) => errors.push(error);
		process.on("uncaughtException", note);
		await connection.shutdown();
		await expect.poll(() => socket.readyState, { timeout: 2_000 }).toBe(WebSocket.CLOSED);
		process.off("uncaughtException", note);
		expect(errors).toEqual([]);
	});

	it("while the engine hangs, ends its socket soon", async () => {
		vi.doMock("iii-sdk", () => import(sdk));
		const engine = new WebSocketServer({ port: 0, host: "127.0.0.1" });
		await new Promise((resolve) => engine.once("listening", resolve));
		engine.on("connection", (socket) => {
			ends.push(() => socket.terminate());
			socket.pause();
		});
		ends.push(() => engine.close());
		const { port } = engine.address() as { port: number };
		const connection = await connectIII(`ws://127.0.0.1:${port}`);
		const socket = await socketOf(connection);
		await expect.poll(() => socket.readyState).toBe(WebSocket.OPEN);
		await connection.shutdown();
		await expect.poll(() => socket.readyState, { timeout: 2_000 }).toBe(WebSocket.CLOSED);
	});
});
