// Stores by their URLs: each scheme finds its store, and what cannot be opened says what to do about it.
import { readFile } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { createLeases } from "../../src/index.ts";
import { openStore } from "../../src/stores/open-store.ts";
import { loadPeer, reached, untilClosed } from "../../src/stores/opening.ts";
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

	it.each(["other", "redis", "postgres", "nats", "etcd", "dynamodb", "ws", "pglite", "sqlite", "memory"])(
		"never shows a password of %s:",
		async (scheme) => {
			const port = await freePort();
			const forms = [
				`//someone:s3cret@127.0.0.1:${port}`,
				`//127.0.0.1:${port}?password=s3cret`,
				`//someone:s3cret\n@127.0.0.1:${port}`,
				`//someone:s3cret?x@127.0.0.1:${port}/d`,
				`//someone:12/s3cret@127.0.0.1:${port}/b`,
				`/someone:s3cret@127.0.0.1:${port}`,
				`someone:s3cret@127.0.0.1:${port}`,
			];
			// As a path this one is a file of that name.
			const isPath = ["pglite", "sqlite"].includes(scheme);
			for (const form of isPath ? forms.slice(0, 5) : forms) {
				const error = (await errorOf(openStore(`${scheme}:${form}`, { timeoutMs: 300 }))) as Error;
				expect(`${error.message} ${JSON.stringify(error)}`, form).not.toMatch(/s3cret/);
			}
		},
		30_000,
	);

	it.each([undefined, null, 5, {}])("is not to be had at %j", async (url) => {
		expect(await errorOf(openStore(url as never))).toMatchObject({ code: "option_invalid" });
	});

	it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])(
		"is not waited for %j ms",
		async (timeoutMs) => {
			const error = await errorOf(openStore("memory:", { timeoutMs }));
			expect(error).toMatchObject({ code: "option_invalid" });
			expect(String(error)).toContain("`timeoutMs`");
		},
	);

	it("may have its scheme in capitals", async () => {
		const store = await openStore("SQLite::memory:");
		expect(await store.read("s")).toEqual({});
		await store.close();
	});

	it("says of a folder that cannot be made that it cannot", async () => {
		const error = await errorOf(openStore(`pglite:${import.meta.filename}/folder`));
		expect(error).toMatchObject({ code: "option_invalid" });
		expect(String(error)).toMatch(/PGlite's folder .* cannot be made: .*Mend the URL/);
	});

	it("does nothing more once it is closed, and says so", async () => {
		for (const url of ["memory:", "sqlite::memory:"]) {
			const store = await openStore(url);
			await store.update("s", [{ op: "increment", field: "n", by: 1 }]);
			const begun = store.list?.()[Symbol.asyncIterator]();
			await store.close();
			const later = store.list?.()[Symbol.asyncIterator]();
			const calls = [
				store.read("s"),
				store.update("s", [{ op: "increment", field: "n", by: 1 }]),
				begun?.next() as Promise<unknown>,
				later?.next() as Promise<unknown>,
			];
			for (const call of calls) expect(await errorOf(call)).toMatchObject({ code: "store_unavailable" });
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
		expect(String(error)).toMatch(/Redis is reached through ioredis, which.*npm install ioredis$/);
	});
});

describe("a store that cannot be reached", () => {
	it("is closed, whatever its end says", async () => {
		const ended: string[] = [];
		const unreachable = async () => {
			throw new Error("connect ECONNREFUSED");
		};
		const close = async () => {
			ended.push("client");
			throw new Error("It is closed already.");
		};
		const store = { update: unreachable, read: unreachable, close };
		const error = await errorOf(reached(store, { url: "x://h", what: "X" }));
		expect(String(error)).toContain("X at x://h cannot be used: connect ECONNREFUSED. Start it");
		expect(ended).toEqual(["client"]);
	});
});

describe("closing a store", () => {
	/** One whose calls never end by themselves. */
	async function slowStore() {
		const ended: string[] = [];
		let answer = () => {};
		const answered = new Promise<void>((resolve) => {
			answer = resolve;
		});
		const update = async () => {
			await answered;
			ended.push("call");
			return {};
		};
		const close = async () => void ended.push("client");
		const store = await reached({ update, read: async () => ({}), close }, { url: "x:", what: "X" });
		return { store, ended, answer };
	}

	it("waits for the calls that are under way", async () => {
		const { store, ended, answer } = await slowStore();
		const call = store.update("s", []);
		const closed = store.close();
		answer();
		await Promise.all([closed, call]);
		expect(ended).toEqual(["call", "client"]);
	});

	it("ends a list of the store's that is not read to its end", async () => {
		let isEnded = false;
		const read = async () => ({});
		async function* list() {
			try {
				for (let key = 0; ; key++) yield { key: `${key}`, fields: {} };
			} finally {
				isEnded = true;
			}
		}
		const store = untilClosed({ update: read, read, list, close: async () => undefined });
		for await (const _ of store.list?.() ?? []) break;
		await vi.waitFor(() => expect(isEnded).toBe(true));
	});

	it("does not wait for ever", async () => {
		const { store, ended } = await slowStore();
		void store.update("s", []);
		await store.close();
		expect(ended).toEqual(["client"]);
	});
});
