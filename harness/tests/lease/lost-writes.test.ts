// What a holder is told of a write that was lost: void if it will never show, else unknown.
import { describe, expect, it } from "vitest";
import { errorOf, onBench, SESSION, TTL_MS } from "../support/bench.ts";
import { fence } from "../support/fenced-lease.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

describe("a lost write", () => {
	it(
		"is unknown if it was sent twice, although a later holder has spoken",
		onBench(async (bench) => {
			const faults = ["run", "run", "run", { fate: "lost reply", unanswered: "error" }] as const;
			const { old, rival } = await fence(bench, { faults });
			await rival.write(["rival"]);
			expect(await errorOf(old.write(["late"]))).toMatchObject({ code: "lease_lost", lastWrite: "unknown" });
		}),
	);

	it(
		"is unknown if it counted before the takeover, and only its answer came too late",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ["run", "run", "lost reply"] });
			const lease = await a.leases.acquire(SESSION);
			const error = errorOf(lease.write(["a"]));
			await bench.wait(1);
			const { leases } = bench.worker("rival");
			await leases.break(SESSION, "test");
			expect(await error).toMatchObject({ code: "lease_lost", lastWrite: "unknown" });
			expect(await bench.value()).toEqual(["a"]);
		}),
	);

	it(
		"is unknown as long as the one who took over has not spoken",
		onBench(async (bench) => {
			const lease = await bench.worker("old").leases.acquire(SESSION);
			const rival = bench.worker("rival", {
				faults: ["run", "run", "run", { fate: "delayed", laterMs: 20 }],
			});
			void rival.leases.break(SESSION, "test");
			await bench.wait(10);
			expect(await errorOf(lease.write(["old"]))).toMatchObject({ code: "lease_lost", lastWrite: "unknown" });
		}),
	);

	it(
		"is unknown if no answer came before the lease had to stop",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ({ count }) => ({ fate: count <= 2 ? "run" : "lost reply" }) });
			const lease = await a.leases.acquire(SESSION);
			expect(await errorOf(lease.write(["a"]))).toMatchObject({ code: "lease_lost", lastWrite: "unknown" });
			expect(bench.time.clock.monotonicMs()).toBe(TTL_MS * 0.9);
			expect(await bench.value()).toEqual(["a"]);
			expect(await errorOf(lease.release())).toMatchObject({ code: "lease_lost" });
		}),
	);

	it(
		"is unknown in the signal, too, while a write is under way, whoever finds the loss",
		onBench(async (bench) => {
			const faults = ["run", "run", { fate: "run", replyMs: 14_000 }] as const;
			for (const found of ["deadline", "renewal"] as const) {
				const a = bench.worker(found, { faults, callTimeoutMs: 5_000 });
				const lease = await a.leases.acquire(found);
				if (found === "renewal") await bench.wait(TTL_MS / 3 - 100);
				const written = errorOf(lease.write(["a"]));
				await bench.wait(1);
				if (found === "renewal") await bench.worker("rival").leases.break(found, "test");
				else bench.time.jump(TTL_MS);
				await bench.wait(200);
				expect(lease.signal.aborted).toBe(true);
				expect(lease.signal.reason).toMatchObject({ code: "lease_lost", lastWrite: "unknown" });
				expect(await written).toMatchObject({ lastWrite: "unknown" });
			}
		}),
	);

	it(
		"that was never sent, since the lease had been stopped before, leaves nothing in doubt",
		onBench(async (bench) => {
			const a = bench.worker("a");
			const lease = await a.leases.acquire(SESSION);
			bench.time.jump(TTL_MS);
			a.calls();
			expect(await errorOf(lease.write(["a"]))).toMatchObject({ code: "lease_lost", lastWrite: "none" });
			expect(a.calls()).toEqual([]);
		}),
	);

	it(
		"is done, and no loss, if the reply was lost once and the same batch was sent again",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ["run", "run", "lost reply"] });
			const lease = await a.leases.acquire(SESSION);
			await lease.write(["a"]);
			expect(a.calls()).toEqual(["read", "bids:1 holder:1", "value:1 owed:1", "value:1 owed:1"]);
			expect(Object.keys(await bench.record()).filter((field) => field.startsWith("value"))).toHaveLength(1);
			await lease.release();
		}),
	);
});
