// A member of a pool has one task, a task one member, and no claim stays for good.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	createLeases,
	createVirtualTime,
	type Leases,
	memoryStore,
	OutcomeUnknownError,
} from "../../src/index.ts";
import {
	type ClaimAnswer,
	claimMember,
	type DispatchOptions,
	dispatchToMember,
	freeMember,
	type Pool,
	type PoolPorts,
	renewClaim,
} from "../../src/recipes/pool.ts";
import { type Bench, errorOf, onBench, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { virtualPorts } from "../support/virtual-ports.ts";

expectNoUnhandledRejections();

const POOL = "pool";
const CLAIM_MS = 60_000;
const SKEW_MS = 1_000;
const MEMBERS: readonly string[] = ["m1", "m2"];
const REFUSED = Object.assign(new Error("Rate exceeded"), { status: 429 });

const portsOn = (bench: Bench, name = "a"): PoolPorts => ({
	leases: bench.worker(name).leases as Leases<Pool>,
	nowMs: bench.time.clock.wallMs,
	claimMs: CLAIM_MS,
});

const claim = (ports: PoolPorts, taskId: string, members = MEMBERS): Promise<ClaimAnswer> =>
	claimMember(ports, POOL, { taskId, members });

const claimed = (memberId: string, token: number): ClaimAnswer => ({ claimed: true, memberId, token });
const dispatched = (
	ports: PoolPorts,
	taskId: string,
	dispatch: () => Promise<void>,
	own: Partial<DispatchOptions> = {},
) => dispatchToMember(ports, POOL, { taskId, members: MEMBERS, ...own }, dispatch);

describe("claimMember", () => {
	it(
		"gives each task the most wanted member that is idle, with a token higher than all before",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			expect(await claim(ports, "t1")).toEqual(claimed("m1", 1));
			expect(await claim(ports, "t2")).toEqual(claimed("m2", 2));
			await freeMember(ports, POOL, { taskId: "t1" });
			expect(await claim(ports, "t3", ["m2", "m1"])).toEqual(claimed("m1", 3));
		}),
	);

	it(
		"gives tasks that claim at once, on workers of their own, a member each",
		onBench(async (bench) => {
			const tasks = ["t1", "t2", "t3", "t4"];
			const members = ["m1", "m2", "m3"];
			const answers = await Promise.all(tasks.map((task) => claim(portsOn(bench, task), task, members)));
			const got = answers.flatMap((answer) => (answer.claimed ? [answer] : []));
			expect(got.map(({ memberId }) => memberId).sort()).toEqual(members);
			expect(got.map(({ token }) => token).sort()).toEqual([1, 2, 3]);
		}),
	);

	it(
		"gives a task the claim that it has, token and all, whoever asks, and for longer",
		onBench(async (bench) => {
			await claim(portsOn(bench, "a"), "t1");
			await bench.wait(CLAIM_MS - 1);
			const ports = portsOn(bench, "b");
			expect(await claim(ports, "t1", ["m2", "m1"])).toEqual(claimed("m1", 1));
			await bench.wait(CLAIM_MS);
			expect(await claim(ports, "t2", ["m1"])).toMatchObject({ claimed: false });
		}),
	);

	it(
		"gives a task another member if its own is none any more",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			await claim(ports, "t1");
			expect(await claim(ports, "t1", ["m2"])).toEqual(claimed("m2", 2));
			expect(await claim(ports, "t2")).toEqual(claimed("m1", 3));
		}),
	);

	it(
		"says after how long the first claim may end, and gives its member then, not before, under a higher token",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			await claim(ports, "t1");
			await bench.wait(10_000);
			await claim(ports, "t2");
			const retryAfterMs = CLAIM_MS - 10_000 + SKEW_MS + 1;
			expect(await claim(ports, "t3")).toEqual({ claimed: false, retryAfterMs });
			await bench.wait(retryAfterMs - 1);
			expect(await claim(ports, "t3")).toEqual({ claimed: false, retryAfterMs: 1 });
			await bench.wait(1);
			expect(await claim(ports, "t3")).toEqual(claimed("m1", 3));
		}),
	);

	it(
		"bears members and tasks that are named as what every object has",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			const members = ["constructor", "__proto__"];
			expect(await claim(ports, "toString", members)).toEqual(claimed("constructor", 1));
			expect(await claim(ports, "__proto__", members)).toEqual(claimed("__proto__", 2));
			expect(await claim(ports, "t3", members)).toMatchObject({ claimed: false });
			expect(await freeMember(ports, POOL, { taskId: "__proto__" })).toBe(true);
			expect(await claim(ports, "t3", members)).toEqual(claimed("__proto__", 3));
		}),
	);

	it(
		"answers that there is none of no members, and when to ask again",
		onBench(async (bench) => {
			expect(await claim(portsOn(bench), "t1", [])).toEqual({ claimed: false, retryAfterMs: CLAIM_MS });
		}),
	);
});

describe("renewClaim", () => {
	it(
		"keeps a claim for longer, and says when it is not there any more",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			await claim(ports, "t1", ["m1"]);
			await bench.wait(CLAIM_MS);
			expect(await renewClaim(ports, POOL, { taskId: "t1", token: 1 })).toBe(true);
			await bench.wait(CLAIM_MS);
			expect(await claim(ports, "t2", ["m1"])).toEqual({ claimed: false, retryAfterMs: SKEW_MS + 1 });
			await bench.wait(SKEW_MS + 1);
			await claim(ports, "t2", ["m1"]);
			expect(await renewClaim(ports, POOL, { taskId: "t1", token: 1 })).toBe(false);
			expect(await claim(ports, "t1", ["m1"])).toMatchObject({ claimed: false });
		}),
	);

	it(
		"renews no claim of a later attempt",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			await claim(ports, "t1");
			await freeMember(ports, POOL, { taskId: "t1" });
			await claim(ports, "t1");
			expect(await renewClaim(ports, POOL, { taskId: "t1", token: 1 })).toBe(false);
			expect(await renewClaim(ports, POOL, { taskId: "t1", token: 2 })).toBe(true);
		}),
	);
});

describe("freeMember", () => {
	it(
		"frees what the task has, and nobody else's, and may be repeated",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			await claim(ports, "t1");
			await claim(ports, "t2");
			expect(await freeMember(ports, POOL, { taskId: "t1" })).toBe(true);
			expect(await freeMember(ports, POOL, { taskId: "t1" })).toBe(false);
			expect(await claim(ports, "t3")).toEqual(claimed("m1", 3));
			expect(await claim(ports, "t4")).toMatchObject({ claimed: false });
		}),
	);

	it(
		"frees no claim of a later attempt if it is given a token",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			await claim(ports, "t1");
			await freeMember(ports, POOL, { taskId: "t1", token: 1 });
			await claim(ports, "t1");
			expect(await freeMember(ports, POOL, { taskId: "t1", token: 1 })).toBe(false);
			expect(await freeMember(ports, POOL, { taskId: "t1", token: 2 })).toBe(true);
		}),
	);
});

describe("dispatchToMember", () => {
	it(
		"dispatches to the member that it has claimed, and to none if all are busy",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			const told: unknown[] = [];
			const dispatch = async (to: unknown) => void told.push(to);
			const options = { taskId: "t1", members: ["m1"] };
			expect(await dispatchToMember(ports, POOL, options, dispatch)).toEqual(claimed("m1", 1));
			const answer = await dispatchToMember(ports, POOL, { ...options, taskId: "t2" }, dispatch);
			expect(answer).toMatchObject({ claimed: false });
			expect(told).toEqual([{ memberId: "m1", token: 1 }]);
		}),
	);

	it(
		"undoes a dispatch that has failed, and passes its error on",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			expect(await errorOf(dispatched(ports, "t1", () => Promise.reject(REFUSED)))).toBe(REFUSED);
			expect(await claim(ports, "t2")).toEqual(claimed("m1", 2));
		}),
	);

	it.each([
		new OutcomeUnknownError("No answer."),
		Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }),
		new DOMException("Timed out.", "TimeoutError"),
		new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) }),
	])("leaves the claim where nobody knows whether it has failed: %s", (unknown) =>
		onBench(async (bench) => {
			const ports = portsOn(bench);
			expect(await errorOf(dispatched(ports, "t1", () => Promise.reject(unknown)))).toBe(unknown);
			expect(await claim(ports, "t2")).toEqual(claimed("m2", 2));
			expect(await claim(ports, "t1")).toEqual(claimed("m1", 1));
		})(),
	);

	it(
		"leaves the claim that another attempt may have dispatched under, before it or beside it",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			const lost = () => Promise.reject(new OutcomeUnknownError("No answer."));
			await errorOf(dispatched(ports, "t1", lost));
			await errorOf(dispatched(ports, "t1", () => Promise.reject(REFUSED)));
			expect(await claim(ports, "t2")).toEqual(claimed("m2", 2));
			await freeMember(ports, POOL, { taskId: "t1" });
			const beside = async () => {
				await dispatched(portsOn(bench, "b"), "t1", async () => undefined);
				throw REFUSED;
			};
			expect(await errorOf(dispatched(ports, "t1", beside))).toBe(REFUSED);
			expect(await claim(ports, "t3")).toMatchObject({ claimed: false });
		}),
	);

	it(
		"undoes what all attempts at a task have failed to dispatch",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			const fail = () => Promise.reject(REFUSED);
			const beside = async () => {
				await errorOf(dispatched(portsOn(bench, "b"), "t1", fail));
				expect(await claim(ports, "t2", ["m1"])).toMatchObject({ claimed: false });
				throw REFUSED;
			};
			await errorOf(dispatched(ports, "t1", beside));
			expect(await claim(ports, "t2", ["m1"])).toEqual(claimed("m1", 2));
		}),
	);

	it(
		"leaves a claim that is another task's, or a later one's, by the time that it fails",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			const overtaken = async () => {
				await freeMember(ports, POOL, { taskId: "t1" });
				await claim(ports, "t1");
				throw REFUSED;
			};
			await errorOf(dispatched(ports, "t1", overtaken, { members: ["m1"] }));
			expect(await claim(ports, "t2", ["m1"])).toMatchObject({ claimed: false });
		}),
	);

	it(
		"asks its caller whether the command has not started, if it may",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			const asked: unknown[] = [];
			const hasNotStarted = (error: unknown) => asked.push(error) > 1;
			const fail = () => Promise.reject(REFUSED);
			await errorOf(dispatched(ports, "t1", fail, { hasNotStarted }));
			expect(await claim(ports, "t2")).toEqual(claimed("m2", 2));
			await freeMember(ports, POOL, { taskId: "t1" });
			await errorOf(dispatched(ports, "t1", fail, { hasNotStarted }));
			expect(await claim(ports, "t3")).toEqual(claimed("m1", 4));
			expect(asked).toEqual([REFUSED, REFUSED]);
		}),
	);
});

describe("an undo", () => {
	const REASON = new Error("shutdown");

	it(
		"does not end with the signal of its caller, who has given up",
		onBench(async (bench) => {
			const caller = new AbortController();
			const fail = async () => {
				caller.abort(REASON);
				throw REFUSED;
			};
			const ports = portsOn(bench);
			const options = { members: ["m1"], signal: caller.signal };
			expect(await errorOf(dispatched(ports, "t1", fail, options))).toBe(REFUSED);
			expect(await claim(ports, "t2", ["m1"])).toEqual(claimed("m1", 2));
		}),
	);

	it(
		"waits until the lease of a worker that died with the pool can be taken over",
		onBench(async (bench) => {
			const dead = bench.worker("dead");
			const fail = async () => {
				await dead.leases.acquire(POOL);
				dead.process.crash();
				throw REFUSED;
			};
			const ports = portsOn(bench);
			expect(await errorOf(dispatched(ports, "t1", fail, { members: ["m1"] }))).toBe(REFUSED);
			expect(bench.time.clock.monotonicMs()).toBeGreaterThan(TTL_MS);
			expect(await claim(ports, "t2", ["m1"])).toEqual(claimed("m1", 2));
		}),
	);

	it(
		"that cannot be made in 20 s leaves the claim to its deadline, and the dispatch's error stands",
		onBench(async (bench) => {
			const holder = bench.worker("holder").leases;
			const fail = async () => {
				const lease = await holder.acquire(POOL);
				void bench.wait(60_000).then(() => lease.release());
				throw REFUSED;
			};
			expect(await errorOf(dispatched(portsOn(bench), "t1", fail))).toBe(REFUSED);
			expect(bench.time.clock.monotonicMs()).toBe(20_000);
			await bench.wait(60_000);
		}),
	);

	it(
		"is not made if `hasNotStarted` throws, which does not replace the dispatch's error",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			const hasNotStarted = () => {
				throw new TypeError("Cannot read properties of undefined");
			};
			const failed = dispatched(ports, "t1", () => Promise.reject(REFUSED), { hasNotStarted });
			expect(await errorOf(failed)).toBe(REFUSED);
			expect(await claim(ports, "t2", ["m1"])).toMatchObject({ claimed: false });
			expect(await claim(ports, "t1")).toEqual(claimed("m1", 1));
		}),
	);

	it(
		"is made of a dispatch that met another lease, and its error comes as one that no queue drops",
		onBench(async (bench) => {
			const others = bench.worker("other").leases;
			const lease = await others.acquire("task");
			const ports = portsOn(bench);
			const error = await errorOf(dispatched(ports, "t1", async () => void (await others.acquire("task"))));
			expect(error).toMatchObject({ code: "transient", transient: true, cause: { code: "lease_held" } });
			expect(await claim(ports, "t2", ["m1"])).toEqual(claimed("m1", 2));
			await lease.release();
		}),
	);
});

describe("what a pool is given", () => {
	it.each<[string, Readonly<Record<string, unknown>>]>([
		["claimMs", { claimMs: "60000" }],
		["claimMs", { claimMs: 0 }],
		["claimMs", { claimMs: Number.NaN }],
		["claimMs", { claimMs: undefined }],
		["skewMs", { skewMs: -1 }],
		["skewMs", { skewMs: 0.5 }],
		["nowMs()", { nowMs: () => Number.NaN }],
		["nowMs()", { nowMs: () => "now" }],
		["taskId", { taskId: "" }],
		["taskId", { taskId: null }],
		["taskId", { taskId: 7 }],
	])("is refused where %s is as in %o, and nothing is claimed", (name, { taskId = "t1", ...own }) =>
		onBench(async (bench) => {
			const ports = portsOn(bench);
			const error = await errorOf(claim({ ...ports, ...own } as PoolPorts, taskId as string));
			expect(error).toMatchObject({ code: "option_invalid" });
			expect((error as Error).message).toContain(`\`${name}\``);
			expect(await claim(ports, "t2")).toEqual(claimed("m1", 1));
		})(),
	);

	it(
		"is refused by those that renew and free as well",
		onBench(async (bench) => {
			const ports = portsOn(bench);
			await claim(ports, "t1");
			await bench.wait(SKEW_MS + 2);
			const calls = [
				renewClaim({ ...ports, nowMs: () => Number.NaN }, POOL, { taskId: "t1", token: 1 }),
				renewClaim({ ...ports, claimMs: Number.NaN }, POOL, { taskId: "t1", token: 1 }),
				freeMember(ports, POOL, { taskId: "" }),
			];
			for (const call of calls) expect(await errorOf(call)).toMatchObject({ code: "option_invalid" });
			expect(await claim(ports, "t2", ["m1"])).toEqual({ claimed: false, retryAfterMs: CLAIM_MS - 1 });
		}),
	);
});

type Step =
	| { readonly op: "claim"; readonly taskId: string; readonly members: readonly string[] }
	/** Late: with a token that is not the claim's. */
	| { readonly op: "renew" | "free"; readonly taskId: string; readonly late: boolean }
	| { readonly op: "wait"; readonly ms: number };

interface Had {
	readonly memberId: string;
	readonly token: number;
	readonly untilMs: number;
}

/** A pool, and beside it what it ought to hold. */
class ModelledPool {
	readonly seen = {
		claimed: 0,
		kept: 0,
		takenOver: 0,
		busy: 0,
		renewed: 0,
		notRenewed: 0,
		freed: 0,
		notFreed: 0,
	};
	readonly #time = createVirtualTime();
	readonly #ports: PoolPorts = {
		leases: createLeases<Pool>({ store: memoryStore(), owner: "a", ports: virtualPorts(this.#time) }),
		nowMs: this.#time.clock.wallMs,
		claimMs: CLAIM_MS,
	};
	readonly #had = new Map<string, Had>();
	#highest = 0;

	async take(step: Step): Promise<void> {
		if (step.op === "wait") this.#time.jump(step.ms);
		else if (step.op === "claim") await this.#claim(step.taskId, step.members);
		else await this.#end(step.op, step.taskId, step.late);
	}

	async #claim(taskId: string, members: readonly string[]): Promise<void> {
		const own = this.#had.get(taskId);
		const kept = own && members.includes(own.memberId) ? own : undefined;
		const wanted = kept?.memberId ?? members.find((member) => this.#canBeHad(member));
		const answer = await claimMember(this.#ports, POOL, { taskId, members });
		expect(answer.claimed).toBe(wanted !== undefined);
		if (!answer.claimed) {
			expect(answer.retryAfterMs).toBeGreaterThan(0);
			this.seen.busy++;
			return;
		}
		const { memberId, token } = answer;
		expect(memberId).toBe(wanted);
		if (kept) expect(token).toBe(kept.token);
		else expect(token).toBeGreaterThan(this.#highest);
		this.#highest = Math.max(this.#highest, token);
		const before = this.#holderOf(memberId);
		if (before !== undefined && before !== taskId) {
			this.#had.delete(before);
			this.seen.takenOver++;
		}
		this.#had.set(taskId, { memberId, token, untilMs: this.#untilMs() });
		this.seen[kept ? "kept" : "claimed"]++;
	}

	async #end(op: "renew" | "free", taskId: string, late: boolean): Promise<void> {
		const own = this.#had.get(taskId);
		const token = late ? 0 : (own?.token ?? this.#highest);
		const isMeant = own !== undefined && !late;
		const call = op === "renew" ? renewClaim : freeMember;
		expect(await call(this.#ports, POOL, { taskId, token })).toBe(isMeant);
		if (op === "renew") {
			if (isMeant) this.#had.set(taskId, { ...own, untilMs: this.#untilMs() });
			this.seen[isMeant ? "renewed" : "notRenewed"]++;
			return;
		}
		if (isMeant) {
			this.#had.delete(taskId);
			expect(await freeMember(this.#ports, POOL, { taskId, token })).toBe(false);
		}
		this.seen[isMeant ? "freed" : "notFreed"]++;
	}

	#holderOf(memberId: string): string | undefined {
		return [...this.#had].find(([, had]) => had.memberId === memberId)?.[0];
	}

	#canBeHad(memberId: string): boolean {
		const holder = this.#had.get(this.#holderOf(memberId) ?? "");
		return !holder || holder.untilMs + SKEW_MS < this.#time.clock.wallMs();
	}

	#untilMs(): number {
		return this.#time.clock.wallMs() + CLAIM_MS;
	}
}

describe("any pool", () => {
	const taskId = fc.constantFrom("t1", "t2", "t3", "t4");
	const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
		fc.record({ op: fc.constant("claim"), taskId, members: fc.subarray(["m1", "m2", "m3"]) }),
		fc.record({ op: fc.constantFrom("renew", "free"), taskId, late: fc.boolean() }),
		fc.record({ op: fc.constant("wait"), ms: fc.constantFrom(1, 30_000, CLAIM_MS, 61_000) }),
	);

	it("gives no member two tasks and no task two members; tokens grow; what has passed its deadline can be had", async () => {
		const seen = new Map<string, number>();
		await fc.assert(
			fc.asyncProperty(fc.array(arbitraryStep, { minLength: 10, maxLength: 40 }), async (steps) => {
				const pool = new ModelledPool();
				for (const step of steps) await pool.take(step);
				for (const [what, times] of Object.entries(pool.seen)) seen.set(what, (seen.get(what) ?? 0) + times);
			}),
			{ numRuns: 60 },
		);
		for (const [what, times] of seen) expect(times, what).toBeGreaterThan(0);
	});
});
