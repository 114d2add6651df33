// A dispatch under a key starts its session once, and wakes it until it has been woken.
import { describe, expect, it } from "vitest";
import { type Leases, type Machine, runSerialized, type SerializedPorts } from "../../src/index.ts";
import { dispatchOnce } from "../../src/recipes/dispatch-once.ts";
import { type Join, type JoinPorts, openJoin, settleItem } from "../../src/recipes/join.ts";
import { type Bench, errorOf, onBench, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

interface Work {
	readonly state: "dispatched" | "ended";
	readonly by: string;
}

const machine: Machine<Work> = {
	stateOf: ({ state }) => state,
	fail: (work) => ({ ...work, state: "ended" }),
	waiting: [],
	terminal: ["ended"],
};

const KEY = "s";

interface Dispatcher {
	readonly ports: SerializedPorts<Work>;
	readonly wakes: string[];
	dispatch(): Promise<boolean>;
}

function dispatcher(bench: Bench, name: string, wake = async () => {}): Dispatcher {
	const worker = bench.worker(name);
	const wakes: string[] = [];
	const ports: SerializedPorts<Work> = {
		machine,
		leases: worker.leases as Leases<Work>,
		wake: async (sessionId, state) => {
			await wake();
			wakes.push(`${sessionId} ${state}`);
		},
		send: async () => {},
		newId: worker.process.ports.newId,
	};
	return { ports, wakes, dispatch: () => dispatchOnce(ports, KEY, { state: "dispatched", by: name }) };
}

describe("a dispatch under a key", () => {
	it(
		"starts the session with its record and wakes it; one that comes again before it has run only wakes it again",
		onBench(async (bench) => {
			const [a, b] = [dispatcher(bench, "a"), dispatcher(bench, "b")];
			expect(await a.dispatch()).toBe(true);
			expect(a.wakes).toEqual(["s dispatched"]);
			expect(await b.dispatch()).toBe(false);
			expect(b.wakes).toEqual(["s dispatched"]);
			expect(await bench.value()).toEqual({ state: "dispatched", by: "a" });
		}),
	);

	it(
		"starts once where many dispatch at once; who meets the one that starts tries again",
		onBench(async (bench) => {
			const names = ["a", "b", "c", "d", "e"];
			const dispatchers = names.map((name) => dispatcher(bench, name));
			const answers = await Promise.all(
				dispatchers.map(({ dispatch }) => dispatch().catch((error: { code: string }) => error.code)),
			);
			expect(answers.filter((answer) => answer === true)).toHaveLength(1);
			expect(answers.filter((answer) => answer !== true)).toEqual(Array(4).fill("transient"));
			expect(dispatchers.flatMap(({ wakes }) => wakes)).toEqual(["s dispatched"]);
			for (const { dispatch } of dispatchers) expect(await dispatch()).toBe(false);
			expect(await bench.value()).toEqual({ state: "dispatched", by: names[answers.indexOf(true)] });
		}),
	);

	it(
		"sends the wake that is still owed, when it is tried again",
		onBench(async (bench) => {
			const a = dispatcher(bench, "a", () => Promise.reject(new Error("503")));
			expect(await errorOf(a.dispatch())).toMatchObject({ code: "wake_failed", transient: true });
			const b = dispatcher(bench, "b");
			expect(await b.dispatch()).toBe(false);
			expect(b.wakes).toEqual(["s dispatched"]);
		}),
	);

	it(
		"sends the wake of one who died before it had",
		onBench(async (bench) => {
			const a = dispatcher(bench, "a", () => new Promise(() => undefined));
			void a.dispatch();
			await bench.wait(1);
			const b = dispatcher(bench, "b");
			expect(await b.dispatch()).toBe(false);
			expect(b.wakes).toEqual(["s dispatched"]);
		}),
	);

	it(
		"starts what one who died before it could has left unstarted, once its lease has run out",
		onBench(async (bench) => {
			const dead = bench.worker("dead");
			await dead.leases.acquire(KEY);
			dead.process.crash();
			const b = dispatcher(bench, "b");
			const error = await errorOf(b.dispatch());
			expect(error).toMatchObject({ code: "transient", cause: { code: "lease_held" } });
			expect(await bench.value()).toBeUndefined();
			await bench.wait(TTL_MS + SKEW_MS + 1);
			expect(await b.dispatch()).toBe(true);
			expect(b.wakes).toEqual(["s dispatched"]);
		}),
	);

	it(
		"does the work once: a dispatch that comes late wakes nobody, while it runs and when it has ended",
		onBench(async (bench) => {
			const [a, late] = [dispatcher(bench, "a"), dispatcher(bench, "late")];
			await a.dispatch();
			let runs = 0;
			await runSerialized(a.ports, {
				sessionId: KEY,
				state: "dispatched",
				handle: async (work) => {
					runs++;
					expect(await errorOf(late.dispatch())).toMatchObject({ code: "transient" });
					return { ...work, state: "ended" as const };
				},
			});
			expect(await late.dispatch()).toBe(false);
			expect(late.wakes).toEqual([]);
			expect(runs).toBe(1);
			expect(await bench.value()).toEqual({ state: "ended", by: "a" });
		}),
	);

	it(
		"in the `send` of a join keeps the close in its outbox while the work runs; then it starts nothing anew",
		onBench(async (bench) => {
			const a = dispatcher(bench, "a");
			await a.dispatch();
			const join: JoinPorts = {
				leases: bench.worker("join").leases as Leases<Join>,
				send: async () => void (await a.dispatch()),
			};
			await openJoin(join, "join", ["i1"]);
			const settle = () => settleItem(join, "join", "i1", { ok: true });
			const handle = async (work: Work) => {
				for (const _ of ["closes", "comes again"]) {
					expect(await errorOf(settle())).toMatchObject({ code: "send_failed", transient: true });
				}
				return { ...work, state: "ended" as const };
			};
			await runSerialized(a.ports, { sessionId: KEY, state: "dispatched", handle });
			expect(await settle()).toEqual({ left: 0, changed: false });
			expect(await join.leases.inspect("join")).toMatchObject({ state: "free" });
			expect(a.wakes).toEqual(["s dispatched"]);
		}),
	);
});
