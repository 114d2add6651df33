import { describe, expect, it, vi } from "vitest";
import type { FieldOp, Fields, StoredRecord } from "../../src/lease/atomic-store.ts";
import { StoreAnswerError } from "../../src/lease/errors.ts";
import { type SwapOptions, type Swapped, type SwapServer, swapStore } from "../../src/stores/swap-store.ts";

const COUNT: readonly FieldOp[] = [{ op: "increment", field: "n", by: 1 }];

interface TestServer extends SwapServer<number> {
	/** What it was asked, in order. */
	readonly calls: string[];
	readonly texts: Map<string, { text: string; version: number }>;
	/** Somebody else writes. */
	write(key: string, fields: Fields): void;
	/** Run before each swap is carried out. */
	beforeSwap: () => void;
	/** Run after each swap was carried out, before it is answered. */
	afterSwap: () => void;
}

/** A server as etcd is one, or, if it shows nothing of what conflicts, as NATS is one. */
function createServer({ showsCurrent }: { readonly showsCurrent: boolean }): TestServer {
	const texts = new Map<string, { text: string; version: number }>();
	let version = 0;
	const current = (key: string) => texts.get(key) ?? { text: undefined, version: 0 };
	const server: TestServer = {
		calls: [],
		texts,
		beforeSwap: () => undefined,
		afterSwap: () => undefined,
		write(key, fields) {
			texts.set(key, { text: JSON.stringify(fields), version: ++version });
		},
		async load(key) {
			server.calls.push("load");
			return current(key);
		},
		async swap(key, text, expected): Promise<Swapped<number>> {
			server.calls.push("swap");
			server.beforeSwap();
			if (current(key).version !== expected) {
				return { conflict: true, ...(showsCurrent ? { current: current(key) } : {}) };
			}
			texts.set(key, { text, version: ++version });
			server.afterSwap();
			return { version };
		},
		async *keys() {
			yield* texts.keys();
		},
	};
	return server;
}

/** Time that passes only while something waits; each wait is the longest that was allowed. */
function createOptions(options: SwapOptions = {}): SwapOptions & { readonly waits: number[] } {
	const waits: number[] = [];
	let nowMs = 0;
	return {
		waits,
		clock: { wallMs: () => nowMs, monotonicMs: () => nowMs },
		wait: async (delayMs) => {
			waits.push(delayMs);
			nowMs += delayMs;
		},
		random: () => 0.999_999,
		...options,
	};
}

const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
	work.then(
		() => "no error",
		(error: { code?: unknown }) => error.code ?? String(error),
	);

describe("round trips", () => {
	it("takes two for a record that it has not seen, and one for each batch after that", async () => {
		const server = createServer({ showsCurrent: false });
		const store = swapStore(server, createOptions());
		for (let n = 0; n < 3; n++) expect(await store.update("k", COUNT)).toEqual(n === 0 ? {} : { n });
		expect(server.calls).toEqual(["load", "swap", "swap", "swap"]);
	});

	it("takes one for a batch after a read, and asks the server at every read", async () => {
		const server = createServer({ showsCurrent: false });
		const store = swapStore(server, createOptions());
		await store.read("k");
		await store.update("k", COUNT);
		server.write("k", { n: 7 });
		expect(await store.read("k")).toEqual({ n: 7 });
		expect(server.calls).toEqual(["load", "swap", "load"]);
	});

	it.each([
		{ showsCurrent: true, calls: ["swap", "swap"] },
		{ showsCurrent: false, calls: ["swap", "load", "swap"] },
	])(
		"never believes what it remembers, and does not wait to look again: $calls",
		async ({ showsCurrent, calls }) => {
			const server = createServer({ showsCurrent });
			const options = createOptions();
			const store = swapStore(server, options);
			await store.update("k", COUNT);
			server.write("k", { n: 40, other: "theirs" });
			server.calls.length = 0;
			expect(await store.update("k", COUNT)).toEqual({ n: 40, other: "theirs" });
			expect([server.calls, options.waits]).toEqual([calls, []]);
			expect(await store.read("k")).toEqual({ n: 41, other: "theirs" });
		},
	);

	it("remembers nothing from call to call if it may not", async () => {
		const server = createServer({ showsCurrent: false });
		const store = swapStore(server, createOptions({ rememberedCharactersMax: 0 }));
		for (let n = 0; n < 2; n++) await store.update("k", COUNT);
		await store.read("k");
		expect(server.calls).toEqual(["load", "swap", "load", "swap", "load"]);
	});

	it("remembers no more than it may, the last used records first", async () => {
		const server = createServer({ showsCurrent: false });
		const store = swapStore(server, createOptions({ rememberedCharactersMax: 500 }));
		for (const key of ["a", "b", "a", "c"]) await store.update(key, COUNT);
		server.calls.length = 0;
		for (const key of ["a", "c", "b"]) await store.update(key, COUNT);
		expect(server.calls).toEqual(["swap", "swap", "load", "swap"]);
		for (let look = 0; look < 5; look++) await store.read("b");
		server.calls.length = 0;
		await store.update("b", COUNT);
		expect(server.calls).toEqual(["swap"]);
		const value = "x".repeat(501);
		await store.update("a", [{ op: "set", field: "large", value }]);
		server.calls.length = 0;
		await store.update("a", COUNT);
		expect(server.calls).toEqual(["load", "swap"]);
	});
});

describe("a server that may have become another one", () => {
	/** `lose` gives the version of "k" to another text; it is called once, when such a call was answered. */
	function createLosing({ showsCurrent }: { readonly showsCurrent: boolean }) {
		let incarnation = 0;
		let losesAfter: "load" | "swap" | undefined;
		const server = createServer({ showsCurrent });
		const lose = () => {
			const { version } = server.texts.get("k") ?? { version: 0 };
			server.texts.set("k", { text: '{"n":50}', version });
			incarnation++;
		};
		const answered = async <T>(call: "load" | "swap", answer: Promise<T>): Promise<T> => {
			const value = await answer;
			if (losesAfter === call) {
				losesAfter = undefined;
				lose();
			}
			return value;
		};
		const losing: SwapServer<number> = {
			load: (key) => answered("load", server.load(key)),
			swap: (key, text, version) => answered("swap", server.swap(key, text, version)),
			keys: () => server.keys(),
			incarnation: () => incarnation,
		};
		return {
			server,
			store: swapStore(losing, createOptions()),
			lose,
			loseAfter: (call: "load" | "swap") => {
				losesAfter = call;
			},
		};
	}

	it("swaps nothing that it remembers from the time before", async () => {
		const { server, store, lose } = createLosing({ showsCurrent: false });
		await store.update("k", COUNT);
		lose();
		server.calls.length = 0;
		expect([await store.update("k", COUNT), await store.update("k", COUNT)]).toEqual([{ n: 50 }, { n: 51 }]);
		expect(server.calls).toEqual(["load", "swap", "swap"]);
	});

	it("remembers no answer that came after the loss, of a swap that was sent before", async () => {
		const { store, loseAfter } = createLosing({ showsCurrent: false });
		loseAfter("swap");
		expect(await store.update("k", COUNT)).toEqual({});
		expect(await store.update("k", COUNT)).toEqual({ n: 50 });
	});

	it.each([
		{ call: "load", showsCurrent: false, calls: ["swap", "load", "load", "swap"] },
		{ call: "swap", showsCurrent: true, calls: ["swap", "load", "swap"] },
	] as const)("swaps nothing that a $call has shown just before", async ({ call, showsCurrent, calls }) => {
		const { server, store, loseAfter } = createLosing({ showsCurrent });
		await store.update("k", COUNT);
		server.write("k", { n: 9 });
		server.calls.length = 0;
		loseAfter(call);
		expect(await store.update("k", COUNT)).toEqual({ n: 50 });
		expect(server.calls).toEqual(calls);
	});
});

describe("a batch while others write", () => {
	it.each([true, false])(
		"counts all of twenty clients' batches once (conflicts show: %s)",
		async (showsCurrent) => {
			const server = createServer({ showsCurrent });
			const answered: unknown[] = [];
			await Promise.all(
				Array.from({ length: 20 }, async () => {
					const store = swapStore(
						server,
						createOptions({ attemptsMax: 10_000, wait: async () => undefined }),
					);
					for (let round = 0; round < 20; round++) answered.push((await store.update("k", COUNT)).n ?? 0);
				}),
			);
			const numbers = answered.map(Number).sort((a, b) => a - b);
			expect(numbers).toEqual(Array.from({ length: 400 }, (_, index) => index));
		},
	);

	it("waits longer and longer, up to a bound, drawn between nothing and that", async () => {
		const server = createServer({ showsCurrent: false });
		const options = createOptions({ attemptsMax: 14, conflictMsMax: 10_000 });
		server.beforeSwap = () => server.write("k", { n: 1 });
		await codeOf(swapStore(server, options).update("k", COUNT));
		const bounds = options.waits.map(Math.round);
		expect([bounds[0], bounds.at(-1), bounds]).toEqual([3, 64, [...bounds].sort((a, b) => a - b)]);
		const drawnLow = createOptions({ attemptsMax: 14, conflictMsMax: 10_000, random: () => 0 });
		await codeOf(swapStore(server, drawnLow).update("k", COUNT));
		expect(new Set(drawnLow.waits)).toEqual(new Set([0]));
	});

	it.each([
		{ showsCurrent: false, waits: 8 },
		{ showsCurrent: true, waits: 4 },
	])(
		"waits only when what was just loaded or shown was too old: $waits of 8 times",
		async ({ showsCurrent, waits }) => {
			const server = createServer({ showsCurrent });
			const options = createOptions({ attemptsMax: 8 });
			server.beforeSwap = () => server.write("k", { n: 1 });
			await codeOf(swapStore(server, options).update("k", COUNT));
			expect(options.waits.length).toEqual(waits);
		},
	);

	it.each([
		{ limit: "attempts", options: { attemptsMax: 5, conflictMsMax: 1e9 }, swaps: 5 },
		{ limit: "time", options: { attemptsMax: 1e9, conflictMsMax: 100 }, swaps: 9 },
	])("ends at its limit of $limit, and says that nothing was written", async ({ options, swaps }) => {
		const server = createServer({ showsCurrent: false });
		server.beforeSwap = () => server.write("k", { n: 1 });
		const store = swapStore(server, createOptions(options));
		expect(await codeOf(store.update("k", COUNT))).toEqual("store_unavailable");
		expect(server.calls.filter((call) => call === "swap").length).toEqual(swaps);
		expect(server.texts.get("k")?.text).toEqual('{"n":1}');
	});
});

describe("what is thrown says what is so", () => {
	it.each(["beforeSwap", "afterSwap"] as const)(
		"ends with the error of a swap that nobody knows the outcome of, and sends no other (%s)",
		async (moment) => {
			const server = createServer({ showsCurrent: true });
			const store = swapStore(server, createOptions());
			await store.read("k");
			server[moment] = () => {
				throw new Error("The answer was lost.");
			};
			server.calls.length = 0;
			expect(await codeOf(store.update("k", COUNT))).toEqual("Error: The answer was lost.");
			expect(server.calls).toEqual(["swap"]);
		},
	);

	it("forgets every record after that: versions of a server that was restored may come a second time", async () => {
		const server = createServer({ showsCurrent: false });
		const store = swapStore(server, createOptions());
		await store.update("k", COUNT);
		server.beforeSwap = () => {
			throw new Error("The connection was lost.");
		};
		await codeOf(store.update("other", COUNT));
		server.beforeSwap = () => undefined;
		// The same version as before, of another history.
		server.texts.set("k", { text: '{"n":50}', version: 1 });
		expect(await store.update("k", COUNT)).toEqual({ n: 50 });
	});

	it("says that nothing was written if the record could not be loaded, also after conflicts", async () => {
		const server = createServer({ showsCurrent: false });
		const store = swapStore(server, createOptions());
		await store.update("k", COUNT);
		server.write("k", { n: 9 });
		server.load = async () => {
			throw new Error("no answer");
		};
		expect(await codeOf(store.update("k", COUNT))).toEqual("store_unavailable");
		expect(await codeOf(store.read("k"))).toEqual("store_unavailable");
		expect(server.texts.get("k")?.text).toEqual('{"n":9}');
	});

	it("passes a refusal on as it is", async () => {
		const server = createServer({ showsCurrent: false });
		server.swap = async () => {
			throw new StoreAnswerError("too large");
		};
		expect(await codeOf(swapStore(server, createOptions()).update("k", COUNT))).toEqual(
			"store_answer_invalid",
		);
	});

	it.each(["[1]", "no JSON", '{"n":"text"}', '{"n":1.5}'])(
		"leaves a record as it is that holds %s",
		async (text) => {
			const server = createServer({ showsCurrent: false });
			server.texts.set("k", { text, version: 1 });
			expect(await codeOf(swapStore(server, createOptions()).update("k", COUNT))).toEqual("record_invalid");
			expect([server.calls, server.texts.get("k")?.text]).toEqual([["load"], text]);
		},
	);
});

it("lists records that have fields, and what is wrong with those that are none", async () => {
	const server = createServer({ showsCurrent: false });
	const store = swapStore(server, createOptions());
	await store.update("a", COUNT);
	await store.update("empty", [...COUNT, { op: "remove", field: "n" }]);
	server.texts.set("foreign", { text: "[1]", version: 99 });
	await store.update("b", COUNT);
	const listed: StoredRecord[] = [];
	for await (const record of store.list()) listed.push(record);
	expect(listed).toEqual([
		{ key: "a", fields: { n: 1 } },
		{ key: "foreign", error: expect.objectContaining({ code: "record_invalid" }) },
		{ key: "b", fields: { n: 1 } },
	]);
});

it("ends the server's list where its own breaks off", async () => {
	const server = createServer({ showsCurrent: false });
	let isEnded = false;
	server.keys = async function* () {
		try {
			for (let key = 0; ; key++) yield `${key}`;
		} finally {
			isEnded = true;
		}
	};
	server.load = async () => ({ text: '{"n":1}', version: 1 });
	for await (const _ of swapStore(server, createOptions()).list()) break;
	await vi.waitFor(() => expect(isEnded).toBe(true));
});
