// The explorer itself with something taken out: what is trusted to find mistakes has to show its own.
import type { ExploreOptions } from "../../src/explore/explore.ts";
import type { Mutant } from "./mutant.ts";

export interface ExplorerMutant extends Pick<Mutant, "name" | "breaks" | "patches" | "scenario"> {
	/**
	 * How it is noticed.
	 * - `ends`: some states in which the scenario can end are never reached.
	 * - `vacuous`: the report says what never happened.
	 * - `violated`: a scenario that holds is said to be broken.
	 * - `missed`: the specimen is no longer found.
	 */
	readonly notice: "ends" | "vacuous" | "violated" | "missed";
	/** Which one, for `missed`: its patches are made too. */
	readonly specimen?: string;
	/** @default every schedule */
	readonly options?: ExploreOptions;
}

const leftOut = "is left out of what tells states apart.";

export const explorerMutants: readonly ExplorerMutant[] = [
	{
		name: "clock-left-out",
		breaks: `What a process reads on the clock ${leftOut}`,
		patches: [{ file: "explore/process.ts", from: "		this.history.add(nowMs);\n", to: "" }],
		scenario: "small, expiry",
		notice: "ends",
	},
	{
		name: "answers-left-out",
		breaks: `What a process is answered ${leftOut}`,
		patches: [
			{
				file: "explore/process.ts",
				from: "this.history.add(call.answerText(outcome.answer));",
				to: 'this.history.add("an answer");',
			},
		],
		scenario: "small, twice",
		notice: "ends",
	},
	{
		name: "records-left-out",
		breaks: `What the processes share ${leftOut}`,
		patches: [
			{
				file: "explore/live-world.ts",
				from: "...this.#resources.map((resource) => resource.key()),",
				to: "",
			},
		],
		scenario: "small, delay",
		notice: "ends",
	},
	{
		name: "time-and-budgets-left-out",
		breaks: `The time, and how much may still go wrong, ${leftOut.replace("is", "are")}`,
		patches: [
			{
				file: "explore/live-world.ts",
				from: "			this.time.nowMs,\n			this.faults.key(),\n",
				to: "",
			},
		],
		scenario: "small, expiry",
		notice: "ends",
	},
	{
		name: "requests-under-way-left-out",
		breaks: `A request that is still under way ${leftOut}`,
		patches: [{ file: "explore/live-world.ts", from: "			this.network.key(),\n", to: "" }],
		scenario: "small, twice",
		notice: "ends",
	},
	{
		name: "nothing-lands-late",
		breaks: "A request that nobody waits for never lands.",
		patches: [
			{
				file: "explore/choices.ts",
				from: "of world.network.stragglers) {",
				to: "of world.network.stragglers.slice(0, 0)) {",
			},
		],
		scenario: "small, delay",
		notice: "ends",
	},
	{
		name: "requests-die-with-their-process",
		breaks: "What a process had sent when it died never lands.",
		patches: [
			{
				file: "explore/lives.ts",
				from: "for (const call of process.calls) this.#world.network.strand(call);",
				to: "",
			},
		],
		scenario: "a writer and two readers",
		notice: "missed",
		specimen: "no-seal",
	},
	{
		name: "twice-is-once",
		breaks: "A request that is applied twice is applied once.",
		patches: [
			{
				file: "explore/fault-choices.ts",
				from: "			network.strand(call);\n			network.carryOut(process, call);",
				to: "			network.carryOut(process, call);",
			},
		],
		scenario: "small, twice",
		notice: "ends",
	},
	{
		name: "nobody-crashes",
		breaks: "A crash is allowed, and never a choice.",
		patches: [
			{
				file: "explore/fault-choices.ts",
				from: "{ lives }: LiveWorld, process: WorldProcess): void {\n",
				to: "{ lives }: LiveWorld, process: WorldProcess): void {\n\tif (lives) return;\n",
			},
			{
				file: "explore/fault-choices.ts",
				from: "	if (!call.readsOnly) {\n",
				to: "	if (network) return;\n	if (!call.readsOnly) {\n",
			},
		],
		scenario: "small, crash",
		notice: "vacuous",
	},
	{
		name: "time-stands-still",
		breaks: "The clocks jump by nothing.",
		patches: [
			{
				file: "explore/fault-choices.ts",
				from: "	const perform = () => {\n		world.time.nowMs += world.expiryMs;",
				to: "	const perform = () => {\n		world.time.nowMs += 0;",
			},
		],
		scenario: "no reply in time",
		options: { schedulesMax: 300, mode: "pct" },
		notice: "vacuous",
	},
	{
		name: "no-message-comes-again",
		breaks: "A queue does not deliver again what a process that died was working on.",
		patches: [
			{
				file: "explore/queue.ts",
				from: "			this.delivering.delete(message);\n			this.waiting.push(message);",
				to: "			this.delivering.delete(message);",
			},
		],
		scenario: "news, a crash",
		options: { schedulesMax: 300, mode: "pct" },
		notice: "violated",
	},
	{
		name: "preemptions-not-counted",
		breaks: "A bound on preemptions counts none.",
		patches: [
			{
				file: "explore/exhaustive.ts",
				from: "last.preemptionsLeft - (last.preempts[last.allowed[last.taken] as number] ? 1 : 0)",
				to: "last.preemptionsLeft",
			},
		],
		// It takes two.
		scenario: "counter lease, two batches",
		options: { preemptionsMax: 1 },
		notice: "violated",
	},
];
