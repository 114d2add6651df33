// A join closes once, when the last of its items has settled, with the outcomes that were told first.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	createLeases,
	createVirtualTime,
	type Leases,
	memoryStore,
	type OutboxEvent,
} from "../../src/index.ts";
import { type ItemOutcome, type Join, type JoinPorts, openJoin, settleItem } from "../../src/recipes/join.ts";
import { type Bench, errorOf, onBench, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { virtualPorts } from "../support/virtual-ports.ts";

expectNoUnhandledRejections();

const JOIN = "join";
const OK: ItemOutcome = { ok: true };
const FAILED: ItemOutcome = { ok: false, detail: "no answer" };

interface Joining {
	readonly ports: JoinPorts;
	readonly sent: OutboxEvent[];
}

function joiningOn(leases: Leases<Join>): Joining {
	const sent: OutboxEvent[] = [];
	return { sent, ports: { leases, send: async (_, event) => void sent.push(event) } };
}

const joining = (bench: Bench, name = "a"): Joining => joiningOn(bench.worker(name).leases as Leases<Join>);

const closedWith = (outcomes: Readonly<Record<string, ItemOutcome>>) => ({
	id: "closed",
	event: { type: "join_closed", joinId: JOIN, outcomes },
});

describe("a join", () => {
	it.each([
		["i1", "i2", "i3"],
		["i3", "i1", "i2"],
	])("closes with the last item, in whatever order they come: %s, %s, %s", (...order) =>
		onBench(async (bench) => {
			const { ports, sent } = joining(bench);
			expect(await openJoin(ports, JOIN, ["i1", "i2", "i3"])).toEqual({ left: 3, changed: true });
			for (const [at, item] of order.entries()) {
				expect(sent).toEqual([]);
				expect(await settleItem(ports, JOIN, item, OK)).toEqual({ left: 2 - at, changed: true });
			}
			expect(sent).toEqual([closedWith({ i1: OK, i2: OK, i3: OK })]);
		})(),
	);

	it(
		"closes once where all items settle at once, on workers of their own",
		onBench(async (bench) => {
			const items = ["i1", "i2", "i3", "i4", "i5"];
			const workers = items.map((item) => ({ item, ...joining(bench, item) }));
			await openJoin(joining(bench).ports, JOIN, items);
			const settled = workers.map(({ item, ports }) => settleItem(ports, JOIN, item, OK, { waitMs: 60_000 }));
			const left = (await Promise.all(settled)).map((answer) => answer.left);
			expect(left.sort()).toEqual([0, 1, 2, 3, 4]);
			expect(workers.flatMap(({ sent }) => sent)).toHaveLength(1);
		}),
	);

	it(
		"keeps an item's first outcome: what comes again, or otherwise, changes nothing, before the close and after it",
		onBench(async (bench) => {
			const { ports, sent } = joining(bench);
			await openJoin(ports, JOIN, ["i1", "i2"]);
			await settleItem(ports, JOIN, "i1", OK);
			expect(await settleItem(ports, JOIN, "i1", FAILED)).toEqual({ left: 1, changed: false });
			await settleItem(ports, JOIN, "i2", FAILED);
			for (const item of ["i1", "i2"]) {
				expect(await settleItem(ports, JOIN, item, OK)).toEqual({ left: 0, changed: false });
			}
			expect(sent).toEqual([closedWith({ i1: OK, i2: FAILED })]);
		}),
	);

	it(
		"closes with failures, their details as they were told",
		onBench(async (bench) => {
			const { ports, sent } = joining(bench);
			await openJoin(ports, JOIN, ["i1"]);
			await settleItem(ports, JOIN, "i1", FAILED);
			expect(sent).toEqual([closedWith({ i1: FAILED })]);
		}),
	);

	it(
		"closes at once without items, and once if it is opened again",
		onBench(async (bench) => {
			const { ports, sent } = joining(bench);
			expect(await openJoin(ports, JOIN, [])).toEqual({ left: 0, changed: true });
			expect(await openJoin(ports, JOIN, [])).toEqual({ left: 0, changed: false });
			expect(sent).toEqual([closedWith({})]);
		}),
	);

	it(
		"may be opened again for the same items, however far it is, and not for others",
		onBench(async (bench) => {
			const { ports, sent } = joining(bench);
			await openJoin(ports, JOIN, ["i1", "i2", "i2"]);
			await settleItem(ports, JOIN, "i1", OK);
			expect(await openJoin(ports, JOIN, ["i2", "i1"])).toEqual({ left: 1, changed: false });
			for (const others of [["i1"], ["i1", "i3"], ["i1", "i2", "i3"], []]) {
				expect(await errorOf(openJoin(ports, JOIN, others))).toMatchObject({ code: "record_exists" });
			}
			await settleItem(ports, JOIN, "i2", OK);
			expect(sent).toEqual([closedWith({ i1: OK, i2: OK })]);
		}),
	);

	it(
		"has an item that comes before it was opened try again",
		onBench(async (bench) => {
			const { ports } = joining(bench);
			const error = await errorOf(settleItem(ports, JOIN, "i1", OK));
			expect(error).toMatchObject({ code: "transient", transient: true });
			await openJoin(ports, JOIN, ["i1"]);
			expect(await settleItem(ports, JOIN, "i1", OK)).toEqual({ left: 0, changed: true });
		}),
	);

	it(
		"refuses an item that is none of its own, for good",
		onBench(async (bench) => {
			const { ports, sent } = joining(bench);
			await openJoin(ports, JOIN, ["i1"]);
			for (const item of ["i2", "toString", "__proto__"]) {
				const error = await errorOf(settleItem(ports, JOIN, item, OK));
				expect(error).toMatchObject({ code: "option_invalid" });
				expect(error).not.toHaveProperty("transient");
			}
			expect(sent).toEqual([]);
		}),
	);

	it.each([undefined, null, {}, { ok: "yes" }, { ok: 1 }, "ok"])(
		"refuses the outcome %j, which would leave the item out, and saves nothing",
		(outcome) =>
			onBench(async (bench) => {
				const { ports, sent } = joining(bench);
				await openJoin(ports, JOIN, ["i1"]);
				const error = await errorOf(settleItem(ports, JOIN, "i1", outcome as unknown as ItemOutcome));
				expect(error).toMatchObject({ code: "option_invalid" });
				expect((error as Error).message).toContain("outcome");
				expect(sent).toEqual([]);
				expect(await settleItem(ports, JOIN, "i1", FAILED)).toEqual({ left: 0, changed: true });
				expect(sent).toEqual([closedWith({ i1: FAILED })]);
			})(),
	);

	it.each([undefined, "i1", { 0: "i1" }, new Set(["i1"]), [""], ["i1", ""], ["i1", 2]])(
		"refuses the items %j, and opens nothing",
		(items) =>
			onBench(async (bench) => {
				const { ports, sent } = joining(bench);
				const error = await errorOf(openJoin(ports, JOIN, items as readonly string[]));
				expect(error).toMatchObject({ code: "option_invalid" });
				expect((error as Error).message).toContain("itemIds");
				expect(sent).toEqual([]);
				expect(await openJoin(ports, JOIN, ["i2"])).toEqual({ left: 1, changed: true });
			})(),
	);

	it(
		"has its close sent by whoever comes next, if whoever closed it died",
		onBench(async (bench) => {
			const dying = bench.worker("dying");
			const leases = dying.leases as Leases<Join>;
			await openJoin({ leases, send: async () => {} }, JOIN, ["i1"]);
			const outcome = await dying.process.run(() => {
				const send = () => {
					dying.process.crash();
					return new Promise<void>(() => undefined);
				};
				return settleItem({ leases, send }, JOIN, "i1", OK);
			});
			expect(outcome.type).toBe("crashed");
			await bench.wait(TTL_MS + SKEW_MS + 1);
			const { ports, sent } = joining(bench);
			expect(await settleItem(ports, JOIN, "i1", FAILED)).toEqual({ left: 0, changed: false });
			expect(sent).toEqual([closedWith({ i1: OK })]);
		}),
	);

	it("closes exactly once for any settles, right after the last first one, with first outcomes", async () => {
		const itemsMax = 4;
		const settle = fc.record({ at: fc.nat(itemsMax - 1), detail: fc.nat(9), ok: fc.boolean() });
		await fc.assert(
			fc.asyncProperty(fc.integer({ min: 1, max: itemsMax }), fc.array(settle), async (size, settles) => {
				const time = createVirtualTime();
				const leases = createLeases<Join>({ store: memoryStore(), ports: virtualPorts(time) });
				const { ports, sent } = joiningOn(leases);
				const items = Array.from({ length: size }, (_, index) => `i${index}`);
				const first: Record<string, ItemOutcome> = {};
				const run = async () => {
					await openJoin(ports, JOIN, items);
					for (const { at, ...outcome } of settles) {
						const item = `i${at % size}`;
						const changed = first[item] === undefined;
						first[item] ??= outcome;
						const left = size - Object.keys(first).length;
						expect(await settleItem(ports, JOIN, item, outcome)).toEqual({ left, changed });
						expect(sent).toEqual(left === 0 ? [closedWith(first)] : []);
					}
				};
				await time.run(run());
			}),
			{ numRuns: 100 },
		);
	});
});
