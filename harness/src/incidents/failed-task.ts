// A failed task that is announced, and frees a place, once per retry of its step.
import type { FaultBudgets } from "../explore/faults.ts";
import { eventually, never } from "../explore/properties.ts";
import type { Scenario } from "../explore/scenario.ts";
import { announced, type Steps, serveSteps, stepsText } from "./failing-steps.ts";
import type { Incident } from "./incident.ts";
import { itemsOf, SMALL } from "./miniature.ts";
import { inComments, inStream, inStreamThatRefuses, writesStatus } from "./status-with-events.ts";

const ONE: Steps = { items: 1, workers: 2, deliveries: 2 };
/** Comes again by a fault only. */
const SINGLE: Steps = { ...SMALL, deliveries: 1 };
const FEW: Steps = { ...SMALL, deliveries: 2 };
const REPORTED: Steps = { items: 1, workers: 2, deliveries: 6 };
const BOTH: FaultBudgets = { crash: 1, redelivery: 1 };

const freed = (task: string): string => `place freed by ${task}`;
/** Tasks of the same user that run on. */
const OTHERS = 5;

type Unguarded = Pick<Scenario, "name" | "properties" | "faults"> & { readonly onlyTheWinner: boolean };

/** As it was: effects follow from the call. As it was mended first: from a transition that this very call has made. */
function unguarded(steps: Steps, { onlyTheWinner, name, ...own }: Unguarded): Scenario {
	return {
		name: `failed-task: ${name}, ${stepsText(steps, own.faults)}`,
		...own,
		setup(world) {
			const failed = world.value<readonly string[]>([]);
			const running = world.value(steps.items + OTHERS);
			serveSteps(world, steps, async (process, task) => {
				const isWinner = await process.call(`${task}: running -> failed, if it is running`, () => {
					if (failed.get().includes(task)) return false;
					failed.set([...failed.get(), task]);
					return true;
				});
				if (onlyTheWinner && !isWinner) return;
				await process.call(`announces that ${task} has failed`, () => world.note(announced(task)));
				await process.call("counts one running task less, if there are any", () => {
					if (running.get() === 0) return 0;
					world.note(freed(task));
					running.set(running.get() - 1);
					return running.get();
				});
			});
		},
	};
}

const repeats = (times: number): string =>
	`task_failed is announced ${times} times, and frees ${times} places`;

const asItWas = (steps: Steps): Scenario =>
	unguarded(steps, {
		name: "as it was",
		onlyTheWinner: false,
		properties: [
			never(repeats(steps.deliveries), ({ count }) =>
				itemsOf(steps).some((task) =>
					[announced(task), freed(task)].every((note) => count(note) >= steps.deliveries),
				),
			),
		],
	});

const HAPPENS = "a failed task is announced, and frees its place";

const asMendedFirst = (steps: Steps): Scenario =>
	unguarded(steps, {
		name: "as it was mended first",
		onlyTheWinner: true,
		faults: { crash: 1 },
		properties: [
			eventually(HAPPENS, ({ count }) =>
				itemsOf(steps).every((task) => count(announced(task)) > 0 && count(freed(task)) > 0),
			),
		],
	});

export const failedTask: Incident = {
	name: "failed-task",
	title: "A failed task announces itself six times, and frees a place each time",
	happened:
		"A step of a durable workflow failed a task: it wrote the status under a condition, announced `task_failed`, took " +
		"one from the user's count of running tasks, and threw. The runtime tried the step again, 1, 7, 17, 8 and 23 " +
		"seconds later. That the task had failed already was only logged: each attempt announced it again, to streams and " +
		"in comments, and took one from the count, which stood for tasks that still ran. Effects were then left to the " +
		"call that had made the transition, so that none happen if its process dies right after it: whoever tries again " +
		"finds that the task has failed.",
	sources: [
		"https://github.com/aws-samples/sample-autonomous-cloud-coding-agents/issues/55",
		"https://github.com/aws-samples/sample-autonomous-cloud-coding-agents/pull/176",
	],
	cases: [
		{
			title: "each attempt to fail the task does what follows from its failure",
			broken: { scenario: asItWas(ONE), breaks: repeats(ONE.deliveries) },
			reported: { scenario: asItWas(REPORTED), breaks: repeats(REPORTED.deliveries) },
			piece:
				"`writeStatus` commits what follows from an end with the one write that makes it, as `events` under ids; a place " +
				"of the limit is claimed by the task, so that `freeMember` frees it once; `postOnce` tells once where nobody " +
				"counts ids.",
			held: [
				{ scenario: writesStatus(ONE, { redelivery: 1 }, inComments), extent: "all" },
				{ scenario: writesStatus(SINGLE, { redelivery: 1 }, inStream), extent: "all" },
				{ scenario: writesStatus(REPORTED, { redelivery: 1 }, inStream), extent: "all", takesLong: true },
				{ scenario: writesStatus(REPORTED, BOTH, inStream), extent: { drawn: 10_000 }, takesLong: true },
			],
		},
		{
			title: "whoever has made the transition dies before it does what follows",
			broken: { scenario: asMendedFirst(ONE), breaks: HAPPENS },
			reported: { scenario: asMendedFirst(REPORTED), breaks: HAPPENS },
			piece:
				"Whoever takes the lease of a dead process over, as any call of `writeStatus` does, sends the `events` that it " +
				"left behind, under the same ids; one that could not be sent is sent by the next attempt.",
			held: [
				{ scenario: writesStatus(ONE, { crash: 1 }, inStreamThatRefuses), extent: "all" },
				{ scenario: writesStatus(ONE, { crash: 1 }, inComments), extent: "all" },
				{ scenario: writesStatus(FEW, {}, inStreamThatRefuses), extent: "all" },
				{ scenario: writesStatus(REPORTED, { crash: 1 }, inStream), extent: "all" },
				{ scenario: writesStatus(SINGLE, { crash: 1 }, inStream), extent: "all", takesLong: true },
				{ scenario: writesStatus(SINGLE, BOTH, inStream), extent: { preemptionsMax: 1 }, takesLong: true },
				{
					scenario: writesStatus(FEW, BOTH, inStreamThatRefuses),
					extent: { drawn: 10_000 },
					takesLong: true,
				},
			],
		},
	],
};
