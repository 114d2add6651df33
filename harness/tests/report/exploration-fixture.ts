// Reports by hand: a split brain of 25 steps with every kind of mark in it, and explorations that hold.
import type { Report } from "../../src/explore/report.ts";
import type { TraceEntry, TraceStep } from "../../src/explore/trace.ts";

type Change = Partial<Pick<TraceStep, "fault" | "answer" | "preempts" | "label" | "to" | "key" | "leaves">>;

/** Writes a trace down, step by step. */
export class Trace {
	readonly entries: TraceEntry[] = [];
	#step = 0;
	#atMs = 0;

	start(actor: string, lane: string = actor): this {
		this.entries.push({ type: "start", step: this.#step, actor, lane, atMs: this.#atMs });
		return this;
	}

	death(actor: string): this {
		this.entries.push({ type: "death", step: this.#step, actor, atMs: this.#atMs });
		return this;
	}

	step(actor: string, title: string, change: Change = {}): this {
		const head = { type: "step", step: ++this.#step, label: actor, actor, title } as const;
		this.entries.push({ ...head, preempts: false, atMs: this.#atMs, ...change });
		return this;
	}

	/** A call to the store, about its record `s`. */
	call(actor: string, title: string, change: Change = {}): this {
		return this.step(actor, title, { to: "store", key: "s", ...change });
	}

	note(actor: string, name: string, data: unknown): this {
		this.entries.push({ type: "note", step: this.#step, actor, name, data, atMs: this.#atMs });
		return this;
	}

	granted(actor: string, epoch: number, takeover = false): this {
		return this.note(actor, "granted", { sessionId: "s", epoch, owner: actor, takeover });
	}

	released(actor: string, epoch: number, turnedAway = 0): this {
		return this.note(actor, "released", { sessionId: "s", epoch, turnedAway });
	}

	passes(delayMs: number): this {
		this.#atMs += delayMs;
		return this;
	}
}

const RELEASED =
	'bids:1:1;done:1.a-1:true;holder:1:{"id":"a-1","owner":"a","until":1700000001000};value:1.a-1.1:"[1]"';
const HELD = `bids:2:1;holder:2:{"id":"b-1","owner":"b","until":1700000001000};value:1.a-1.1:"[1]"`;
const MARKED = HELD.replace("bids:2:1", "bids:2:2");

export const splitBrain: readonly TraceEntry[] = new Trace()
	.start("a")
	.start("b")
	.start("c")
	.step("a", 'gets {"state":"ready"} from wakes', { label: "wakes#1>a" })
	.call("a", "reads s", { answer: "" })
	.call("a", "bids for epoch 1 of s", { answer: "" })
	.granted("a", 1)
	.call("a", "releases epoch 1 of s with [1]", {
		answer: 'bids:1:1;holder:1:{"id":"a-1","owner":"a","until":1700000001000}',
	})
	.released("a", 1)
	.step("b", 'gets {"state":"ready"} from wakes, and it will come once more', {
		label: "wakes#2>b!again",
		fault: "redelivery",
	})
	.call("b", "reads s", { answer: RELEASED })
	.call("b", "bids for epoch 2 of s", { answer: RELEASED })
	.granted("b", 2)
	.call("c", "reads s", { answer: HELD, preempts: true })
	.call("c", "marks that epoch 2 of s turned it away", { answer: HELD })
	.note("c", "turned_away", { sessionId: "s", epoch: 2, owner: "c" })
	.step("a", 'sends {"state":"ready"}', { to: "wakes", answer: "" })
	.step("b", "stands still, and time passes", { label: "b!pause", fault: "pause", preempts: true })
	.passes(2_200)
	.step("c", 'gets {"state":"ready"} from wakes', { label: "wakes#2>c" })
	.call("c", "reads s", { answer: MARKED })
	.call("c", "bids for epoch 3 of s", { answer: MARKED })
	.granted("c", 3, true)
	.call("c", "is delayed: writes [1,3] under epoch 3 of s", { label: "c!late", fault: "delay", leaves: 1 })
	.call("c", "dies before it is applied: writes [1,3] under epoch 3 of s", {
		label: "c!dies",
		fault: "crash",
		leaves: 2,
	})
	.death("c")
	.start("c2", "c")
	.step("b", "wakes up", { label: "b^" })
	.call("b", "loses the reply: releases epoch 2 of s with [1,2]", { label: "b!lost", fault: "lostReply" })
	.step("time", "jumps by 2200 ms", { label: "expiry", fault: "expiry" })
	.passes(2_200)
	.call("c2", "reads s", { answer: MARKED })
	.call("c2", "bids for epoch 4 of s", { answer: MARKED })
	.granted("c2", 4, true)
	.call("network", "lands late: writes [1,3] under epoch 3 of s", { label: "+1" })
	.call("a", "bids for epoch 4 of s", { answer: MARKED, preempts: true })
	.call("a", "updates s: set <script>alert(1)</script>", {
		answer: `${MARKED};x:"</script><img src=http://evil>"`,
	})
	.call("a", "bids for epoch 5 of s", { answer: MARKED })
	.granted("a", 5).entries;

const LIMITS = { faults: { crash: 1, expiry: 1 }, schedulesMax: 500_000, stepsMax: 1_000 };

export const complete: Report = {
	scenario: "two contenders",
	mode: "exhaustive",
	verdict: "held",
	complete: true,
	schedules: 206_300,
	states: 457_827,
	steps: 3_000_000,
	preemptionsCovered: "all",
	limits: LIMITS,
	struck: { crash: 100_000, expiry: 99_000 },
	properties: [
		{ kind: "always", sentence: "a lease is fenced", evaluated: 900_000, reached: 900_000 },
		{ kind: "sometimes", sentence: "someone is turned away", evaluated: 900_000, reached: 70_000 },
	],
	reasons: [],
};

export function violated(trace: readonly TraceEntry[], change: Partial<Report> = {}): Report {
	const steps = trace.filter((entry) => entry.type === "step");
	return {
		...complete,
		verdict: "violated",
		complete: false,
		schedules: 887,
		preemptionsCovered: 0,
		counterexample: {
			violation: {
				kind: "never",
				sentence: "two processes hold the session at once",
				detail: "c2 holds epoch 4, a epoch 5",
			},
			replay: "sl1|two contenders|wakes#1>a a*3 b!pause c*2|k3fX2a",
			preemptions: steps.filter(({ preempts }) => preempts).length,
			faults: steps.flatMap(({ fault }) => fault ?? []),
			steps: steps.length,
			trace,
			foundInSchedule: 887,
		},
		...change,
	};
}
