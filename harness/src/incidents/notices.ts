// A batch of notices that is replayed for one channel, and posted again to all the others.
import type { HeldScenario, Incident } from "./incident.ts";
import {
	BOTH,
	CREATED,
	ENDS,
	FIVE,
	FIVE_ENDS,
	pagedOnce,
	pagedTwice,
	posted,
	refusedAgain,
	refusedOnce,
	replayed,
	TWO,
} from "./notice-scenarios.ts";

const SMALL: readonly HeldScenario[] = [
	{ scenario: posted({ events: TWO, limited: "slack", faults: { redelivery: 1 } }), extent: "all" },
	{ scenario: posted({ events: TWO, limited: "github", faults: { crash: 1 } }), extent: "all" },
	{
		scenario: posted({ events: TWO, limited: "github", faults: { redelivery: 1 } }),
		extent: { preemptionsMax: 2 },
	},
	{
		scenario: posted({ events: TWO, limited: "slack", faults: { crash: 1 }, countByKey: true }),
		extent: "all",
	},
];

const LARGE: readonly Pick<HeldScenario, "scenario" | "extent">[] = [
	{ scenario: posted({ events: TWO, limited: "slack", faults: { crash: 1 } }), extent: "all" },
	{
		scenario: posted({ events: TWO, limited: "github", faults: { crash: 1 }, countByKey: true }),
		extent: "all",
	},
	{ scenario: posted({ events: [CREATED], limited: "github", faults: { redelivery: 1 } }), extent: "all" },
	{ scenario: posted({ events: TWO, limited: "slack", faults: BOTH }), extent: { drawn: 10_000 } },
	{
		scenario: posted({ events: TWO, limited: "slack", faults: BOTH, countByKey: true }),
		extent: { drawn: 10_000 },
	},
	{ scenario: posted({ events: TWO, limited: "github", faults: BOTH }), extent: { drawn: 10_000 } },
	{
		scenario: posted({ events: FIVE, limited: "github", faults: { crash: 1 } }),
		extent: { preemptionsMax: 2 },
	},
	{
		scenario: posted({ events: FIVE, limited: "github", faults: { redelivery: 1 } }),
		extent: { preemptionsMax: 2 },
	},
	{ scenario: posted({ events: FIVE, limited: "github", faults: BOTH }), extent: { drawn: 10_000 } },
];

export const notices: Incident = {
	name: "notices",
	title: "A batch of notices is replayed for one channel, and the others post again",
	happened:
		"A function read a stream of task events, 100 records at a time, and posted each of them to several channels. A " +
		"channel that failed put the record into `batchItemFailures`, and each replay, 3 at most, posted it to all " +
		"channels again. A task that the reconciler found stranded got two events, `task_stranded` and `task_failed`, " +
		"both of which page. And a refusal for good was recognised by `instanceof SlackApiError`: one of a second copy of " +
		"that class, as a bundler may leave it, would have been retried for as long as the stream brings it back.",
	sources: [
		"https://github.com/aws-samples/sample-autonomous-cloud-coding-agents/pull/79",
		"https://github.com/aws-samples/sample-autonomous-cloud-coding-agents/issues/64",
	],
	cases: [
		{
			title: "a record that one channel rejects is replayed for all of them",
			broken: { scenario: replayed(TWO, { limits: 1, times: 2 }), breaks: "GitHub shows one event 2 times" },
			reported: {
				scenario: replayed(FIVE, { limits: 4, times: 4 }),
				breaks: "GitHub shows one event 4 times",
			},
			piece:
				"`postOnce` posts under the lease of a slot for this task, channel and class of event, and gives the claim " +
				"back if the post fails; `runBatch` reports what may be tried again and nothing else. Where a worker dies " +
				"while it posts, the notice is out once at most; once, if the channel counts by the slot's key.",
			held: [...SMALL, ...LARGE.map((entry) => ({ ...entry, takesLong: true }))],
		},
		{
			title: "the two events of one end both page",
			broken: { scenario: pagedTwice(ENDS, "one end pages twice"), breaks: "one end pages twice" },
			reported: {
				scenario: pagedTwice(FIVE_ENDS, "each of 5 ends pages twice"),
				breaks: "each of 5 ends pages twice",
			},
			piece: "`noticeSlot` gives the `terminalEvents` of a task one slot in each channel.",
			held: [
				{ scenario: pagedOnce({ redelivery: 1 }), extent: "all" },
				{ scenario: pagedOnce({ crash: 1 }), extent: "all", takesLong: true },
				{ scenario: pagedOnce(BOTH), extent: { drawn: 10_000 }, takesLong: true },
			],
		},
		{
			title: "a refusal for good is not recognised, since its class is loaded twice",
			broken: { scenario: refusedAgain([CREATED], 2), breaks: "Slack refuses one event 2 times" },
			reported: { scenario: refusedAgain(FIVE, 4), breaks: "Slack refuses one event 4 times" },
			piece:
				"`classifyError` goes by an error's code and by its names, never by `instanceof`; `runBatch` asks it, and hands " +
				"what is terminal to whoever puts it aside.",
			held: [
				{ scenario: refusedOnce({ crash: 1 }), extent: "all" },
				{ scenario: refusedOnce({ redelivery: 1 }), extent: "all" },
				{ scenario: refusedOnce(BOTH), extent: { drawn: 10_000 }, takesLong: true },
			],
		},
	],
};
