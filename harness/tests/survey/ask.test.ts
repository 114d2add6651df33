import { registerWorker } from "iii-sdk-oldest";
import { describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { refusalOf } from "../../src/survey/ask.ts";

describe("one reading of an error, whatever iii-sdk it is of", () => {
	it.each([
		[Object.assign(new Error("TIMEOUT: late"), { code: "TIMEOUT" }), "TIMEOUT", "TIMEOUT: late"],
		[{ code: "function_not_found", message: "none" }, "function_not_found", "none"],
		[new Error("plain"), "unknown", "plain"],
		["text", "unknown", "text"],
		[undefined, "unknown", "undefined"],
		[null, "unknown", "null"],
	])("%j", (error, code, message) => {
		expect(refusalOf(error)).toEqual({ answered: false, code, message });
	});

	it("knows the timeout of the oldest one, and what it rejects with", async () => {
		const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
		server.on("connection", (socket) => {
			socket.on("message", (data) => {
				const { invocation_id, function_id } = JSON.parse(String(data));
				if (function_id !== "refused") return;
				const error = { code: "state_error", message: "no" };
				socket.send(JSON.stringify({ type: "invocationresult", invocation_id, function_id, error }));
			});
		});
		await new Promise((resolve) => server.once("listening", resolve));
		const { port } = server.address() as { port: number };
		const iii = registerWorker(`ws://127.0.0.1:${port}`, {
			otel: { enabled: false },
			enableMetricsReporting: false,
		});
		const refusal = (function_id: string, timeoutMs: number) =>
			iii.trigger({ function_id, payload: {}, timeoutMs }).catch(refusalOf);
		try {
			expect(await refusal("refused", 5_000)).toMatchObject({ code: "state_error", message: "no" });
			expect(await refusal("silent", 50)).toMatchObject({ code: "TIMEOUT" });
		} finally {
			await iii.shutdown();
			for (const client of server.clients) client.terminate();
			server.close();
		}
	});
});
