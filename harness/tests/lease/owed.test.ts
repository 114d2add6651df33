// Whether a session is owed a wake, and how that survives those who owed it.
import { describe, expect, it } from "vitest";
import { type Fields, withSessionLease } from "../../src/index.ts";
import { parseRecord } from "../../src/lease/record.ts";
import { isOwed } from "../../src/lease/standing.ts";
import { type Bench, errorOf, onBench, SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

const holder = (id: string) => ({ id, owner: id, until: 1_000 });

describe("a record is owed a wake", () => {
	const table: readonly [promise: string, fields: Fields, owed: boolean][] = [
		["not if nobody ever came", {}, false],
		[
			"not if its only holder has said nothing and nobody was turned away",
			{ "bids:1": 1, "holder:1": holder("a") },
			false,
		],
		[
			"if somebody was turned away by a holder who has said nothing",
			{ "bids:1": 2, "holder:1": holder("a") },
			true,
		],
		["as its last holder said: yes", { "bids:1": 1, "holder:1": holder("a"), "owed:1.a.1": true }, true],
		["as its last holder said: no", { "bids:1": 1, "holder:1": holder("a"), "owed:1.a.1": false }, false],
		[
			"as its last holder said last",
			{ "bids:1": 1, "holder:1": holder("a"), "owed:1.a.10": false, "owed:1.a.9": true },
			false,
		],
		[
			"if somebody was turned away, whatever the holder said in that epoch",
			{ "bids:1": 2, "holder:1": holder("a"), "owed:1.a.1": false },
			true,
		],
		[
			"as an earlier epoch said, if the later ones said nothing",
			{ "bids:1": 1, "holder:1": holder("a"), "owed:1.a.1": true, "bids:2": 1, "holder:2": holder("b") },
			true,
		],
		[
			"not if an earlier epoch said no, and nobody was turned away since",
			{ "bids:1": 1, "holder:1": holder("a"), "owed:1.a.1": false, "bids:2": 1, "holder:2": holder("b") },
			false,
		],
		[
			"if somebody was turned away since an epoch that said no",
			{ "bids:1": 1, "holder:1": holder("a"), "owed:1.a.1": false, "bids:2": 2, "holder:2": holder("b") },
			true,
		],
		[
			"not for those who were turned away before a later epoch said no",
			{ "bids:1": 3, "holder:1": holder("a"), "bids:2": 1, "holder:2": holder("b"), "owed:2.b.1": false },
			false,
		],
		[
			"not because of what somebody said who does not hold the epoch",
			{ "bids:1": 1, "holder:1": holder("a"), "owed:1.other.1": true, "owed:1.a.1": false },
			false,
		],
		[
			"if marks are left on an epoch that the store forgot the holder of",
			{ "bids:1": 1, "holder:1": holder("a"), "owed:1.a.1": false, "bids:2": 1 },
			true,
		],
	];
	it.each(table)("%s", (_promise, fields, owed) => {
		expect(isOwed(parseRecord("s", fields))).toBe(owed);
	});
});

async function owedNow(bench: Bench, name: string): Promise<boolean> {
	const lease = await bench.worker(name).leases.acquire(SESSION);
	await lease.abandon();
	return lease.owed;
}

describe("a lease", () => {
	it(
		"owes a wake after a write, unless the writer says otherwise",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			await lease.write(["x"]);
			expect(await bench.inspect()).toMatchObject({ owed: true });
			await lease.write(["y"], { owed: false });
			expect(await bench.inspect()).toMatchObject({ owed: false });
		}),
	);

	it(
		"owes nothing after a release, unless whoever released said so",
		onBench(async (bench) => {
			const { leases } = bench.worker("a");
			await (await leases.acquire(SESSION)).release();
			const second = await leases.acquire(SESSION);
			expect(second.owed).toBe(false);
			await second.release({ owed: true });
			expect((await leases.acquire(SESSION)).owed).toBe(true);
		}),
	);

	it(
		"hears of those who were turned away by an abandoned lease before it",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			await errorOf(bench.worker("b").leases.acquire(SESSION));
			await lease.abandon();
			expect(await owedNow(bench, "c")).toBe(true);
		}),
	);

	it(
		"hears of those who were turned away by a dead holder, and of the wake in its hand",
		onBench(async (bench) => {
			const dead = bench.worker("dead");
			await dead.leases.acquire(SESSION);
			dead.process.crash();
			await bench.wait(TTL_MS + SKEW_MS + 1);
			expect(await owedNow(bench, "b")).toBe(true);
		}),
	);

	it(
		"hears of those who were turned away after the last word of the one before",
		onBench(async (bench) => {
			const lease = await bench.worker("a").leases.acquire(SESSION);
			const late = bench.worker("late", { faults: ["run", { fate: "run", requestMs: 10 }] });
			void late.leases.acquire(SESSION).then((won) => won.release({ owed: true }));
			await bench.wait(5);
			expect(await lease.release()).toBe(0);
			await bench.wait(10);
			expect(await owedNow(bench, "c")).toBe(true);
		}),
	);
});

describe("a worker whose hint was stale", () => {
	it(
		"turned nobody away but itself: the session is owed nothing for that, and no wake follows the other for ever",
		onBench(async (bench) => {
			const woken: string[] = [];
			const wake = async (sessionId: string) => {
				woken.push(sessionId);
			};
			const workers = [bench.worker("a"), bench.worker("b")];
			for (let turn = 0; turn < 6; turn++) {
				const { leases } = workers[turn % 2] as (typeof workers)[number];
				const owed = await withSessionLease(leases, SESSION, async (lease) => lease.owed, { wake });
				expect(owed).toBe(false);
			}
			expect(woken).toEqual([]);
		}),
	);
});
