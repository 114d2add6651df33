// The workers of a job: each dies where the plan says so, and a replacement with the same function ids follows.
import type { Link } from "../engine/index.ts";
import type { Leases } from "../lease/leases.ts";
import type { Random } from "../system/random.ts";
import type { TurnFunctions } from "../turn/functions.ts";
import type { TurnRecord } from "../turn/record.ts";
import { type CrashMoment, type CrashPlan, type CrashPoint, createCrashPlan } from "./crash-plan.ts";
import type { EpochLog } from "./epoch-log.ts";
import { startWorker, type Worker, type WorkerOptions } from "./worker.ts";

export interface CrashRow {
	/** Readable name of the worker that died. */
	readonly worker: string;
	/** The call at which it died: `state::update`, `enqueue turn::steering_check::w2`. */
	readonly call: string;
	readonly moment: CrashMoment;
}

export interface CrewOptions
	extends Omit<WorkerOptions, "name" | "owner" | "observe" | "functions" | "recorded"> {
	readonly workers: number;
	/** Ends the names of all of them, so that workers of other jobs on the same engine have others. */
	readonly nameSuffix: string;
	/** The functions as a worker, by its readable name, runs them. */
	readonly functionsOf: (owner: string) => TurnFunctions;
	/** The leases as a worker, by its readable name, uses them. */
	readonly leasesOf: (owner: string, leases: Leases<TurnRecord>) => Leases<TurnRecord>;
	readonly epochs: EpochLog;
	readonly onCrash: (crash: CrashRow) => void;
}

export interface Crew {
	/** `w1`, `w2` … and the suffix. */
	readonly names: readonly string[];
	readonly crashes: readonly CrashRow[];
	/** The first worker. */
	first(): Worker;
	/** From now on workers die as planned. */
	arm(crashes: number, random: Random): void;
	/** Resolves when nobody is about to die or to be replaced; answers whether there was anything to wait for. */
	settled(): Promise<boolean>;
	/** Ends every worker. */
	end(): void;
}

export function createCrew(options: CrewOptions): Crew {
	const { wait, epochs } = options;
	const names = Array.from({ length: options.workers }, (_, index) => `w${index + 1}${options.nameSuffix}`);
	const crashes: CrashRow[] = [];
	const alive = new Map<string, Worker>();
	const changes = new Set<Promise<void>>();
	let plan: CrashPlan | undefined;

	const change = (work: Promise<void>) => {
		changes.add(work);
		void work.finally(() => changes.delete(work));
	};
	const start = (name: string) => {
		const owner = `worker ${names.indexOf(name) + 1}`;
		const crash = (worker: Worker, call: string, { moment, replacedAfterMs }: CrashPoint) => {
			// It may have died of another call meanwhile.
			if (alive.get(name) !== worker) return;
			alive.delete(name);
			worker.die();
			epochs.died(owner);
			const row = { worker: owner, call, moment };
			crashes.push(row);
			options.onCrash(row);
			change(wait(replacedAfterMs).then(() => start(name)));
		};
		const link: Link = async (request, apply) => {
			const point = plan?.at(request);
			if (!point) return options.link(request, apply);
			const call = request.action ? `enqueue ${request.function_id}` : request.function_id;
			// A dead client hears neither answers nor errors.
			if (point.moment === "before") {
				crash(worker, call, point);
				throw new Error("The worker died before it made this call.");
			}
			const answer = await options.link(request, async () => {
				const applied = await apply();
				if (point.moment === "applied") crash(worker, call, point);
				return applied;
			});
			if (point.moment === "after") change(wait(point.afterMs).then(() => crash(worker, call, point)));
			return answer;
		};
		const functions = options.functionsOf(owner);
		const recorded = (leases: Leases<TurnRecord>) => options.leasesOf(owner, leases);
		const worker = startWorker({ ...options, name, owner, link, functions, recorded, observe: epochs.add });
		alive.set(name, worker);
	};

	for (const name of names) start(name);
	return {
		names,
		crashes,
		first: () => alive.get(names[0] as string) as Worker,
		arm(planned, random) {
			plan = createCrashPlan(planned, random);
		},
		async settled() {
			const waits = changes.size > 0;
			// Whoever dies is replaced: a change may be followed by one more.
			while (changes.size > 0) await Promise.all(changes);
			return waits;
		},
		end() {
			for (const worker of alive.values()) worker.die();
			alive.clear();
		},
	};
}
