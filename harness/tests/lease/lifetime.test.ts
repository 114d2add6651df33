// How long a lease lives: renewals, the deadline, and the signal that comes before any rival.
import { describe, expect, it } from "vitest";
import { createLeases, createVirtualTime, memoryStore } from "../../src/index.ts";
import { errorOf, onBench, SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

const STOPS_MS = TTL_MS * 0.9;

describe("a renewal", () => {
	it(
		"is sent at each third of the TTL, and holds the lease for as long as its process lives",
		onBench(async (bench) => {
			const a = bench.worker("a");
			const lease = await a.leases.acquire(SESSION);
			a.calls();
			await bench.wait(TTL_MS / 3 - 1);
			expect(a.calls()).toEqual([]);
			await bench.wait(1);
			expect(a.calls()).toEqual(["until:1"]);
			await bench.wait(TTL_MS * 20 + 1);
			expect(a.calls()).toHaveLength(60);
			expect(lease.signal.aborted).toBe(false);
			expect(await errorOf(bench.worker("b").leases.acquire(SESSION))).toMatchObject({ code: "lease_held" });
			expect(await lease.release()).toBe(1);
		}),
	);

	it(
		"moves the deadline: the holder that dies after it blocks the session for a TTL from then",
		onBench(async (bench) => {
			const a = bench.worker("a");
			await a.leases.acquire(SESSION);
			await bench.wait(TTL_MS / 3);
			await bench.wait(1);
			a.process.crash();
			await bench.wait(TTL_MS + SKEW_MS - 1);
			const { leases } = bench.worker("b");
			expect(await errorOf(leases.acquire(SESSION))).toMatchObject({ code: "lease_held", retryAfterMs: 1 });
			await bench.wait(1);
			expect(await leases.acquire(SESSION)).toMatchObject({ epoch: 2 });
		}),
	);

	it(
		"is never under way beside another",
		onBench(async (bench) => {
			let open = 0;
			let most = 0;
			const store = {
				...bench.store,
				async update(...call: Parameters<typeof bench.store.update>) {
					most = Math.max(most, ++open);
					await bench.wait(1_400);
					open--;
					return bench.store.update(...call);
				},
			};
			await bench.worker("a", { store }).leases.acquire(SESSION);
			await bench.wait(TTL_MS * 5);
			expect(most).toBe(1);
		}),
	);

	it(
		"whose reply is lost is sent again, and is no loss",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ["run", "run", "lost reply"] });
			const lease = await a.leases.acquire(SESSION);
			await bench.wait(TTL_MS * 2);
			expect(lease.signal.aborted).toBe(false);
			await lease.release();
		}),
	);

	it(
		"is over with the release: nothing is sent after it",
		onBench(async (bench) => {
			const a = bench.worker("a");
			await (await a.leases.acquire(SESSION)).release();
			a.calls();
			await bench.wait(TTL_MS * 3);
			expect(a.calls()).toEqual([]);
		}),
	);

	it(
		"is over with a release that is under way",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ["run", "run", { fate: "run", requestMs: 1_000 }] });
			const lease = await a.leases.acquire(SESSION);
			await bench.wait(TTL_MS / 3 - 500);
			await lease.release();
			expect(a.calls()).toEqual(["read", "bids:1 holder:1", "owed:1 done:1"]);
		}),
	);

	it(
		"that never succeeds stops the holder a tenth of the TTL before its deadline",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ({ count }) => ({ fate: count <= 2 ? "run" : "delayed" }) });
			const lease = await a.leases.acquire(SESSION);
			let stoppedAtMs: number | undefined;
			lease.signal.addEventListener("abort", () => {
				stoppedAtMs = bench.time.clock.monotonicMs();
			});
			await bench.wait(TTL_MS);
			expect(stoppedAtMs).toBe(STOPS_MS);
			expect(lease.signal.reason).toMatchObject({ name: "LeaseLostError", code: "lease_lost" });
		}),
	);
});

describe("the signal", () => {
	it(
		"has aborted before a rival can take over, whatever the clocks differ by within the skew",
		onBench(async (bench) => {
			const behind = bench.worker("behind", {
				faults: ({ count }) => ({ fate: count <= 2 ? "run" : "delayed" }),
			});
			const lease = await behind.leases.acquire(SESSION);
			let stopped = false;
			lease.signal.addEventListener("abort", () => {
				stopped = true;
			});
			const ahead = bench.worker("ahead", { wallAheadMs: SKEW_MS });
			await ahead.leases.acquire(SESSION, { waitMs: TTL_MS * 2 });
			expect(stopped).toBe(true);
		}),
	);

	it(
		"counts from before the bid was sent, not from its late answer",
		onBench(async (bench) => {
			const a = bench.worker("a", {
				faults: ({ count }) =>
					count <= 2 ? { fate: "run", replyMs: count === 2 ? 1_400 : 0 } : { fate: "delayed" },
			});
			const lease = await a.leases.acquire(SESSION);
			expect(bench.time.clock.monotonicMs()).toBe(1_400);
			await bench.wait(STOPS_MS - 1_400 - 1);
			expect(lease.signal.aborted).toBe(false);
			await bench.wait(1);
			expect(lease.signal.aborted).toBe(true);
		}),
	);

	it(
		"counts from before a renewal was sent, not from its late answer",
		onBench(async (bench) => {
			const a = bench.worker("a", {
				faults: ({ count }) =>
					count <= 3 ? { fate: "run", replyMs: count === 3 ? 1_400 : 0 } : { fate: "delayed" },
			});
			const lease = await a.leases.acquire(SESSION);
			await bench.wait(TTL_MS / 3 + STOPS_MS - 1);
			expect(lease.signal.aborted).toBe(false);
			await bench.wait(1);
			expect(lease.signal.aborted).toBe(true);
		}),
	);

	it(
		"is found aborted by whoever looks first after a blocked event loop or a slept laptop",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			bench.time.jump(STOPS_MS - 1);
			expect(lease.signal.aborted).toBe(false);
			bench.time.jump(1);
			expect(lease.signal.aborted).toBe(true);
			expect(lease.signal.reason).toMatchObject({ code: "lease_lost", lastWrite: "none" });
		}),
	);

	it(
		"refuses a write and a release after a sleep, before anything is sent",
		onBench(async (bench) => {
			for (const session of ["write", "release"] as const) {
				const a = bench.worker(session);
				const lease = await a.leases.acquire(session);
				a.calls();
				bench.time.jump(TTL_MS + SKEW_MS + 1);
				const late = session === "write" ? lease.write(["late"]) : lease.release({ value: ["late"] });
				expect(await errorOf(late)).toMatchObject({ code: "lease_lost", lastWrite: "none" });
				expect(a.calls()).toEqual([]);
			}
		}),
	);

	it(
		"aborts at `maxHoldMs`, however well the renewals go, and the session is free a TTL later",
		onBench(async (bench) => {
			const a = bench.worker("a", { maxHoldMs: 60_000 });
			const lease = await a.leases.acquire(SESSION);
			await bench.wait(59_999);
			expect(lease.signal.aborted).toBe(false);
			await bench.wait(1);
			expect(lease.signal.aborted).toBe(true);
			expect((lease.signal.reason as Error).message).toContain("maxHoldMs");
			await bench.wait(TTL_MS + SKEW_MS);
			expect(await bench.worker("b").leases.acquire(SESSION)).toMatchObject({ epoch: 2 });
		}),
	);
});

describe("a machine that sleeps", () => {
	it("is stopped by its wall clock, also if its monotonic clock stood still meanwhile", async () => {
		const time = createVirtualTime();
		let sleptMs = 0;
		const clock = { wallMs: () => time.clock.wallMs() + sleptMs, monotonicMs: time.clock.monotonicMs };
		const leases = createLeases({ store: memoryStore(), ports: { clock, wait: time.wait } });
		const lease = await time.run(leases.acquire(SESSION));
		expect(lease.signal.aborted).toBe(false);
		sleptMs = 15_000;
		expect(lease.signal.aborted).toBe(true);
		await expect(lease.write(["late"])).rejects.toMatchObject({ code: "lease_lost", lastWrite: "none" });
	});
});
