// NATS KV opened by URL: what is refused, what is said, and what is left behind of an opening that failed.
import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { FieldOp } from "../../src/lease/atomic-store.ts";
import { openNats } from "../../src/stores/open-nats.ts";
import { errorOf } from "../support/bench.ts";
import { listen } from "../support/listen.ts";
import { startSilentServer } from "../support/silent-server.ts";
import { urlOf } from "./nats-port.ts";
import { type NatsSettings, natsProgram, startNats } from "./nats-server.ts";
import { expectProcessEnds } from "./unopened.ts";

const COUNT: readonly FieldOp[] = [{ op: "increment", field: "n", by: 1 }];

describe("the URL of openNats", () => {
	it.each([
		"nats://127.0.0.1:",
		"nats://127.0.0.1:4222,",
		"redis://127.0.0.1:4222",
		"nats://:4222",
		"nats://127.0.0.1:4222/x?replicas=2",
	])("is not %s", async (url) => {
		await expect(openNats(url)).rejects.toMatchObject({
			code: "option_invalid",
			message: expect.stringContaining("Expected a URL as in `nats://127.0.0.1:4222/session_lease`"),
		});
	});

	it("names no bucket that NATS would refuse", async () => {
		await expect(openNats("nats://127.0.0.1:4222/a.b")).rejects.toMatchObject({
			code: "option_invalid",
			message: expect.stringContaining("got `a.b`"),
		});
	});

	it.each(["nats://u:12/SECRET@127.0.0.1:1/b", "nats://u:12/SEC@RET@127.0.0.1:1", "nats://u:1/S?ECRET@h:1"])(
		"holds a password in percents, or none of it is shown: %s",
		async (url) => {
			const error = await errorOf(openNats(url));
			expect(error).toMatchObject({ code: "option_invalid", message: expect.stringContaining("%2F") });
			expect(String(error)).not.toMatch(/SEC|RET|u:1/);
		},
	);

	it.skipIf(natsProgram === undefined).each<{ settings: NatsSettings; right: string; wrong: string }>([
		{ settings: { login: { user: "lease", password: "" } }, right: "lease:", wrong: "lease" },
		{ settings: { token: "lease" }, right: "lease", wrong: "lease:" },
	])("takes for a token only what has no colon: $right", async ({ settings, right, wrong }) => {
		const { host, port, stop } = await startNats(settings);
		onTestFinished(stop);
		const store = await openNats(`nats://${right}@${host}:${port}`);
		await store.close();
		await expect(openNats(`nats://${wrong}@${host}:${port}`)).rejects.toMatchObject({
			message: expect.stringContaining("Authorization Violation"),
		});
	});
});

describe("openNats", () => {
	it("says at once that nobody listens", async () => {
		await expect(openNats("nats://user:secret@127.0.0.1:1")).rejects.toMatchObject({
			code: "store_unavailable",
			message: expect.stringMatching(/^NATS KV at nats:\/\/127\.0\.0\.1:1 cannot be used: (?!.*secret)/),
		});
	});

	it("says at once that a server ends the connection without a word", async () => {
		const { port, close } = await listen(createServer((socket) => void socket.end()));
		onTestFinished(close);
		const opening = openNats(`nats://127.0.0.1:${port}`, { timeoutMs: 60_000 });
		await expect(opening).rejects.toMatchObject({
			code: "store_unavailable",
			message: expect.stringContaining("the connection was closed. Start it, or mend the URL."),
		});
	});

	it.skipIf(natsProgram === undefined)("opens by the one of two servers that speaks", async () => {
		const silent = await startSilentServer();
		onTestFinished(() => silent.close());
		const server = await startNats();
		onTestFinished(server.stop);
		const hosts = `127.0.0.1:${silent.port},${server.host}:${server.port}`;
		for (let opened = 0; opened < 5; opened++) {
			const store = await openNats(`nats://${hosts}/two`, { timeoutMs: 500 });
			expect(await store.update("k", COUNT)).toEqual(opened === 0 ? {} : { n: opened });
			await store.close();
		}
		await expect.poll(() => silent.open()).toBe(0);
	});

	it.skipIf(natsProgram === undefined)(
		"says that there is no JetStream, and tells a wrong password",
		async () => {
			const login = { user: "lease", password: "secret" };
			const { host, port, stop } = await startNats({ jetstream: false, login });
			onTestFinished(stop);
			await expect(openNats(`nats://lease:secret@${host}:${port}`)).rejects.toMatchObject({
				code: "store_unavailable",
				message: expect.stringContaining("jetstream is not enabled"),
			});
			await expect(openNats(`nats://lease:wrong@${host}:${port}`)).rejects.toMatchObject({
				code: "store_unavailable",
				message: expect.stringMatching(/cannot be used: (?!.*wrong).*Authorization Violation/),
			});
		},
	);

	it("gives up on a server that says nothing, and leaves no connection to it", async () => {
		const silent = await startSilentServer();
		onTestFinished(() => silent.close());
		// A name of more than one address, too.
		for (const host of ["127.0.0.1", "localhost"]) {
			const opening = openNats(`nats://${host}:${silent.port}`, { timeoutMs: 200 });
			expect(await errorOf(opening)).toMatchObject({ code: "store_unavailable" });
			await expect.poll(() => silent.open()).toBe(0);
		}
		expect(silent.taken()).toBe(2);
	});

	it("lets a process end that could not open it", async () => {
		const silent = await startSilentServer();
		onTestFinished(() => silent.close());
		await expectProcessEnds(`nats://127.0.0.1:${silent.port}`);
	});

	it.skipIf(natsProgram === undefined)(
		"leaves no connection to a server that fell silent before the store was closed",
		async () => {
			const server = await startNats();
			onTestFinished(server.stop);
			const store = await openNats(urlOf(server, "silent"), { timeoutMs: 60_000 });
			await store.update("k", COUNT);
			await server.kill();
			const silent = await startSilentServer(server.port);
			onTestFinished(() => silent.close());
			await expect.poll(() => silent.open(), { timeout: 5_000 }).toBe(1);
			await store.close();
			await expect.poll(() => silent.open()).toBe(0);
		},
	);
});
