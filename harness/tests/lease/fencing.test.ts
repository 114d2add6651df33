// A late writer writes where nobody looks.
import { describe, expect, it } from "vitest";
import type { Lease } from "../../src/index.ts";
import { errorOf, onBench, SESSION, TTL_MS } from "../support/bench.ts";
import { fence } from "../support/fenced-lease.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

describe("an old holder, after a takeover", () => {
	const attempts: readonly [string, (old: Lease<unknown>) => Promise<unknown>][] = [
		["write", (old) => old.write(["late"])],
		["release with a value", (old) => old.release({ value: ["late"] })],
		["release", (old) => old.release()],
	];
	it.each(attempts)("changes nothing by a %s, is told that it is void, and is stopped", (_name, attempt) =>
		onBench(async (bench) => {
			const { old, rival } = await fence(bench);
			await rival.write(["rival"]);
			const error = await errorOf(attempt(old));
			expect(error).toMatchObject({
				name: "LeaseLostError",
				code: "lease_lost",
				lastWrite: "void",
				epoch: 1,
			});
			expect(error).toMatchObject({ transient: true, sessionId: SESSION });
			expect(old.signal.aborted).toBe(true);
			expect(old.signal.reason).toBe(error);
			expect(await bench.value()).toEqual(["rival"]);
			expect(await rival.release()).toBe(0);
			expect(await bench.worker("next").leases.acquire(SESSION)).toMatchObject({
				epoch: 4,
				value: ["rival"],
			});
		})(),
	);

	it(
		"does not come back by a renewal, and is stopped by it",
		onBench(async (bench) => {
			const { old, rival } = await fence(bench);
			await bench.wait(TTL_MS / 3 + 1);
			expect(old.signal.aborted).toBe(true);
			expect(old.signal.reason).toMatchObject({ code: "lease_lost", lastWrite: "none" });
			await rival.write(["rival"]);
			expect(await bench.inspect()).toMatchObject({ epoch: 3, state: "held" });
		}),
	);

	it(
		"does not come back when its own batch is applied later, released or not",
		onBench(async (bench) => {
			// The third call is the write of `fence`, the fourth the one that is late.
			const faults = ["run", "run", "run", { fate: "delayed", laterMs: 40_000 }] as const;
			const { old, oldWorker, rival } = await fence(bench, { faults });
			void oldWorker.process.run(() => old.release({ value: ["late"] }));
			await bench.wait(1);
			oldWorker.process.crash();
			await rival.release({ value: ["rival"] });
			await bench.wait(40_000);
			expect(Object.keys(await bench.record())).toContain("done:1.old-1");
			expect(await bench.value()).toEqual(["rival"]);
			expect(await bench.worker("next").leases.acquire(SESSION)).toMatchObject({
				epoch: 4,
				value: ["rival"],
			});
		}),
	);
});

describe("a duplicate", () => {
	it(
		"of a holder's first write, applied after its second, does not bring the first back",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ["run", "run", { fate: "twice", laterMs: 100 }] });
			const lease = await a.leases.acquire(SESSION);
			await lease.write(["first"]);
			await lease.write(["second"]);
			await bench.wait(200);
			expect(await bench.value()).toEqual(["second"]);
			await lease.release();
			expect((await bench.worker("b").leases.acquire(SESSION)).value).toEqual(["second"]);
		}),
	);

	it(
		"of a renewal does not bring an abandoned lease back",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ["run", "run", { fate: "twice", laterMs: 2_000 }] });
			const lease = await a.leases.acquire(SESSION);
			await bench.wait(TTL_MS / 3 + 1);
			await lease.abandon();
			await bench.wait(2_000);
			expect(await bench.worker("b").leases.acquire(SESSION)).toMatchObject({ epoch: 2 });
		}),
	);

	it(
		"of a release does not hurt those who came after",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ["run", "run", { fate: "twice", laterMs: 10 }] });
			await (await a.leases.acquire(SESSION)).release({ value: ["a"] });
			const lease = await bench.worker("b").leases.acquire(SESSION);
			await lease.write(["a", "b"]);
			await bench.wait(11);
			await lease.write(["a", "b", "c"]);
			await lease.release();
			expect(await bench.value()).toEqual(["a", "b", "c"]);
		}),
	);
});
