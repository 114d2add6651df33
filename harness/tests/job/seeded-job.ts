// One job on virtual time, every latency, hesitation and fault of it drawn from one seed.

import { fileURLToPath } from "node:url";
import { readDecisions } from "../../src/cli/approvals.ts";
import { readTurnFile, type TurnFile } from "../../src/cli/turn-file.ts";
import type { Link } from "../../src/engine/index.ts";
import type { StartJobEngine } from "../../src/job/job-engine.ts";
import type { JobReport } from "../../src/job/job-report.ts";
import { type JobOptions, type JobPorts, runJob } from "../../src/job/run-job.ts";
import type { AtomicStore } from "../../src/lease/atomic-store.ts";
import type { Wait } from "../../src/lease/clock.ts";
import { createRandom, type Random } from "../../src/system/random.ts";
import { createVirtualTime } from "../../src/system/virtual-time.ts";
import type { TurnFunctions } from "../../src/turn/functions.ts";
import type { Decision } from "../../src/turn/record.ts";

export interface Example {
	readonly turn: TurnFile;
	readonly decisions: ReadonlyMap<string, Decision>;
}

/** The example that `npm start` runs. */
export async function readExample(): Promise<Example> {
	const path = fileURLToPath(new URL("../../examples/turn.json", import.meta.url));
	const turn = await readTurnFile(path, process.env.PATH ?? "");
	const needsApproval = ({ function_id }: { function_id: string }) =>
		turn.functions.get(function_id)?.needsApproval ?? true;
	const decisions = await readDecisions(turn.approvalsPath ?? "none", turn.calls, needsApproval);
	return { turn, decisions };
}

export type SeededOptions = Partial<JobOptions> & { readonly seed: number; readonly store?: AtomicStore };

const TRAVEL_MS_MAX = 4;
const HESITATE_MS_MAX = 20;
/** Of a job: the longest that was seen is 40 s. */
const LIMIT_MS = 120_000;

/** Makes the engine of a job on the job's own time. */
export type EngineOf = (ports: Pick<JobPorts, "clock" | "wait" | "newId">) => StartJobEngine;

/** Runs the example's turn with functions in this process; every option may be replaced. */
export function runSeededJob(
	{ turn, decisions }: Example,
	{ store, ...options }: SeededOptions,
	engineOf?: EngineOf,
): Promise<JobReport> {
	const { seed } = options;
	const time = createVirtualTime();
	const travel = createRandom(seed * 3 + 1);
	const work = createRandom(seed * 3 + 2);
	let ids = 0;
	const { sessionId, message } = turn;
	const functions = functionsOf(turn, work, time.wait);
	const newId = () => `id-${++ids}`;
	const job = runJob(
		{ sessionId, message, decisions, functions, limitMs: LIMIT_MS, ...options },
		{
			...time,
			newId,
			...(store ? { store } : {}),
			...(engineOf ? { startEngine: engineOf({ ...time, newId }) } : {}),
			link: travelling(travel, time.wait),
			hesitateMs: () => (work.integer(1, 3) === 1 ? 0 : work.integer(0, HESITATE_MS_MAX)),
		},
	);
	return time.run(job);
}

/** What varies over the seeds: with every seed that is a multiple of 180, all of it has been seen. */
export function mixOf(seed: number): SeededOptions {
	return {
		seed,
		workers: 2 + (seed % 3),
		duplicate: seed % 2 === 0,
		crashes: Math.floor(seed / 6) % 3,
		decideWhen: Math.floor(seed / 18) % 5 === 0 ? "at once" : "parked",
	};
}

/** Each request and each reply is under way for a while. */
function travelling(random: Random, wait: Wait): Link {
	return async (_request, apply) => {
		await wait(random.integer(0, TRAVEL_MS_MAX));
		try {
			return await apply();
		} finally {
			await wait(random.integer(0, TRAVEL_MS_MAX));
		}
	};
}

/** Most are quick, some outlast the lease. */
function functionsOf(turn: TurnFile, random: Random, wait: Wait): TurnFunctions {
	return {
		needsApproval: ({ function_id }) => turn.functions.get(function_id)?.needsApproval ?? true,
		isIdempotent: ({ function_id }) => turn.functions.get(function_id)?.idempotent ?? false,
		async run(call, { signal }) {
			const outlasts = random.integer(1, 40) === 1;
			await wait(outlasts ? random.integer(1_500, 5_000) : random.integer(0, 60), { signal });
			return `did ${call.id}`;
		},
	};
}
