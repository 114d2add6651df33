// A store that says for certain that it did nothing: then nothing is in doubt.
import { describe, expect, it } from "vitest";
import { type AtomicStore, TransientError } from "../../src/index.ts";
import { type Bench, errorOf, onBench, SESSION, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

type Mood = "there" | "away" | "silent";

/** The bench's store as a worker finds it: there, away and saying so, or away without a word. */
function moody(bench: Bench, mood: (call: number) => Mood): AtomicStore {
	let calls = 0;
	const through = async <T>(request: () => Promise<T>): Promise<T> => {
		const now = mood(++calls);
		if (now === "away") throw new TransientError("not there", { code: "store_unavailable" });
		return now === "silent" ? new Promise(() => undefined) : request();
	};
	return {
		update: (key, ops) => through(() => bench.store.update(key, ops)),
		read: (key) => through(() => bench.store.read(key)),
	};
}

describe("a store that is not there", () => {
	it(
		"is asked again, and then the session is acquired as if nothing had been",
		onBench(async (bench) => {
			const { leases } = bench.worker("a", { store: moody(bench, (call) => (call < 4 ? "away" : "there")) });
			expect(await leases.acquire(SESSION)).toMatchObject({ epoch: 1 });
		}),
	);

	it(
		"turns an acquire away by its own code, after a TTL of asking",
		onBench(async (bench) => {
			const { leases } = bench.worker("a", { store: moody(bench, () => "away") });
			expect(await errorOf(leases.acquire(SESSION))).toMatchObject({
				code: "store_unavailable",
				transient: true,
			});
			expect(bench.time.clock.monotonicMs()).toBeGreaterThanOrEqual(TTL_MS * 0.9);
			expect(await bench.record()).toEqual({});
		}),
	);

	it(
		"leaves a write void, when the lease ends before it is back",
		onBench(async (bench) => {
			const { leases } = bench.worker("a", { store: moody(bench, (call) => (call <= 2 ? "there" : "away")) });
			const lease = await leases.acquire(SESSION);
			const error = await errorOf(lease.write(["late"]));
			expect(error).toMatchObject({ code: "lease_lost", lastWrite: "void" });
			await bench.wait(2 * TTL_MS);
			expect(await bench.worker("b").leases.acquire(SESSION)).toMatchObject({ epoch: 2, value: undefined });
		}),
	);

	it(
		"leaves the outcome unknown, if one copy of the request had no answer at all",
		onBench(async (bench) => {
			const mood = (call: number): Mood => (call <= 2 ? "there" : call === 3 ? "silent" : "away");
			const { leases } = bench.worker("a", { store: moody(bench, mood) });
			const lease = await leases.acquire(SESSION);
			const error = await errorOf(lease.release({ value: ["late"] }));
			expect(error).toMatchObject({ code: "lease_lost", lastWrite: "unknown" });
			const other = bench.worker("b", { store: moody(bench, (call) => (call === 2 ? "silent" : "away")) });
			expect(await errorOf(other.leases.acquire("another"))).toMatchObject({ code: "outcome_unknown" });
		}),
	);

	it(
		"leaves the outcome unknown, if one copy of the request failed in another way",
		onBench(async (bench) => {
			const lost = Object.assign(new Error("socket closed"), { code: "TIMEOUT" });
			let calls = 0;
			const away = moody(bench, () => "away");
			const store: AtomicStore = {
				...away,
				read: (key) => (++calls === 1 ? Promise.reject(lost) : away.read(key)),
			};
			const { leases } = bench.worker("a", { store });
			expect(await errorOf(leases.acquire(SESSION))).toMatchObject({ code: "outcome_unknown" });
		}),
	);
});
