// Who is granted a session, who is turned away, and what the turned away leave behind.
import { describe, expect, it } from "vitest";
import type { LeaseHeldError } from "../../src/index.ts";
import { errorOf, onBench, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

describe("an acquire", () => {
	it(
		"is granted epochs 1, 2, 3 of a session, with its value and an id of its own",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			const ids = new Set<string>();
			for (const epoch of [1, 2, 3]) {
				const lease = await leases.acquire("s");
				expect(lease).toMatchObject({ sessionId: "s", epoch, value: epoch === 1 ? undefined : [epoch - 1] });
				ids.add(lease.id);
				await lease.release({ value: [epoch] });
			}
			expect(ids.size).toBe(3);
		}),
	);

	it(
		"turns a second one away, naming the holder and how long to wait at most",
		onBench(async (bench) => {
			await bench.worker("a").leases.acquire("s");
			await bench.wait(4_000);
			const error = await errorOf(bench.worker("b").leases.acquire("s"));
			expect(error).toMatchObject({
				name: "LeaseHeldError",
				code: "lease_held",
				transient: true,
				sessionId: "s",
				epoch: 1,
				holder: "a",
				retryAfterMs: TTL_MS - 4_000 + SKEW_MS + 1,
			});
			expect((error as Error).message).toMatch(/"s" is held by a .*Nothing ran/);
		}),
	);

	it(
		"never asks to wait for longer than a lease granted this moment would block, nor for less than 1 ms",
		onBench(async (bench) => {
			await bench.worker("ahead", { wallAheadMs: 600_000 }).leases.acquire("s");
			const { leases } = bench.worker("b");
			expect(await errorOf(leases.acquire("s"))).toMatchObject({ retryAfterMs: TTL_MS + SKEW_MS + 1 });
		}),
	);

	it(
		"says when a dead holder can be replaced, to the millisecond",
		onBench(async (bench) => {
			const dead = bench.worker("dead");
			await dead.leases.acquire("s");
			dead.process.crash();
			const { leases } = bench.worker("b");
			const { retryAfterMs } = (await errorOf(leases.acquire("s"))) as LeaseHeldError;
			await bench.wait(retryAfterMs);
			expect(await leases.acquire("s")).toMatchObject({ epoch: 2 });
		}),
	);

	it(
		"takes over a dead holder's lease one millisecond after its deadline and the skew, never before",
		onBench(async (bench) => {
			const dead = bench.worker("dead");
			await dead.leases.acquire("s");
			dead.process.crash();
			const { leases } = bench.worker("b");
			await bench.wait(TTL_MS + SKEW_MS);
			expect(await errorOf(leases.acquire("s"))).toMatchObject({ code: "lease_held", retryAfterMs: 1 });
			await bench.wait(1);
			expect(await leases.acquire("s")).toMatchObject({ epoch: 2 });
		}),
	);

	it(
		"gives the holder the TTL that it asked for itself",
		onBench(async (bench) => {
			const dead = bench.worker("dead");
			await dead.leases.acquire("s", { ttlMs: 600, owner: "brief" });
			dead.process.crash();
			const { leases } = bench.worker("b");
			expect(await errorOf(leases.acquire("s"))).toMatchObject({ holder: "brief", retryAfterMs: 1_601 });
			await bench.wait(1_601);
			expect(await leases.acquire("s")).toMatchObject({ epoch: 2 });
		}),
	);

	it(
		"counts whoever it turns away, and tells the holder when it releases",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire("s");
			for (const name of ["b", "c", "d"]) await errorOf(bench.worker(name).leases.acquire("s"));
			expect(await bench.worker("e").leases.inspect("s")).toMatchObject({ turnedAway: 3, owed: true });
			expect(await lease.release()).toBe(3);
		}),
	);

	it(
		"counts a lost bid as a bounce already",
		onBench(async (bench) => {
			// b reads before a has bid, and bids for the same epoch after it.
			const b = bench.worker("b", { faults: [{ fate: "run", replyMs: 10 }] });
			const bAcquire = errorOf(b.leases.acquire("s"));
			const lease = await bench.worker("a").leases.acquire("s");
			expect(await bAcquire).toMatchObject({ code: "lease_held", epoch: 1, holder: "a" });
			expect(b.calls()).toEqual(["read", "bids:1 holder:1"]);
			expect(await lease.release()).toBe(1);
		}),
	);

	it(
		"judges again when the lease was released between its look and its mark",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire("s");
			const b = bench.worker("b", { faults: ["run", { fate: "run", requestMs: 10 }] });
			const won = b.leases.acquire("s");
			await bench.wait(5);
			expect(await lease.release({ value: ["a"] })).toBe(0);
			expect(await won).toMatchObject({ epoch: 2, value: ["a"], owed: false });
			expect(b.calls()).toEqual(["read", "bids:1", "bids:2 holder:2"]);
		}),
	);

	it(
		"judges again, and marks the new head, when the lease changed hands between its look and its mark",
		onBench(async (bench) => {
			const a = bench.worker("a");
			const lease = await a.leases.acquire("s");
			const b = bench.worker("b", { faults: ["run", { fate: "run", requestMs: 10 }] });
			const turnedAway = errorOf(b.leases.acquire("s"));
			await bench.wait(5);
			await lease.release();
			const next = await a.leases.acquire("s");
			expect(await turnedAway).toMatchObject({ code: "lease_held", epoch: 2 });
			expect(b.calls()).toEqual(["read", "bids:1", "bids:2"]);
			expect(await next.release()).toBe(1);
		}),
	);

	it(
		"judges again when its lost bid finds the winner gone already",
		onBench(async (bench) => {
			const b = bench.worker("b", { faults: ["run", { fate: "run", requestMs: 10 }] });
			const won = b.leases.acquire("s");
			await bench.wait(5);
			await (await bench.worker("a").leases.acquire("s")).release({ value: ["a"] });
			expect(await won).toMatchObject({ epoch: 2, value: ["a"] });
		}),
	);

	it(
		"gives up with an error of its own when the session changes hands in each of `attemptsMax` rounds",
		onBench(async (bench) => {
			const a = bench.worker("a");
			const decide = () => ({ fate: "run", requestMs: 10 }) as const;
			const b = bench.worker("b", { faults: decide, attemptsMax: 3 });
			const gaveUp = errorOf(b.leases.acquire("s"));
			// Each of b's bids finds that a has held and released the epoch that b bids for.
			for (let wake = 0; wake < 3; wake++) {
				await bench.wait(wake === 0 ? 15 : 10);
				await (await a.leases.acquire("s")).release();
			}
			expect(await gaveUp).toMatchObject({ code: "acquire_exhausted", transient: true });
			expect(b.calls()).toHaveLength(4);
		}),
	);

	it(
		"uses one id in all its bids, so that a bid whose reply was lost is won when it is sent again",
		onBench(async (bench) => {
			const a = bench.worker("a", { faults: ["run", "lost reply"] });
			expect(await a.leases.acquire("s")).toMatchObject({ epoch: 1, id: "a-1" });
			expect(a.calls()).toEqual(["read", "bids:1 holder:1", "bids:1 holder:1"]);
		}),
	);

	it(
		"keeps its id when it has to bid for another epoch",
		onBench(async (bench) => {
			const b = bench.worker("b", { faults: ["run", { fate: "run", requestMs: 10 }] });
			const won = b.leases.acquire("s");
			await bench.wait(5);
			await (await bench.worker("a").leases.acquire("s")).release();
			expect((await won).id).toBe("b-1");
			expect((await bench.record())["holder:2"]).toMatchObject({ id: "b-1" });
		}),
	);

	it(
		"reports an unknown outcome when no bid is answered, and its ghost delays the session by a TTL at most",
		onBench(async (bench) => {
			const a = bench.worker("a", {
				faults: ({ type }) => ({ fate: type === "read" ? "run" : "lost reply" }),
			});
			expect(await errorOf(a.leases.acquire("s"))).toMatchObject({
				code: "outcome_unknown",
				transient: true,
			});
			expect(bench.time.clock.monotonicMs()).toBe(TTL_MS * 0.9);
			const { leases } = bench.worker("b");
			await bench.wait(TTL_MS * 0.1 + SKEW_MS + 1);
			expect(await leases.acquire("s")).toMatchObject({ epoch: 2 });
		}),
	);

	it(
		"is in doubt, never granted, when its seal is not answered",
		onBench(async (bench) => {
			const dead = bench.worker("dead");
			await dead.leases.acquire("s");
			dead.process.crash();
			await bench.wait(TTL_MS + SKEW_MS + 1);
			const a = bench.worker("a", { faults: ({ count }) => ({ fate: count <= 2 ? "run" : "delayed" }) });
			const error = await errorOf(a.leases.acquire("s"));
			expect(error).toMatchObject({ code: "outcome_unknown", transient: true });
			expect((error as Error).message).toMatch(/could not be sealed\. Nothing ran/);
		}),
	);

	it(
		"sends a request again that is answered with an error, and again after a silence",
		onBench(async (bench) => {
			const a = bench.worker("a", {
				faults: [
					{ fate: "delayed", unanswered: "error" },
					"delayed",
					"run",
					{ fate: "delayed", unanswered: "error" },
				],
			});
			const lease = await a.leases.acquire("s");
			expect(lease.epoch).toBe(1);
			expect(a.calls()).toEqual(["read", "read", "read", "bids:1 holder:1", "bids:1 holder:1"]);
			await lease.release();
		}),
	);
});
