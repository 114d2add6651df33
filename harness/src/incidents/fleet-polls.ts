// Polls of a command whose backend does not answer, or says done while the task's record never ends.
import type { FaultBudgets } from "../explore/faults.ts";
import { followsOnce } from "../explore/join-properties.ts";
import { watchLeases } from "../explore/lease-properties.ts";
import { type Gather, never, type Property, sometimes } from "../explore/properties.ts";
import type { Queue } from "../explore/queue.ts";
import type { Process, Scenario } from "../explore/scenario.ts";
import {
	comesToItsEnd,
	isReleased,
	outboxIsEmpty,
	terminalIsFinal,
} from "../explore/transition-properties.ts";
import type { OutboxEvent } from "../lease/outbox.ts";
import { type Execution, type ExecutionPorts, writeStatus } from "../recipes/execution.ts";
import { notePoll, type POLL_THRESHOLDS, type PollPorts } from "../recipes/poll-threshold.ts";
import type { Machine } from "../transition/machine.ts";
import { AT_ONCE, leasesOf, notesByKey, type Size, serveAll } from "./miniature.ts";

const WORKERS: Pick<Size, "workers"> = { workers: 2 };
const FAILED = "task_failed";
export const FAILS_TWICE = "task_failed is announced 2 times";

/** As it was: each poll knows how many in a row came before it; whoever reaches the threshold fails the task. */
export function polledAsItWas(threshold: number): Scenario {
	return {
		name: `fleet: polls as they were, ${threshold} in a row, 2 workers, redelivery`,
		faults: { redelivery: 1 },
		properties: [never(FAILS_TWICE, ({ count }) => count(FAILED) > 1)],
		setup(world) {
			const status = world.value("running");
			const queue = world.queue("polls");
			queue.put({ before: 0 });
			const poll = async (process: Process, before: number) => {
				const now = await process.call("reads the task's status", () => status.get(), { readsOnly: true });
				if (now === "failed") return;
				const inARow = before + 1;
				if (inARow < threshold) return queue.send(process, { before: inARow });
				// Refused if it has failed already, which is logged; the announcement does not depend on it.
				await process.call("running -> failed, if it is running", () => status.set("failed"));
				await process.call("announces that the task has failed", () => world.note(FAILED));
			};
			serveAll(world, queue, WORKERS, (process, message) =>
				poll(process, (message as { before: number }).before),
			);
		},
	};
}

const WATCH = "watch";
const TASK = "task";
const REACHED = "threshold_reached";
const CHANGED = "failed by this write";
const POLLED = "polled";
const AGAIN = "a poll that was counted comes again";

const machine: Machine<Execution> = {
	stateOf: ({ status }) => status,
	fail: (execution) => execution,
	waiting: [],
	terminal: ["completed", "failed"],
};

export interface PolledOptions {
	readonly reading: keyof typeof POLL_THRESHOLDS;
	readonly threshold: number;
	readonly faults: FaultBudgets;
}

/** With the piece: polls have numbers, and what follows from the threshold is an event. */
export function polled({ reading, threshold, faults }: PolledOptions): Scenario {
	return {
		name: `fleet: a threshold of ${reading}, ${["2 workers", `${threshold} in a row`, ...Object.keys(faults)].join(", ")}`,
		faults,
		properties: [reachedAfter(threshold), ...polledProperties(faults)],
		setup(world) {
			const queue = world.queue("polls");
			queue.put({ poll: 1 });
			const note = notesByKey(world);
			serveAll(world, queue, WORKERS, (process, message) => {
				const ports = pollPorts(process, { [reading]: threshold }, (key) =>
					process.call("announces that the task has failed", () => note(key, FAILED), { commutes: true }),
				);
				return polls(process, ports, queue, { poll: (message as Poll).poll, reading });
			});
		},
	};
}

interface Poll {
	readonly poll: number;
}

/** Counts the poll, and has the next one follow unless the threshold is reached. */
async function polls(
	process: Process,
	ports: PollPorts,
	queue: Queue,
	{ poll, reading }: Poll & Pick<PolledOptions, "reading">,
): Promise<void> {
	process.note(POLLED, poll);
	const counted = await notePoll(ports, WATCH, { poll, reading, ...AT_ONCE });
	if (counted.poll > poll) process.note(AGAIN);
	if (counted.reached === undefined) await queue.send(process, { poll: poll + 1 });
}

function pollPorts(
	process: Process,
	thresholds: Readonly<Record<string, number>>,
	announce: (key: string) => Promise<void>,
): PollPorts {
	const executions: ExecutionPorts = {
		leases: watchLeases(process, leasesOf(process)),
		send: (taskId, { id }) => announce(`${taskId}/${id}`),
		terminal: machine.terminal,
		nowMs: process.ports.clock.wallMs,
	};
	const failTask = async (_watchId: string, { id, event }: OutboxEvent) => {
		process.note(REACHED, { id, event });
		const events = [{ id: FAILED, event: FAILED }];
		const answer = await writeStatus(executions, TASK, { status: "failed" }, { events, ...AT_ONCE });
		if (answer.changed) process.note(CHANGED);
	};
	return { leases: leasesOf(process), send: failTask, thresholds };
}

/** What was noted under that name, as text, each once. */
function distinctNotes(name: string): Gather<readonly string[]> {
	return {
		from: [],
		next: (texts, event) => {
			if (event.type !== "note" || event.name !== name) return texts;
			const text = JSON.stringify(event.data);
			return texts.includes(text) ? texts : [...texts, text];
		},
	};
}

/** A poll that comes again is no other one. */
function reachedAfter(threshold: number): Property {
	return never<readonly string[]>(
		`the threshold is reached before ${threshold} polls`,
		({ gathered, count }) => count(REACHED) > 0 && gathered.length < threshold,
		{
			gather: distinctNotes(POLLED),
			when: ({ count }) => count(REACHED) > 0,
		},
	);
}

function polledProperties(faults: FaultBudgets): readonly Property[] {
	return [
		never<readonly string[]>("two thresholds are reached", ({ gathered }) => gathered.length > 1, {
			gather: distinctNotes(REACHED),
			when: ({ gathered }) => gathered.length > 0,
		}),
		never("two writes fail the task", ({ count }) => count(CHANGED) > 1),
		followsOnce(FAILED),
		comesToItsEnd(TASK, machine),
		terminalIsFinal(TASK, machine),
		isReleased(TASK),
		isReleased(WATCH),
		outboxIsEmpty(WATCH),
		...(faults.redelivery ? [sometimes(AGAIN, ({ count }) => count(AGAIN) > 0)] : []),
		...(faults.crash ? [sometimes("the threshold is told twice", ({ count }) => count(REACHED) > 1)] : []),
	];
}
