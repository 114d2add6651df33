// Options are checked once, at the edge, and the error says which one, what it may be, and what it was.
import { describe, expect, it } from "vitest";
import { createLeases, createVirtualTime, memoryStore, SessionLeaseError } from "../../src/index.ts";
import { errorOf } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

type Wrong = [name: string, value: unknown, options?: object];

function expectOptionError(error: unknown, [name, value]: Wrong): void {
	expect(error).toBeInstanceOf(SessionLeaseError);
	expect(error).toMatchObject({ code: "option_invalid" });
	const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
	expect((error as Error).message).toContain(`\`${name}\``);
	expect((error as Error).message).toContain(`got \`${shown}\``);
}

const durations: readonly unknown[] = [-1, Number.NaN, 1.5, Number.POSITIVE_INFINITY, 2 ** 31, "5000", 10n];

describe("leases", () => {
	const table: Wrong[] = [
		...[0, 1, 99, ...durations].map((value): Wrong => ["ttlMs", value]),
		...durations.map((value): Wrong => ["skewMs", value]),
		...[0, ...durations].map((value): Wrong => ["maxHoldMs", value]),
		...[0, ...durations].map((value): Wrong => ["callTimeoutMs", value]),
		...[0, 1, ...durations].map((value): Wrong => ["attemptsMax", value]),
		...durations.map((value): Wrong => ["hintsMax", value]),
		["callTimeoutMs", 5_001, { ttlMs: 15_000 }],
		["owner", ""],
		["owner", 7],
	];
	it.each(table)("are not made with %s %s", (name, value, options = {}) => {
		let error: unknown;
		try {
			createLeases({ store: memoryStore(), ...options, [name]: value });
		} catch (thrown) {
			error = thrown;
		}
		expectOptionError(error, [name, value]);
	});

	it.each([
		[{}],
		[{ ttlMs: 100 }],
		[{ ttlMs: 15_000, callTimeoutMs: 5_000 }],
		[{ skewMs: 0, hintsMax: 0, attemptsMax: 2, maxHoldMs: 1 }],
		[{ ttlMs: 2 ** 31 - 1 }],
	])("are made with %j", (options) => {
		expect(createLeases({ store: memoryStore(), ...options })).toBeDefined();
	});
});

describe("an acquire", () => {
	const table: Wrong[] = [
		...[0, -1, Number.NaN, 99.5, 99, "5000"].map((value): Wrong => ["ttlMs", value]),
		...[-1, Number.NaN, Number.POSITIVE_INFINITY, "1"].map((value): Wrong => ["waitMs", value]),
		["owner", ""],
	];
	it.each(table)("is refused with %s %s, before the store is asked", async (name, value) => {
		const leases = createLeases({ store: { update: refuse, read: refuse } });
		expectOptionError(await errorOf(leases.acquire("s", { [name]: value })), [name, value]);
	});

	it("is refused with a TTL that the call timeout of the leases does not fit in", async () => {
		const leases = createLeases({ store: memoryStore(), callTimeoutMs: 1_000 });
		const error = await errorOf(leases.acquire("s", { ttlMs: 2_999 }));
		expectOptionError(error, ["callTimeoutMs", 1_000]);
		expect((error as Error).message).toContain("2999");
	});

	it.each<[string, unknown]>([
		["an empty session id", ""],
		["one of 513 characters", "x".repeat(513)],
		["one of 10,000 characters", "x".repeat(10_000)],
		["none", undefined],
		["a number", 7],
	])("is refused with %s, as are inspect, break and forget", async (_name, sessionId) => {
		const leases = createLeases({ store: { update: refuse, read: refuse } });
		const id = sessionId as string;
		for (const call of [leases.acquire(id), leases.inspect(id), leases.break(id, "why"), leases.forget(id)]) {
			const error = await errorOf(call);
			expect(error).toMatchObject({ code: "option_invalid" });
			expect((error as Error).message).toContain("`sessionId`");
			expect((error as Error).message.length).toBeLessThan(200);
		}
	});

	it.each(["x", "x".repeat(512), "a b/c:d.é\u{1f600}", "__proto__", "constructor"])(
		"takes any other text as a session id: %s",
		async (sessionId) => {
			const leases = createLeases({ store: memoryStore() });
			await (await leases.acquire(sessionId)).release({ value: 1 });
			expect((await leases.acquire(sessionId)).value).toBe(1);
		},
	);
});

function refuse(): never {
	throw new Error("The store was asked.");
}

describe("a store or a schema that is none", () => {
	it.each([
		["store", undefined],
		["store", {}],
		["store", { update: () => undefined }],
		["schema", {}],
		["schema", { "~standard": {} }],
	])("%s %j is refused when the leases are made", (name, value) => {
		const options = { store: memoryStore(), [name]: value } as never;
		expect(() => createLeases(options)).toThrow(`\`${name}\``);
	});
});

describe("the ports", () => {
	it("wait on the given clock also while they wait for a held session", async () => {
		const time = createVirtualTime();
		const store = memoryStore();
		const ports = { clock: time.clock, wait: time.wait };
		const waitMs = 2_000;
		const contend = async () => {
			await createLeases({ store, ports }).acquire("s");
			await errorOf(createLeases({ store, ports }).acquire("s", { waitMs }));
			return time.clock.monotonicMs();
		};
		expect(await time.run(contend())).toBe(waitMs);
	});

	it("refuse an id that would make the record unreadable", async () => {
		const leases = createLeases({ store: memoryStore(), ports: { newId: () => "host.1" } });
		expect(await errorOf(leases.acquire("s"))).toMatchObject({ code: "option_invalid" });
	});

	it("let nobody who looks on decide anything, not even by throwing", async () => {
		const observe = () => {
			throw new Error("A bug of the observer.");
		};
		const leases = createLeases({ store: memoryStore(), observe });
		const lease = await leases.acquire("s");
		expect(await lease.release({ value: 1 })).toBe(0);
	});
});
