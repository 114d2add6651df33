// What people and workers do to sessions from outside: inspect, break, forget, sweep.
import { describe, expect, it } from "vitest";
import { type AtomicStore, createLeases, memoryStore, type Wake } from "../../src/index.ts";
import { errorOf, onBench, SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

describe("inspect", () => {
	it(
		"tells the state of a session in each of its states, and changes nothing",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			const look = bench.worker("look");
			const state = async () => (await look.leases.inspect(SESSION)).state;
			expect(await look.leases.inspect(SESSION)).toEqual({
				sessionId: SESSION,
				state: "new",
				epoch: 0,
				holder: undefined,
				deadlineMs: undefined,
				isNew: true,
				valueText: undefined,
				owed: false,
				turnedAway: 0,
			});
			const lease = await leases.acquire(SESSION);
			await lease.write(["x"]);
			await errorOf(bench.worker("b").leases.acquire(SESSION));
			expect(await look.leases.inspect(SESSION)).toEqual({
				sessionId: SESSION,
				state: "held",
				epoch: 1,
				holder: "a",
				deadlineMs: bench.time.clock.wallMs() + TTL_MS,
				isNew: false,
				valueText: '["x"]',
				owed: true,
				turnedAway: 1,
			});
			await lease.release();
			expect(await state()).toBe("free");
			await (await leases.acquire(SESSION)).abandon();
			expect(await state()).toBe("expired");
			const dead = bench.worker("dead");
			await dead.leases.acquire(SESSION);
			dead.process.crash();
			await bench.wait(TTL_MS + SKEW_MS);
			expect(await state()).toBe("held");
			await bench.wait(1);
			expect(await state()).toBe("expired");
			expect(new Set(look.calls())).toEqual(new Set(["read"]));
		}),
	);
});

describe("break", () => {
	it(
		"fences a live holder, with the reason as the owner, and has the session woken",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			await lease.write(["kept"]);
			const woken: string[] = [];
			const b = bench.worker("b");
			const wake: Wake = async (sessionId) => void woken.push(sessionId);
			expect(await b.leases.break(SESSION, "stuck since noon", { wake })).toBe(true);
			expect(woken).toEqual([SESSION]);
			const report = await b.leases.inspect(SESSION);
			expect(report).toMatchObject({ state: "free", epoch: 2, holder: "stuck since noon", owed: true });
			expect(report.valueText).toBe('["kept"]');
			expect(await errorOf(lease.write(["late"]))).toMatchObject({ code: "lease_lost", lastWrite: "void" });
			expect(lease.signal.aborted).toBe(true);
			expect(await b.leases.acquire(SESSION)).toMatchObject({ epoch: 3, value: ["kept"], owed: true });
		}),
	);

	it(
		"answers false, and writes nothing, if nobody holds the session",
		onBench(async (bench) => {
			const b = bench.worker("b");
			const wake = () => Promise.reject(new Error("Nobody is to be woken."));
			expect(await b.leases.break(SESSION, "why", { wake })).toBe(false);
			await (await bench.worker("a").leases.acquire(SESSION)).release();
			b.calls();
			const before = await bench.record();
			expect(await b.leases.break(SESSION, "why", { wake })).toBe(false);
			expect(b.calls()).toEqual(["read"]);
			expect(await bench.record()).toEqual(before);
		}),
	);

	it(
		"breaks a lease also if this process has an older hint",
		onBench(async (bench) => {
			const b = bench.worker("b");
			await (await b.leases.acquire(SESSION)).release();
			const lease = await bench.worker("a").leases.acquire(SESSION);
			expect(await b.leases.break(SESSION, "why")).toBe(true);
			expect(await errorOf(lease.release())).toMatchObject({ code: "lease_lost", lastWrite: "void" });
		}),
	);

	it(
		"works whatever the value is, and keeps it",
		onBench(async (bench) => {
			const a = bench.worker("a");
			await (await a.leases.acquire(SESSION)).write({ version: 1 });
			const schema = {
				"~standard": { version: 1, vendor: "test", validate: () => ({ issues: [{ message: "never" }] }) },
			} as const;
			const strict = bench.worker("strict", { schema });
			expect(await strict.leases.break(SESSION, "why")).toBe(true);
			expect((await strict.leases.inspect(SESSION)).valueText).toBe('{"version":1}');
		}),
	);

	it(
		"leaves the lease broken if the wake fails, and says so",
		onBench(async (bench) => {
			await bench.worker("a").leases.acquire(SESSION);
			const { leases } = bench.worker("b");
			const wake = () => Promise.reject(new Error("The queue is gone."));
			expect(await errorOf(leases.break(SESSION, "why", { wake }))).toMatchObject({ code: "wake_failed" });
			expect(await leases.inspect(SESSION)).toMatchObject({ state: "free", owed: true });
		}),
	);

	it(
		"leaves the events of the broken holder to the next one",
		onBench(async (bench) => {
			const outbox = [{ id: "1", event: "x" }];
			await (await bench.worker("a").leases.acquire(SESSION)).write(["a"], { outbox });
			const { leases } = bench.worker("b");
			await leases.break(SESSION, "why");
			expect((await leases.acquire(SESSION)).inherited).toEqual(outbox);
		}),
	);
});

describe("forget", () => {
	it(
		"drops the value and keeps the epoch",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			await (await leases.acquire(SESSION)).release({ value: ["secret"] });
			await leases.forget(SESSION);
			expect(JSON.stringify(await bench.record())).not.toContain("secret");
			expect(await leases.inspect(SESSION)).toMatchObject({ state: "free", epoch: 2, valueText: undefined });
			expect(await leases.acquire(SESSION)).toMatchObject({ epoch: 3, value: undefined, inherited: [] });
		}),
	);

	it(
		"lets no late write of an earlier holder bring a value back",
		onBench(async (bench) => {
			const faults = ["run", "run", { fate: "delayed", laterMs: 60_000 }] as const;
			const a = bench.worker("a", { faults });
			const late = await a.leases.acquire(SESSION);
			void a.process.run(() => late.write(["late"], { outbox: [{ id: "1", event: 1 }] }));
			await bench.wait(1);
			a.process.crash();
			await bench.wait(TTL_MS + SKEW_MS);
			const { leases } = bench.worker("b");
			await leases.forget(SESSION);
			await bench.wait(60_000);
			expect(JSON.stringify(await bench.record())).toContain("late");
			expect(await leases.acquire(SESSION)).toMatchObject({ epoch: 3, value: undefined, inherited: [] });
		}),
	);

	it(
		"drops the events of a dead holder along with its value",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			await lease.write(["a"], { outbox: [{ id: "1", event: "x" }] });
			await lease.abandon();
			const { leases } = bench.worker("b");
			await leases.forget(SESSION);
			expect(await leases.acquire(SESSION)).toMatchObject({ epoch: 3, value: undefined, inherited: [] });
		}),
	);

	it(
		"is turned away while somebody holds the session",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			await lease.write(["kept"]);
			expect(await errorOf(bench.worker("b").leases.forget(SESSION))).toMatchObject({ code: "lease_held" });
			await lease.release();
			expect((await bench.worker("c").leases.acquire(SESSION)).value).toEqual(["kept"]);
		}),
	);
});

describe("sweep", () => {
	it(
		"wakes the sessions that are owed a wake, expired or abandoned, and no others",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			const dead = bench.worker("dead");
			await dead.leases.acquire("expired");
			dead.process.crash();
			await bench.wait(TTL_MS + SKEW_MS + 1);
			await (await leases.acquire("owed")).release({ owed: true });
			await (await leases.acquire("abandoned")).abandon();
			await (await leases.acquire("at rest")).release({ value: ["x"] });
			const live = await leases.acquire("live");
			await live.write(["x"]);
			await errorOf(bench.worker("b").leases.acquire("live"));
			const woken: string[] = [];
			const report = await bench.worker("c").leases.sweep({ wake: async (id) => void woken.push(id) });
			expect(woken.sort()).toEqual(["abandoned", "expired", "owed"]);
			expect(report).toEqual({ woken: expect.arrayContaining(woken), failed: [] });
			expect(report.woken).toHaveLength(3);
		}),
	);

	it(
		"wakes the others when a record cannot be read or a wake cannot be sent, and names both",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			for (const session of ["no wake", "good"]) await (await leases.acquire(session)).abandon();
			await bench.store.update("foreign", [{ op: "set", field: "nonce", value: "x" }]);
			const unread = new Error("It is no text.");
			const store: AtomicStore = {
				...bench.store,
				async *list() {
					yield { key: "unread", error: unread };
					yield* bench.store.list();
				},
			};
			const wake: Wake = (id) =>
				id === "no wake" ? Promise.reject(new Error("The queue is gone.")) : Promise.resolve();
			const report = await bench.worker("b", { store }).leases.sweep({ wake });
			expect(report.woken).toEqual(["good"]);
			expect(report.failed).toHaveLength(3);
			expect(report.failed).toContainEqual({ sessionId: "unread", error: unread });
			expect(report.failed).toContainEqual({
				sessionId: "foreign",
				error: expect.objectContaining({ code: "record_invalid" }),
			});
			expect(report.failed).toContainEqual({
				sessionId: "no wake",
				error: expect.objectContaining({ code: "wake_failed" }),
			});
		}),
	);

	it(
		"says so if the store cannot list its records",
		onBench(async (bench) => {
			const { update, read } = bench.store;
			const store: AtomicStore = { update, read };
			const { leases } = bench.worker("a", { store });
			const swept = leases.sweep({ wake: async () => undefined });
			expect(await errorOf(swept)).toMatchObject({ code: "store_cannot_list" });
		}),
	);
});

describe("break, of a session that moves on between the look and the bid", () => {
	const changing = (store: AtomicStore, change: () => Promise<unknown>): AtomicStore => ({
		...store,
		async read(key) {
			const record = await store.read(key);
			await change();
			return record;
		},
	});

	it("leaves the next holder alone, and says that it broke nothing", async () => {
		const store = memoryStore();
		const leases = createLeases({ store });
		const first = await leases.acquire(SESSION);
		let next = first;
		const pass = async () => {
			if (next !== first) return;
			await first.release();
			next = await leases.acquire(SESSION);
		};
		const operator = createLeases({ store: changing(store, pass) });
		expect(await operator.break(SESSION, "stuck")).toBe(false);
		await next.release({ value: ["kept"] });
		expect((await leases.inspect(SESSION)).valueText).toBe('["kept"]');
	});

	it("wakes nobody if it was released meanwhile", async () => {
		const store = memoryStore();
		const held = await createLeases({ store }).acquire(SESSION);
		const operator = createLeases({ store: changing(store, () => held.release()) });
		const woken: string[] = [];
		const wake = async (sessionId: string) => {
			woken.push(sessionId);
		};
		expect(await operator.break(SESSION, "stuck", { wake })).toBe(false);
		expect(woken).toEqual([]);
		expect(await operator.inspect(SESSION)).toMatchObject({ state: "free", owed: false });
	});
});
