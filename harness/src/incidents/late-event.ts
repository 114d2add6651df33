// A late event that revives a finished execution, and a late end that replaces the one that was told.
import type { FaultBudgets } from "../explore/faults.ts";
import { never, type Property } from "../explore/properties.ts";
import type { Process, Scenario } from "../explore/scenario.ts";
import type { Execution } from "../recipes/execution.ts";
import {
	finalExecution,
	GIVES_UP,
	isEnd,
	type Post,
	type Posts,
	pollIn,
	postsText,
	publishes,
} from "./executions.ts";
import type { Incident, IncidentCase } from "./incident.ts";
import { serveAll } from "./miniature.ts";

const event = (status: string): Post => ({ to: "events", status });
const write = (status: string): Post => ({ to: "status", status });

const REVIVED = "runs again";
const FLIPPED = "its end is another one";

/**
 * As it was: the row is read, changed and written, and then the change is published. As it was mended first: a row that
 * has ended takes no status that is none of an end.
 */
function unguarded(
	sent: Posts,
	property: Property,
	{ refusesRevival }: { readonly refusesRevival: boolean },
): Scenario {
	return {
		name: `late-event: ${refusesRevival ? "as it was mended first" : "as it was"}, ${postsText(sent)}`,
		properties: [property],
		setup(world) {
			const row = world.value<Execution>({ status: "queued" });
			const posts = world.queue("posts");
			const store = (status: string) => {
				const before = row.get();
				row.set({ status });
				if (isEnd(before) && before.status !== status) world.note(isEnd({ status }) ? FLIPPED : REVIVED);
			};
			// An SDK posts without waiting: what arrives first is not what happened first.
			const fire = (process: Process) => {
				for (const post of sent.posts) process.task(() => posts.send(process, post));
			};
			world.process("sdk", fire, { crashes: false });
			serveAll(world, posts, sent, async (process, message) => {
				const { status } = message as Post;
				const found = await process.call("reads the row", () => row.get(), { readsOnly: true });
				if (refusesRevival && isEnd(found) && !isEnd({ status })) return;
				await process.call(`stores ${status}`, () => store(status));
				if (!isEnd({ status })) return;
				await process.call(`publishes ${status}`, () => world.note(publishes(status)));
			});
			pollIn(world, (process) => process.call("polls", () => row.get(), { readsOnly: true }));
		},
	};
}

const revives: Property = never("a finished execution runs again", ({ count }) => count(REVIVED) > 0);

const pollsForNothing: Property = never(
	"a caller polls until it gives up, and the execution has failed",
	({ count }) => count(publishes("failed")) > 0 && count(GIVES_UP) > 0,
);

const flips: Property = never("its end becomes another one", ({ count }) => count(FLIPPED) > 0);

const publishedAgain: Property = never(
	"its end is published twice, and then another one",
	({ count }) => count(publishes("succeeded")) > 1 && count(publishes("failed")) > 0 && count(FLIPPED) > 0,
);

const LATE: Posts = { posts: [event("running"), event("failed")], workers: 2 };
const CALLS: Posts = { posts: [event("running"), event("running"), event("failed")], workers: 3 };
const ENDS: Posts = { posts: [write("succeeded"), event("failed")], workers: 2 };
const CALLBACKS: Posts = { posts: [write("succeeded"), write("succeeded"), write("failed")], workers: 3 };
const FAILURE: Posts = { posts: [event("failed")], workers: 2 };
const BOTH: FaultBudgets = { crash: 1, redelivery: 1 };
const polled = (sent: Posts): Posts => ({ ...sent, polled: true });

const revival: IncidentCase = {
	title: "`running` arrives after `failed`",
	broken: { scenario: unguarded(LATE, revives, { refusesRevival: false }), breaks: revives.sentence },
	reported: {
		scenario: unguarded(CALLS, pollsForNothing, { refusesRevival: false }),
		breaks: pollsForNothing.sentence,
	},
	piece:
		"`noteStatus` is the quiet face, for events that nobody waits for: what comes after an end is acknowledged, and " +
		"changes nothing. `readExecution` is for callers that poll: an end that it answers is final.",
	held: [
		{ scenario: finalExecution(polled(LATE), {}), extent: "all" },
		{ scenario: finalExecution(polled(FAILURE), { crash: 1 }), extent: "all" },
		{ scenario: finalExecution(LATE, { crash: 1 }), extent: "all" },
		{ scenario: finalExecution(LATE, { redelivery: 1 }), extent: "all" },
		{ scenario: finalExecution(polled(LATE), { redelivery: 1 }), extent: "all", takesLong: true },
		{ scenario: finalExecution(polled(LATE), { crash: 1 }), extent: { preemptionsMax: 2 }, takesLong: true },
		{ scenario: finalExecution(LATE, BOTH), extent: { preemptionsMax: 2 }, takesLong: true },
		{ scenario: finalExecution(CALLS, { crash: 1 }), extent: { preemptionsMax: 2 }, takesLong: true },
		{ scenario: finalExecution(CALLS, { redelivery: 1 }), extent: { preemptionsMax: 2 }, takesLong: true },
		{ scenario: finalExecution(polled(CALLS), BOTH), extent: { drawn: 10_000 }, takesLong: true },
	],
};

const flip: IncidentCase = {
	title: "a late `failed` replaces `succeeded`, and a repeated `succeeded` is published again",
	broken: { scenario: unguarded(ENDS, flips, { refusesRevival: true }), breaks: flips.sentence },
	reported: {
		scenario: unguarded(CALLBACKS, publishedAgain, { refusesRevival: true }),
		breaks: publishedAgain.sentence,
	},
	piece:
		"`writeStatus` is the strict face: another end is refused (`status_final`), the same one is accepted and changes " +
		"nothing. What is to follow from an end goes into `events`: it leaves with the one write that ended the execution.",
	held: [
		{ scenario: finalExecution(polled(ENDS), {}), extent: "all" },
		{ scenario: finalExecution(ENDS, { crash: 1 }), extent: "all" },
		{ scenario: finalExecution(ENDS, { redelivery: 1 }), extent: "all" },
		{ scenario: finalExecution(ENDS, BOTH), extent: { preemptionsMax: 2 }, takesLong: true },
		{ scenario: finalExecution(CALLBACKS, { crash: 1 }), extent: { preemptionsMax: 2 }, takesLong: true },
		{
			scenario: finalExecution(CALLBACKS, { redelivery: 1 }),
			extent: { preemptionsMax: 2 },
			takesLong: true,
		},
		{ scenario: finalExecution(polled(CALLBACKS), BOTH), extent: { drawn: 10_000 }, takesLong: true },
	],
};

export const lateEvent: Incident = {
	name: "late-event",
	title: "A late event revives a finished execution",
	happened:
		"An SDK told of the start, the end and the error of an execution by events that it posted without waiting. The " +
		"handler read the row, set the status and wrote it: a `running` that arrived after `failed` replaced it. Callers " +
		"that polled the row never saw an end and hung until their own timeout, and the workflow looked stuck for hours. " +
		"The first mend refused only what is no end: a late `failed` still replaced `succeeded`, and a callback that was " +
		"repeated, since its answer was lost, wrote the row and published `execution_completed` once more.",
	sources: [
		"https://github.com/Agent-Field/agentfield/pull/528",
		"https://github.com/Agent-Field/agentfield/pull/951",
	],
	cases: [revival, flip],
};
