// Tasks that compete for the machines of a fleet with claims.
import type { FaultBudgets } from "../explore/faults.ts";
import { eventually, never, type Property, sometimes } from "../explore/properties.ts";
import type { Process, Scenario } from "../explore/scenario.ts";
import { sessionValue } from "../explore/session-record.ts";
import { isReleased } from "../explore/transition-properties.ts";
import { TransientError } from "../lease/errors.ts";
import type { Pool } from "../recipes/pool.ts";
import { claimedFleet, ended, type Fleet, POOL, TASKS } from "./fleet-claims.ts";
import { type Command, CUT_OFF, RefusedError, type Refuses, RUNS, STOPS } from "./fleet-machines.ts";
import { counted, workersOf } from "./miniature.ts";

const ALL_BUSY = "all are busy";
const AGAIN = "comes again after its task has ended";

/** A task that has ended is done; one that finds all machines busy comes again. */
async function start(fleet: Fleet, process: Process, taskId: string): Promise<void> {
	try {
		const answer = await fleet.start(process, taskId);
		if (answer === "ended") process.note(AGAIN);
		else if (!answer.claimed) {
			process.note(ALL_BUSY);
			throw new TransientError("All machines are busy.");
		}
	} catch (error) {
		if (!(error instanceof RefusedError && error.forGood)) throw error;
	}
}

const noneIsClaimed = (): Property =>
	eventually("no machine is claimed", ({ fields }) => {
		const claims = Object.entries(sessionValue<Pool>(POOL, fields)?.claims ?? {});
		const texts = claims.map(([member, { taskId }]) => `${member} by ${taskId}`);
		return claims.length === 0 || texts.join(" and ");
	});

/** At rest: what has not ended runs on the machine that it has, and nothing else does. */
const runsWhereClaimed = (all: readonly string[]): Property =>
	eventually("a task runs, and has its machine, until it ends", ({ fields, count }) => {
		const claims = Object.values(sessionValue<Pool>(POOL, fields)?.claims ?? {});
		const claimed = claims.map(({ taskId }) => taskId).sort();
		const running = all.filter((task) => count(`${task} ${RUNS}`) > count(`${task} ${STOPS}`));
		const open = all.filter((task) => count(ended(task)) === 0);
		if (claimed.join() !== open.join()) return `machines are claimed for ${claimed.join() || "none"}`;
		return running.join() === open.join() || `${running.join() || "none"} runs`;
	});

const allEnd = (all: readonly string[]): Property =>
	eventually("every task ends", ({ count }) => {
		const open = all.filter((task) => count(ended(task)) === 0);
		return open.length === 0 || open.join(" and ");
	});

const noneIsCutOff = (): Property =>
	never("a machine is given a task while it runs another", ({ count }) => count(CUT_OFF) > 0);

const noneRunsTwice = (): Property =>
	never("a task runs twice", ({ count }) => TASKS.some((task) => count(`${task} ${RUNS}`) > 1));

export interface ClaimedOptions {
	/** @default 2 */
	readonly tasks?: 1 | 2;
	readonly machines: 1 | 2;
	readonly faults?: FaultBudgets;
	/** Which commands are refused. @default none */
	readonly refuses?: Refuses;
	/** Whether the first task is cancelled meanwhile. @default false */
	readonly cancels?: boolean;
	/** Whether commands go on for longer than is looked at. @default false */
	readonly goesOn?: boolean;
}

/** Tasks, and two orchestrators that take whatever message comes. */
export function claimed(options: ClaimedOptions): Scenario {
	const { tasks: taskCount = 2, machines, faults = {}, refuses, cancels = false, goesOn = false } = options;
	const tasks = TASKS.slice(0, taskCount);
	const what = [
		...(refuses ? [`${refuses} is refused`] : []),
		...(cancels ? ["a cancel"] : []),
		counted(taskCount, goesOn ? "endless task" : "task"),
		counted(machines, "machine"),
		...Object.keys(faults),
	];
	return {
		name: `fleet: claims, ${what.join(", ")}`,
		faults,
		properties: [
			noneIsCutOff(),
			noneRunsTwice(),
			...(goesOn ? [runsWhereClaimed(tasks)] : [allEnd(tasks), noneIsClaimed()]),
			isReleased(POOL),
			sometimes("two orchestrators claim at once", ({ count }) => count("turned_away") > 0),
			...(taskCount > machines ? [sometimes(ALL_BUSY, ({ count }) => count(ALL_BUSY) > 0)] : []),
			...(faults.redelivery && !goesOn
				? [sometimes(`a start ${AGAIN}`, ({ count }) => count(AGAIN) > 0)]
				: []),
		],
		setup(world) {
			// The ends of commands come back sooner, so that starts that find all busy do not keep them out for ever.
			const starts = world.queue("starts", { backoffMs: 10_000 });
			const ends = world.queue("ends");
			for (const task of tasks) starts.put(task);
			const fleet = claimedFleet(world, {
				members: Array.from({ length: machines }, (_, index) => `m${index + 1}`),
				started: (command) => {
					if (!goesOn) ends.put(command);
				},
				...(refuses ? { refuses } : {}),
			});
			for (const worker of workersOf({ workers: 2 })) {
				world.process(
					worker,
					(process) => {
						starts.serve(process, (task) => start(fleet, process, task as string));
						ends.serve(process, (command) => fleet.end(process, command as Command));
					},
					{ perMessage: true },
				);
			}
			if (!cancels) return;
			const cancelQueue = world.queue("cancels");
			cancelQueue.put("t1");
			world.process(
				"people",
				(process) => cancelQueue.serve(process, (task) => fleet.cancel(process, task as string)),
				{ perMessage: true },
			);
		},
	};
}
