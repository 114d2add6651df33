// Stores by their URLs: each scheme finds its store, and what cannot be opened says what to do about it.
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createLeases } from "../../src/index.ts";
import { openStore } from "../../src/stores/open-store.ts";
import { loadPeer } from "../../src/stores/opening.ts";
import { errorOf } from "../support/bench.ts";
import { freePort } from "../support/free-port.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

describe("a store by its URL", () => {
	it.each(["memory:", "sqlite::memory:"])("opens %s, and leases are held there", async (url) => {
		const store = await openStore(url);
		const leases = createLeases<string>({ store });
		await (await leases.acquire("s")).release({ value: "v" });
		expect((await leases.inspect("s")).valueText).toBe('"v"');
		await store.close();
		await store.close();
	});

	it.each(["mongodb://h/d", "redis", "", "toString:", "http://h"])("knows no %s", async (url) => {
		const error = await errorOf(openStore(url));
		expect(error).toMatchObject({ code: "option_invalid" });
		expect(String(error)).toMatch(/begins with redis:, rediss:, postgres:.*memory:; got/);
	});

	it("may have any scheme that docs/porting.md shows", async () => {
		const document = await readFile(new URL("../../../docs/porting.md", import.meta.url), "utf8");
		const table = /^\| store \| URL \|.*?\n\n/ms.exec(document)?.[0] ?? "";
		const shown = new Set([...table.matchAll(/`(\w+):/g)].map(([, scheme]) => `${scheme}:`));
		const known = /begins with (.*); got/.exec(String(await errorOf(openStore(""))))?.[1]?.split(", ") ?? [];
		const others = ["postgresql:", "wss:"];
		expect([...shown, ...others].sort()).toEqual(known.sort());
	});

	it("never shows a password", async () => {
		for (const scheme of ["other", "redis", "postgres", "nats", "etcd"]) {
			const url = `${scheme}://someone:s3cret@127.0.0.1:${await freePort()}`;
			const error = (await errorOf(openStore(url, { timeoutMs: 300 }))) as Error;
			expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/s3cret/);
		}
	});

	it.each([
		["redis", "Redis"],
		["postgres", "PostgreSQL"],
		["nats", "NATS"],
		["etcd", "etcd"],
		["etcds", "etcd"],
		["tls", "NATS"],
		["dynamodb", "DynamoDB"],
		["ws", "iii"],
	])("says of %s:// that nothing answers there, and what to do", async (scheme, what) => {
		const url = `${scheme}://127.0.0.1:${await freePort()}`;
		const place = scheme === "dynamodb" ? `${url}/sessions` : url;
		const startedAtMs = performance.now();
		const error = (await errorOf(openStore(place, { timeoutMs: 1_000 }))) as Error;
		expect(error).toMatchObject({ code: "store_unavailable" });
		expect(error.message).toMatch(
			new RegExp(`${what}.* at ${url}.* cannot be used: .*Start it, or mend the URL`),
		);
		expect(performance.now() - startedAtMs).toBeLessThan(8_000);
	});

	it("says which package to install", async () => {
		const load = () => import(/* @vite-ignore */ ["a", "package", "that", "is", "not", "there"].join("-"));
		const error = await errorOf(loadPeer(load, "ioredis", "Redis"));
		expect(error).toMatchObject({ code: "option_invalid" });
		expect(String(error)).toMatch(/Redis is reached through the package ioredis.*npm install ioredis$/);
	});
});
