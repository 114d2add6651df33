// The two examples for people with a `runTransition` of their own, run as they stand.
import { describe, expect, it } from "vitest";
import * as moveValueIn from "../../examples/move-value-in.ts";
import * as wrapRunTransition from "../../examples/wrap-run-transition.ts";
import type { Leases } from "../../src/index.ts";
import { type Bench, errorOf, onBench, SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

interface Count {
	readonly count: number;
}

/** Somebody's own load, handle and save: each run adds one, and takes a while. */
function createOwn(bench: Bench) {
	let running = 0;
	const own = {
		record: { count: 0 } as Count,
		runs: 0,
		runningMost: 0,
		wakes: [] as string[],
		savedBy: [] as number[],
		load: async () => own.record,
		async handle({ count }: Count) {
			own.runs++;
			running++;
			own.runningMost = Math.max(own.runningMost, running);
			await bench.wait(100);
			running--;
			return { count: count + 1 };
		},
		async save(_sessionId: string, record: Count, epoch: number) {
			own.savedBy.push(epoch);
			own.record = record;
		},
		async wake(sessionId: string) {
			own.wakes.push(sessionId);
		},
	};
	return own;
}

type Own = ReturnType<typeof createOwn>;

const steps: readonly [
	name: string,
	run: (leases: Leases<unknown>, own: Own) => Promise<void>,
	read: (bench: Bench, own: Own) => Promise<unknown>,
][] = [
	[
		"wrap-run-transition",
		(leases, own) => wrapRunTransition.runTransition(leases, own, SESSION),
		async (_bench, own) => own.record,
	],
	[
		"move-value-in",
		(leases, own) => moveValueIn.runTransition(leases as Leases<Count>, own, SESSION),
		async (bench) => JSON.parse((await bench.worker("look").leases.inspect(SESSION)).valueText ?? "null"),
	],
];

describe.each(steps)("examples/%s.ts", (_name, run, read) => {
	it(
		"lets one of two wakes through at a time, and wakes the session for the other one",
		onBench(async (bench) => {
			const own = createOwn(bench);
			const [a, b] = ["a", "b"].map((name) => bench.worker(name).leases) as [
				Leases<unknown>,
				Leases<unknown>,
			];
			const first = run(a, own);
			await bench.wait(10);
			expect(await errorOf(run(b, own))).toMatchObject({ code: "lease_held", holder: "a" });
			await first;
			expect(own).toMatchObject({ runs: 1, wakes: [SESSION] });
			await run(b, own);
			// Nobody can tell that the wake which is owed is this very one: it is passed on once more, and then settled.
			expect(own).toMatchObject({ runs: 2, runningMost: 1, wakes: [SESSION, SESSION] });
			expect(await read(bench, own)).toEqual({ count: 2 });
		}),
	);

	it(
		"lets ten workers add one each, if they retry, and loses none",
		onBench(async (bench) => {
			const own = createOwn(bench);
			const addOne = async (index: number) => {
				const { leases } = bench.worker(`w${index}`);
				while (
					await run(leases, own).then(
						() => false,
						() => true,
					)
				)
					await bench.wait(30 + index);
			};
			await Promise.all(Array.from({ length: 10 }, (_, index) => addOne(index)));
			expect(own).toMatchObject({ runs: 10, runningMost: 1 });
			expect(await read(bench, own)).toEqual({ count: 10 });
		}),
	);
});

describe("a save that comes late", () => {
	it(
		"of wrap-run-transition is as unfenced as it was, but carries the lower epoch",
		onBench(async (bench) => {
			const own = createOwn(bench);
			const late = {
				...own,
				async save(...saved: Parameters<Own["save"]>) {
					await bench.wait(40_000);
					await own.save(...saved);
				},
			};
			const a = bench.worker("a");
			void a.process.run(() => wrapRunTransition.runTransition(a.leases, late, SESSION));
			await bench.wait(200);
			a.process.crash();
			await bench.wait(TTL_MS + SKEW_MS + 1);
			await wrapRunTransition.runTransition(bench.worker("b").leases, own, SESSION);
			await bench.wait(40_000);
			expect(own.savedBy).toEqual([2, 1]);
		}),
	);

	it(
		"of move-value-in is void, though its request arrives after that of the next holder",
		onBench(async (bench) => {
			const own = createOwn(bench);
			const a = bench.worker("a", {
				faults: ["run", "run", { fate: "crash before", laterMs: 40_000 }],
			});
			const outcome = a.process.run(() =>
				moveValueIn.runTransition(
					a.leases as Leases<Count>,
					{ ...own, handle: async () => ({ count: 666 }) },
					SESSION,
				),
			);
			expect(await outcome).toEqual({ type: "crashed" });
			await bench.wait(TTL_MS + SKEW_MS + 1);
			await moveValueIn.runTransition(bench.worker("b").leases as Leases<Count>, own, SESSION);
			await bench.wait(40_000);
			expect(Object.values(await bench.record())).toContain('{"count":666}');
			const { valueText } = await bench.worker("look").leases.inspect(SESSION);
			expect(valueText).toBe('{"count":1}');
		}),
	);

	it(
		"of move-value-in by a holder that was only slow is a lost lease, and void",
		onBench(async (bench) => {
			const own = createOwn(bench);
			const slow = {
				...own,
				async handle() {
					await bench.worker("operator").leases.break(SESSION, "stuck");
					await moveValueIn.runTransition(bench.worker("b").leases as Leases<Count>, own, SESSION);
					return { count: 666 };
				},
			};
			const error = await errorOf(
				moveValueIn.runTransition(bench.worker("a").leases as Leases<Count>, slow, SESSION),
			);
			expect(error).toMatchObject({ code: "lease_lost", lastWrite: "void" });
			const { valueText } = await bench.worker("look").leases.inspect(SESSION);
			expect(valueText).toBe('{"count":1}');
		}),
	);
});
