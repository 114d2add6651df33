// A claim that nobody comes back for: after its deadline the machine is another task's, under a higher token.
import type { FaultKind } from "../explore/faults.ts";
import { eventually, type Gather, sometimes } from "../explore/properties.ts";
import type { Process, Scenario } from "../explore/scenario.ts";
import { sessionValue } from "../explore/session-record.ts";
import { isTransientError } from "../lease/errors.ts";
import { type Pool, renewClaim } from "../recipes/pool.ts";
import { CLAIM_MS, claimedFleet, type Fleet, POOL, poolPorts, TASKS } from "./fleet-claims.ts";
import { type Command, CUT_OFF, RefusedError, RUNS } from "./fleet-machines.ts";
import { AT_ONCE, workersOf } from "./miniature.ts";

const GONE = "the claim is gone";
const REFUSED = "the token is refused";
const ATTEMPTS_MAX = 6;
/** Longer than a dead orchestrator holds the pool's lease. */
const RETRY_MS = 2_000;

async function untilDecided<A>({ ports }: Process, attempt: () => Promise<A>): Promise<A> {
	for (let left = ATTEMPTS_MAX; ; left--) {
		try {
			return await attempt();
		} catch (error) {
			if (!isTransientError(error) || left === 0) throw error;
			await ports.wait(RETRY_MS);
		}
	}
}

/** All that becomes of a task, in one process. */
async function work(process: Process, fleet: Fleet, taskId: string): Promise<void> {
	const command = await begin(process, fleet, taskId);
	const claim = { taskId, token: command.token, ...AT_ONCE };
	if (!(await untilDecided(process, () => renewClaim(poolPorts(process), POOL, claim)))) {
		process.note(GONE);
		return;
	}
	await untilDecided(process, () => fleet.end(process, command));
	process.note(completes(taskId));
}

async function begin(process: Process, fleet: Fleet, taskId: string): Promise<Command> {
	for (let left = ATTEMPTS_MAX; left > 0; left--) {
		const answer = await untilDecided(process, () => fleet.start(process, taskId));
		if (answer === "ended") break;
		if (answer.claimed) return { taskId, ...answer };
		await process.ports.wait(answer.retryAfterMs);
	}
	throw new Error(`${taskId} found no machine.`);
}

/** A machine that refuses its token has been told a higher one. */
function workOrGiveWay(process: Process, fleet: Fleet, taskId: string): Promise<void> {
	return work(process, fleet, taskId)
		.catch((error: unknown) => {
			if (!(error instanceof RefusedError)) throw error;
			process.note(REFUSED);
		})
		.finally(() => process.note(leftBy(process.name)));
}

const completes = (task: string): string => `${task} completes`;
const leftBy = (process: string): string => `${process} is done`;

const WORKERS: readonly string[] = workersOf({ workers: 2 });

/** Those that died. */
const dead: Gather<readonly string[]> = {
	from: [],
	next: (names, event) => (event.type === "crash" ? [...names, event.process] : names),
};

/** Of orchestrators that die nobody comes back for their task. */
export function deadline(fault: Extract<FaultKind, "crash" | "pause">): Scenario {
	return {
		name: `fleet: a deadline, 2 tasks, 1 machine, ${fault}`,
		faults: { [fault]: 1 },
		expiryMs: CLAIM_MS + RETRY_MS,
		properties: [
			eventually<readonly string[]>(
				"whoever lives comes to its end",
				({ count, gathered }) =>
					WORKERS.every((worker) => gathered.includes(worker) || count(leftBy(worker)) === 1),
				{ gather: dead },
			),
			eventually<readonly string[]>(
				"a claim that is left is of a dead orchestrator's task",
				({ fields, gathered }) => {
					const claims = Object.values(sessionValue<Pool>(POOL, fields)?.claims ?? {});
					const tasks = gathered.map((name) => TASKS[WORKERS.indexOf(name)]);
					return claims.every(({ taskId }) => tasks.includes(taskId));
				},
				{ gather: dead },
			),
			eventually("a task that completes has run once", ({ count }) =>
				TASKS.every((task) => count(completes(task)) === 0 || count(`${task} ${RUNS}`) === 1),
			),
			sometimes("a machine is taken over", ({ count }) => count(CUT_OFF) > 0),
			...(fault === "pause"
				? [GONE, REFUSED].map((note) => sometimes(note, ({ count }) => count(note) > 0))
				: []),
		],
		setup(world) {
			const fleet = claimedFleet(world, { members: ["m1"], started: () => undefined });
			for (const [index, worker] of WORKERS.entries()) {
				const task = TASKS[index] ?? "";
				// The first one only: it is all the same with the other.
				const crashes = index === 0;
				world.process(worker, (process) => process.task(() => workOrGiveWay(process, fleet, task)), {
					crashes,
					restarts: false,
				});
			}
		},
	};
}
