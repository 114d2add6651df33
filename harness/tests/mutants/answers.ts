// What an answer says, and what it does not.
import type { Mutant } from "./mutant.ts";

export const answers: readonly Mutant[] = [
	{
		name: "release-without-looking",
		breaks: "A release does not look whether its answer shows another holder.",
		patches: [
			{
				file: "lease/holder.ts",
				from: "if (head?.epoch !== epoch || head.holder.id !== id) {",
				to: "if (!batch.done && (head?.epoch !== epoch || head.holder.id !== id)) {",
			},
			{ file: "lease/holder.ts", from: "return bouncesOn(head);", to: "return head ? bouncesOn(head) : 0;" },
		],
		scenario: "two contenders, two transitions each",
		options: { mode: "pct", schedulesMax: 500 },
		finds: "a lease is fenced",
	},
	{
		name: "epoch-read-again",
		breaks: "A write goes under the epoch and id that the record has now, not under those it was granted.",
		patches: [
			{
				file: "lease/holder.ts",
				from: "		const { store, sessionId, epoch, id } = this.#context;\n		const ops = this.#opsOf(batch);",
				to: `		const { store, sessionId } = this.#context;
		const now = headOf(parseRecord(sessionId, await store.read(sessionId)));
		const { epoch, holder: { id } } = now;
		Object.assign(this.#context, { epoch, id });
		const ops = this.#opsOf(batch);`,
			},
		],
		scenario: "an operator breaks the lease, and another comes",
		options: { schedulesMax: 300 },
		finds: "a lease is fenced",
	},
	{
		name: "hint-trusted",
		breaks: "A bid made on a hint counts as won without a look at the head that its answer shows.",
		patches: [
			{
				file: "lease/acquire.ts",
				from: "if (newHead?.epoch === bid.epoch && newHead.holder.id === id) {",
				to: `const mine = bid.fields[holderField(bid.epoch)];
		if ((hint !== undefined || newHead?.epoch === bid.epoch) && mine.id === id) {`,
			},
		],
		scenario: "hints",
		options: { schedulesMax: 300 },
		finds: "a lease is fenced",
	},
	{
		name: "mark-without-looking",
		breaks: "Whoever leaves its mark counts as turned away, whatever the answer to the mark shows.",
		patches: [
			{
				file: "lease/acquire.ts",
				from: "if (now?.epoch === head.epoch && held(context, now)) throw turnedAway(context, now);",
				to: "if (now) throw turnedAway(context, head);",
			},
		],
		scenario: "news",
		options: { mode: "pct", schedulesMax: 500 },
		finds: "the session has ended",
	},
	{
		name: "unknown-for-failed",
		breaks: "A write without an answer counts as one that did not happen.",
		patches: [
			{
				file: "lease/holder.ts",
				from: 'if (writes) this.#lastWrite = "unknown";',
				to: 'if (writes) this.#lastWrite = "none";',
			},
		],
		scenario: "no reply in time",
		options: { schedulesMax: 300 },
		finds: "the last value stands",
	},
	{
		name: "void-though-sent-twice",
		breaks: "A write is said to be void although an earlier copy of it may have counted.",
		patches: [
			{
				file: "lease/holder.ts",
				from: "writes && superseded && answer.sends === 1",
				to: "writes && superseded",
			},
		],
		scenario: "an operator breaks the lease",
		options: { schedulesMax: 300 },
		finds: "the last value stands",
	},
	{
		name: "void-before-the-seal",
		breaks: "A write is said to be void before its successor has sealed.",
		patches: [{ file: "lease/holder.ts", from: "writes && superseded && answer", to: "writes && answer" }],
		scenario: "a taker that is late with its seal",
		options: { schedulesMax: 1_000, preemptionsMax: 1 },
		finds: "the last value stands",
	},
	{
		name: "forgetting-unnoticed",
		breaks: "A holder does not look whether the store still has what it had acknowledged.",
		patches: [
			{
				file: "lease/holder.ts",
				from: "this.#acknowledged.has(field) && answer.fields[field] !== value",
				to: "false && answer.fields[field] !== value",
			},
		],
		scenario: "a store that forgets",
		options: { mode: "random", schedulesMax: 200 },
		finds: "what was said to be saved is there",
	},
	{
		name: "loss-without-signal",
		breaks: "A write that finds the lease lost does not abort its signal.",
		patches: [
			{
				file: "lease/lease.ts",
				from: "if (error instanceof LeaseLostError) this.#lifetime.lose(error);",
				to: "",
			},
		],
		scenario: "an operator breaks the lease of a stubborn holder",
		options: { schedulesMax: 300 },
		finds: "a holder works on after a rival was granted",
	},
];
