// No wake is lost, although no loser ever retries.
import type { Mutant } from "./mutant.ts";

const AFTER_RELEASE = `		const turnedAway = await this.#lease.release({ ...value, owed, outboxSent: true });
		const again = looksAgain && to === from && turnedAway > 0;
		if (!terminal && !again && (owed || turnedAway > 0)) await wakeFor(this.#ports, this.#lease, to);`;

const ended = "the session has ended";

export const wakes: readonly Mutant[] = [
	{
		name: "wake-before-release",
		breaks: "The next wake goes out before the release, and is turned away by the lease of its own sender.",
		patches: [
			{
				file: "transition/run-serialized.ts",
				from: AFTER_RELEASE,
				to: `		if (owed) await wakeFor(this.#ports, this.#lease, to);
		const turnedAway = await this.#lease.release({ ...value, owed, outboxSent: true });
		const again = looksAgain && to === from && turnedAway > 0;
		if (!terminal && !again && !owed && turnedAway > 0) await wakeFor(this.#ports, this.#lease, to);`,
			},
		],
		scenario: "news",
		options: { mode: "pct", schedulesMax: 300 },
		finds: ended,
	},
	{
		name: "bounce-not-counted",
		breaks: "Whoever is turned away leaves no mark.",
		patches: [
			{
				file: "lease/acquire.ts",
				from: "if (!context.marksBounce()) throw heldError(context, head);",
				to: "throw turnedAway(context, head);",
			},
		],
		scenario: "news from two",
		options: { mode: "pct", schedulesMax: 300 },
		finds: ended,
	},
	{
		name: "baton-not-passed",
		breaks: "A run that finds others turned away neither wakes the session for them nor looks again.",
		patches: [
			{
				file: "transition/run-serialized.ts",
				from: "const again = looksAgain && to === from && turnedAway > 0;",
				to: "const again = false;",
			},
			{
				file: "transition/run-serialized.ts",
				from: "(owed || turnedAway > 0)) await wakeFor",
				to: "owed) await wakeFor",
			},
		],
		scenario: "news from two",
		options: { mode: "pct", schedulesMax: 300 },
		finds: ended,
	},
	{
		name: "baton-not-passed-when-stale",
		breaks: "A stale wake that turned others away passes no baton.",
		patches: [
			{
				file: "transition/baton.ts",
				from: "if (!terminal && (owed || turnedAway > 0)) await wakeFor",
				to: "if (!terminal && turnedAway < 0) await wakeFor",
			},
		],
		scenario: "news beside a stale wake",
		options: { mode: "pct", schedulesMax: 300 },
		finds: ended,
	},
	{
		name: "owed-not-carried",
		breaks: "A stale wake that owes another one does not say so in its release.",
		patches: [
			{
				file: "transition/baton.ts",
				from: "release({ owed, outboxSent: true })",
				to: "release({ outboxSent: true })",
			},
		],
		scenario: "news beside a stale wake, two crashes",
		options: { mode: "pct", schedulesMax: 1_500 },
		finds: ended,
	},
	{
		name: "owed-not-said",
		breaks: "A release does not say that the wake for the next state is still to come.",
		patches: [
			{
				file: "transition/run-serialized.ts",
				from: "release({ ...value, owed, outboxSent: true })",
				to: "release({ ...value, outboxSent: true })",
			},
		],
		scenario: "news, a crash",
		options: { mode: "pct", schedulesMax: 300 },
		finds: ended,
	},
	{
		name: "bounces-not-owed",
		breaks: "Bounces that a record shows are no reason to owe a wake.",
		patches: [
			{
				file: "lease/standing.ts",
				from: "if (bouncesOn(epoch) > (ownMarks.get(epoch.epoch) ?? 0)) return true;",
				to: "",
			},
		],
		scenario: "news beside a stale wake, a crash",
		options: { mode: "pct", schedulesMax: 300 },
		finds: ended,
	},
	{
		name: "no-wake-after-parking",
		breaks: "Parking wakes nobody: news that came before it is not looked at.",
		patches: [
			{
				file: "transition/run-serialized.ts",
				from: "const owed = to !== from && !terminal;",
				to: "const owed = to !== from && !terminal && !machine.waiting.includes(to);",
			},
		],
		scenario: "news",
		options: { mode: "pct", schedulesMax: 300 },
		finds: ended,
	},
	{
		name: "wake-that-failed-forgotten",
		breaks: "A wake that could not be sent counts as sent.",
		patches: [{ file: "lease/wake.ts", from: "throw new TransientError(", to: "void new TransientError(" }],
		scenario: "news beside a stale wake, a queue that is away",
		options: { mode: "random", schedulesMax: 500 },
		finds: ended,
	},
	{
		name: "no-takeover",
		breaks: "A holder that has not released holds for ever.",
		patches: [
			{
				file: "lease/standing.ts",
				from: "!epoch.statement.done && now.wallMs <= deadlineMsOf(epoch) + now.skewMs",
				to: "!epoch.statement.done && deadlineMsOf(epoch) > 0",
			},
		],
		scenario: "news, a crash",
		options: { mode: "pct", schedulesMax: 300 },
		finds: "the world comes to rest",
	},
	{
		name: "calls-not-journalled",
		breaks: "A call that is about to run is not written down before.",
		patches: [
			{
				file: "turn/run-calls.ts",
				from: "if (context.epoch > 0) work.started",
				to: "if (context.epoch < 0) work.started",
			},
		],
		scenario: "one approval",
		options: { schedulesMax: 200 },
		finds: '"ran c1" happens twice',
	},
];
