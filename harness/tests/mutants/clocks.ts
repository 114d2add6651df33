// Deadlines: who may still work, and who may take over.
import type { Mutant } from "./mutant.ts";

const late = "a holder works on after a rival was granted";

export const clocks: readonly Mutant[] = [
	{
		name: "deadline-from-the-reply",
		breaks: "A holder counts its time from the reply to its bid, not from when it was sent.",
		patches: [
			{
				file: "lease/acquire.ts",
				from: "return { epoch, sentAt, before",
				to: "return { epoch, sentAt: momentOf(ports.clock), before",
			},
		],
		scenario: "a pause",
		options: { schedulesMax: 300 },
		finds: late,
	},
	{
		name: "renewal-from-the-reply",
		breaks: "A holder counts a renewed deadline from the reply, not from when the renewal was sent.",
		patches: [
			{
				file: "lease/lifetime.ts",
				from: "			this.#renewedFrom = sentAt;",
				to: "			this.#renewedFrom = momentOf(clock);",
			},
		],
		scenario: "a long hold",
		options: { schedulesMax: 300 },
		finds: late,
	},
	{
		name: "signal-without-a-clock",
		breaks: "The signal waits for its timer instead of looking at the clock when it is asked for.",
		patches: [
			{
				file: "lease/lifetime.ts",
				from: "		this.#look();\n		return this.#lost.signal;",
				to: "		return this.#lost.signal;",
			},
		],
		scenario: "a pause",
		options: { schedulesMax: 300 },
		finds: late,
	},
	{
		name: "no-skew-allowed",
		breaks: "A rival does not allow for its own clock being ahead.",
		patches: [
			{ file: "lease/standing.ts", from: "deadlineMsOf(epoch) + now.skewMs", to: "deadlineMsOf(epoch)" },
		],
		scenario: "a clock ahead",
		options: { schedulesMax: 300 },
		finds: late,
	},
	{
		name: "abandoned-taken-for-held",
		breaks: "A lease that was abandoned counts as held until the deadline of its bid.",
		patches: [
			{
				file: "lease/standing.ts",
				from: "epoch.statement.until?.value ?? epoch.holder.untilMs",
				to: "epoch.statement.until?.value || epoch.holder.untilMs",
			},
		],
		scenario: "a lease is abandoned",
		options: { schedulesMax: 300 },
		finds: "a lease that was given back turns somebody away",
	},
	{
		name: "released-taken-for-held",
		breaks: "A lease that was released counts as held until its deadline.",
		patches: [{ file: "lease/standing.ts", from: "return !epoch.statement.done && now", to: "return now" }],
		scenario: "hints",
		options: { schedulesMax: 300 },
		finds: "a lease that was given back turns somebody away",
	},
];
