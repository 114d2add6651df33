// A task that fails by `writeStatus`: what follows from its failure is committed with it, and sent from its outbox.
import type { FaultBudgets } from "../explore/faults.ts";
import { someoneTakesOver } from "../explore/lease-properties.ts";
import { always, eventually, type Property, sometimes } from "../explore/properties.ts";
import type { Process, Scenario, World } from "../explore/scenario.ts";
import { releasedSession, sessionValue } from "../explore/session-record.ts";
import { isReleased, outboxIsEmpty } from "../explore/transition-properties.ts";
import type { Fields } from "../lease/atomic-store.ts";
import type { OutboxEvent } from "../lease/outbox.ts";
import { type Execution, type ExecutionPorts, writeStatus } from "../recipes/execution.ts";
import { noticeSlot, postOnce, type SlotState } from "../recipes/notice-slot.ts";
import { type Claim, freeMember, type Pool, type PoolPorts } from "../recipes/pool.ts";
import { announced, type Steps, serveSteps, stepsText } from "./failing-steps.ts";
import { AT_ONCE, itemsOf, leasesOf, notesByKey } from "./miniature.ts";
import { sentAgainOnlyIfLost, watchSends } from "./sends.ts";

/** How people are told of a failure, and what they may count on. */
export interface Announcing {
	readonly name: string;
	/** What it answers tells them; it may be called again for what it has told. */
	readonly tellsIn: (world: World) => (process: Process, task: string, key: string) => Promise<unknown>;
	readonly properties: (steps: Steps) => readonly Property[];
}

const FOLLOWS: readonly OutboxEvent[] = [
	{ id: "announce", event: "task_failed" },
	{ id: "free", event: "place" },
];

const ENDED = "ended";
const AGAIN = "fails again";
const POOL = "places";
const NEIGHBOUR = "neighbour";
const CLAIM_MS = 3_600_000;
/** Wall clock, after all that is explored. */
const NEVER_MS = 4_000_000_000_000;

export function writesStatus(steps: Steps, faults: FaultBudgets, announcing: Announcing): Scenario {
	const tasks = itemsOf(steps);
	return {
		name: `failed-task: ${announcing.name}, ${stepsText(steps, faults)}`,
		faults,
		properties: [
			...announcing.properties(steps),
			endIsFinal(),
			sentAgainOnlyIfLost(),
			...placeProperties(tasks),
			...[...tasks, POOL].map(isReleased),
			...tasks.map(outboxIsEmpty),
			sometimes("a task is failed again", ({ count }) => count(AGAIN) > 0),
			...(faults.crash ? [someoneTakesOver()] : []),
		],
		setup(world) {
			world.records.set(POOL, releasedSession(claimedBy([...tasks, NEIGHBOUR])));
			for (const task of tasks) world.records.set(task, releasedSession({ status: "running" }));
			const tell = announcing.tellsIn(world);
			serveSteps(world, steps, async (process, task) => {
				const ports = portsOf(process, tell);
				const write = { status: "failed", error: "blocked" };
				const answer = await writeStatus(ports, task, write, { events: FOLLOWS, ...AT_ONCE });
				process.note(ENDED, { task, execution: answer.execution });
				if (!answer.changed) process.note(AGAIN);
			});
		},
	};
}

function portsOf(process: Process, tell: ReturnType<Announcing["tellsIn"]>): ExecutionPorts {
	const nowMs = process.ports.clock.wallMs;
	const pool: PoolPorts = { leases: leasesOf<Pool>(process), nowMs, claimMs: CLAIM_MS };
	return {
		leases: leasesOf<Execution>(process),
		nowMs,
		terminal: ["completed", "failed"],
		send: watchSends(process, async (taskId, { id }) => {
			if (id === "announce") await tell(process, taskId, `${taskId}/${id}`);
			else await freeMember(pool, POOL, { taskId, ...AT_ONCE });
		}),
	};
}

/** Each task has claimed a place when it was started. */
function claimedBy(tasks: readonly string[]): Pool {
	const claims = tasks.map((taskId, at): [string, Claim] => [
		`p${at + 1}`,
		{ taskId, token: at + 1, untilMs: NEVER_MS, attempts: 1 },
	]);
	return { claims: Object.fromEntries(claims), token: tasks.length };
}

function placeProperties(tasks: readonly string[]): Property[] {
	const taken = (fields: (key: string) => Fields): string[] =>
		Object.values(sessionValue<Pool>(POOL, fields)?.claims ?? {}).map(({ taskId }) => taskId);
	return [
		always("a task that runs on keeps its place", ({ fields }) => taken(fields).includes(NEIGHBOUR)),
		always("a place is freed by a task that has failed", ({ fields }) => {
			const free = tasks.filter((task) => !taken(fields).includes(task));
			const early = free.find((task) => sessionValue<Execution>(task, fields)?.status !== "failed");
			return early === undefined || `${early} has none, and has not failed`;
		}),
		eventually("no failed task has a place", ({ fields }) => {
			const left = taken(fields).filter((task) => task !== NEIGHBOUR);
			return left.length === 0 || `${left.join(" and ")} has one`;
		}),
	];
}

interface Ends {
	/** How a task has ended, as it was told first. */
	readonly told: Readonly<Record<string, string>>;
	/** What somebody else was told. */
	readonly other?: string;
}

/** Whoever fails a task is told how it has ended, and all are told the same. */
function endIsFinal(): Property {
	return always<Ends>("how a task has ended is final", ({ gathered: { other } }) => other ?? true, {
		gather: {
			from: { told: {} },
			next: (ends, event) => {
				if (event.type !== "note" || event.name !== ENDED) return ends;
				const { task, execution } = event.data as { readonly task: string; readonly execution: Execution };
				const text = JSON.stringify(execution);
				const { [task]: first = text } = ends.told;
				if (first !== text) return { ...ends, other: `${task} has ended as ${first}, and as ${text}` };
				return { ...ends, told: { ...ends.told, [task]: text } };
			},
		},
		when: ({ count }) => count(ENDED) > 0,
	});
}

const onceEach = (steps: Steps): Property =>
	eventually("each task is announced once", ({ count }) => {
		const wrong = itemsOf(steps)
			.map(announced)
			.find((note) => count(note) !== 1);
		return wrong === undefined || `${wrong}: ${count(wrong)} times`;
	});

/** Counts by session and id of the event. */
export const inStream: Announcing = {
	name: "told in a stream",
	tellsIn: (world) => {
		const note = notesByKey(world);
		return (process, task, key) =>
			process.call(`tells that ${task} has failed`, () => note(key, announced(task)), { commutes: true });
	},
	properties: (steps) => [onceEach(steps)],
};

const REFUSED = "refused";

/** The first task's announcement fails once. */
export const inStreamThatRefuses: Announcing = {
	name: "told in a stream that refuses once",
	tellsIn: (world) => {
		const tell = inStream.tellsIn(world);
		const refused = world.value(false);
		const refuse = () => {
			if (refused.get()) return;
			refused.set(true);
			world.note(REFUSED);
			throw new Error("The stream is not there.");
		};
		return async (process, task, key) => {
			if (task === "i1") await process.call("opens the stream", refuse, { commutes: true });
			await tell(process, task, key);
		};
	},
	properties: (steps) => [
		onceEach(steps),
		sometimes("an announcement fails", ({ count }) => count(REFUSED) > 0),
	],
};

const slotOf = (taskId: string): string => noticeSlot({ taskId, channel: "comments", event: "task_failed" });

/** Each call makes another comment: the slot says whether there is one, or that nobody knows. */
export const inComments: Announcing = {
	name: "told in comments with a slot",
	tellsIn: (world) => (process, task) => {
		const comment = () =>
			process.call(`comments that ${task} has failed`, () => world.note(announced(task)), { commutes: true });
		return postOnce(leasesOf<SlotState>(process), slotOf(task), comment, AT_ONCE);
	},
	properties: (steps) => [
		eventually("each task has one comment, or is known to have one at most", ({ count, fields }) => {
			const wrong = itemsOf(steps).find((task) => {
				const isUnknown = sessionValue<SlotState>(slotOf(task), fields) === "unknown";
				return count(announced(task)) > 1 || (count(announced(task)) === 0 && !isUnknown);
			});
			return wrong === undefined || `${wrong} has ${count(announced(wrong))}`;
		}),
	],
};
