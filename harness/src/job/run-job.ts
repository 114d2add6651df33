// One turn, run to rest by several workers on one engine.
//
// start the turn -> it runs what needs no approval and parks -> everybody decides at once -> the engine is idle again
import type { Link } from "../engine/index.ts";
import type { HistoryLine } from "../history/history.ts";
import type { AtomicStore } from "../lease/atomic-store.ts";
import type { Clock, Wait } from "../lease/clock.ts";
import { untilAborted } from "../lease/until-aborted.ts";
import { createRandom } from "../system/random.ts";
import { createRetry } from "../system/retry.ts";
import { within } from "../system/within.ts";
import type { TurnFunctions } from "../turn/functions.ts";
import { type AssistantMessage, callsOf, type Decision } from "../turn/record.ts";
import { decideAll } from "./approvers.ts";
import { type CrashRow, type Crew, createCrew } from "./crew.ts";
import { createEpochLog, type EpochLog } from "./epoch-log.ts";
import { startInProcessEngine } from "./in-process-engine.ts";
import type { JobEngine, StartJobEngine } from "./job-engine.ts";
import { createJobHistory } from "./job-history.ts";
import { callRow, countBy, type JobFindings, type JobReport, type JobSettings } from "./job-report.ts";
import { createLife } from "./life.ts";
import { type CountedStore, countedStore } from "./linked-store.ts";
import { createSessionReader } from "./session-reader.ts";
import { judge } from "./verdict.ts";
import { watchFunctions } from "./watch-functions.ts";

export interface JobOptions {
	readonly sessionId: string;
	/** What the model answered: its calls are the job. */
	readonly message: AssistantMessage;
	readonly functions: TurnFunctions;
	/** By call id; a call that needs approval and is missing here stays parked. */
	readonly decisions: ReadonlyMap<string, Decision>;
	/** @default 3 */
	readonly workers?: number;
	/** Puts every transition under the session's lease; `false` shows the race. @default true */
	readonly serialize?: boolean;
	/** Every wake is delivered twice. @default false */
	readonly duplicate?: boolean;
	/** How many workers die. @default 0 */
	readonly crashes?: number;
	/** Picks where they die. @default 1 */
	readonly seed?: number;
	/** @default 2_000 */
	readonly ttlMs?: number;
	/** Ends the job, at rest or not, in milliseconds. @default 600_000 */
	readonly limitMs?: number;
	/** Where the engine is, as people are told. @default in this process */
	readonly engineUrl?: string;
	/** Where the leases are kept, as people are told. @default in the engine's state */
	readonly storeUrl?: string | undefined;
	/** Ends the names of the workers, which the ids of their functions end in. @default nothing */
	readonly nameSuffix?: string;
	/** Ends the job: it rejects with `signal.reason`. */
	readonly signal?: AbortSignal;
	/** `parked`: when all that can run without them has run. `at once`: when the turn has started. @default "parked" */
	readonly decideWhen?: "parked" | "at once";
}

export interface JobPorts {
	readonly clock: Clock;
	readonly wait: Wait;
	/** A new random id of letters, digits, `_` and `-`. */
	readonly newId: () => string;
	/** Where the leases are kept; nothing else of the turn is. @default the engine's state */
	readonly store?: AtomicStore;
	/** The engine to run on. @default one in this process, made for this job */
	readonly startEngine?: StartJobEngine;
	/** How the workers' calls travel. @default as the engine has it: in this process, one `wait(0)` before and after */
	readonly link?: Link;
	/** How long each of those who decide hesitates, in milliseconds. @default not at all */
	readonly hesitateMs?: () => number;
	/** Told of what happens; it must not throw. */
	readonly observe?: (event: JobEvent) => void;
	/** Keeps the lines of the history of the workers' leases and calls, in microseconds of `clock`. @default nobody does */
	readonly record?: (line: HistoryLine) => void;
}

export type JobEvent =
	| { readonly type: "call_started" | "call_ended"; readonly callId: string; readonly worker: string }
	| { readonly type: "worker_died"; readonly worker: string }
	| { readonly type: "decisions_asked"; readonly count: number };

interface Job {
	readonly options: JobOptions;
	readonly settings: JobSettings;
	readonly ports: JobPorts;
	readonly engine: JobEngine;
	/** Of the job's own. */
	readonly store: CountedStore | undefined;
	readonly epochs: EpochLog;
	readonly crew: Crew;
	/** How often each call was started. */
	readonly runs: ReadonlyMap<string, number>;
	/** The job's own wait: ends with it. */
	readonly wait: Wait;
}

/**
 * Runs the turn until nothing moves any more, and answers what was seen. The same options, ports and draws give the
 * same report, on an engine in this process. @throws as `startSession`, `createLeases` and the engine's `lost` do; then
 * nothing is left running.
 */
export async function runJob(options: JobOptions, ports: JobPorts): Promise<JobReport> {
	const settings = settingsOf(options);
	const { clock } = ports;
	const life = createLife(ports.wait);
	const { wait } = life;
	const runs = new Map<string, number>();
	const { startEngine = startInProcessEngine } = ports;
	const store = ports.store && countedStore(ports.store);
	const engine = startEngine({ ...ports, settings, wait, store });
	const epochs = createEpochLog(clock.monotonicMs);
	const history = createJobHistory({ record: ports.record, nowMs: clock.monotonicMs });
	const { observe } = ports;
	const crew = createCrew({
		...settings,
		...ports,
		wait,
		engine,
		store,
		epochs,
		link: engine.link,
		nameSuffix: options.nameSuffix ?? "",
		functionsOf: (worker) =>
			watchFunctions(history.functionsOf(worker, options.functions), { worker, runs, observe }),
		leasesOf: (owner, leases) => history.leasesOf(owner, engine.leasesOf(leases)),
		onCrash: ({ worker }: CrashRow) => observe?.({ type: "worker_died", worker }),
	});
	const startedAtMs = clock.monotonicMs();
	try {
		const job: Job = { options, settings, ports, engine, store, epochs, crew, runs, wait };
		const rest = () => within(wait, settings.limitMs, runToRest(job), { background: true });
		const restOrLost = () => Promise.race([rest(), engine.lost()]);
		const atRest = await (options.signal ? untilAborted(restOrLost, options.signal) : restOrLost());
		crew.end();
		const findings = await findingsOf(job, { atRest, elapsedMs: clock.monotonicMs() - startedAtMs });
		return { ...findings, verdict: judge(findings) };
	} finally {
		crew.end();
		life.end();
	}
}

function settingsOf(options: JobOptions): JobSettings {
	const { sessionId, workers = 3, serialize = true, duplicate = false, crashes = 0 } = options;
	const { seed = 1, ttlMs = 2_000, limitMs = 600_000, engineUrl, storeUrl } = options;
	const settings = { sessionId, workers, serialize, duplicate, crashes, seed, ttlMs, limitMs };
	return {
		...settings,
		...(engineUrl === undefined ? {} : { engineUrl }),
		...(storeUrl === undefined ? {} : { storeUrl }),
	};
}

async function runToRest({ options, settings, ports, engine, crew, wait }: Job): Promise<void> {
	const { sessionId, message, decisions, decideWhen = "parked" } = options;
	await crew.first().turn.start(sessionId, message);
	crew.arm(settings.crashes, createRandom(settings.seed));
	if (decideWhen === "parked") await atRest(engine, crew);
	ports.observe?.({ type: "decisions_asked", count: decisions.size });
	await decideAll({
		client: engine.connectBeside("approvers"),
		wait,
		retry: createRetry(wait),
		sessionId,
		decisions,
		workers: crew.names,
		hesitateMs: ports.hesitateMs ?? (() => 0),
	});
	await atRest(engine, crew);
}

async function atRest(engine: JobEngine, crew: Crew): Promise<void> {
	do await engine.idle();
	while (await crew.settled());
}

async function findingsOf(
	job: Job,
	end: { readonly atRest: boolean; readonly elapsedMs: number },
): Promise<JobFindings> {
	const { options, settings, ports, engine, store, epochs, crew, runs, wait } = job;
	const { storeCalls, eventTypes, deadLetters } = await engine.findings();
	const ownCalls = store?.counts();
	const look = createSessionReader({
		...ports,
		store,
		settings,
		wait,
		client: engine.connectBeside("reader"),
	});
	const { record, heldBy } = await look();
	return {
		settings,
		calls: callsOf(options.message).map((call) =>
			callRow(
				{
					call,
					needsApproval: options.functions.needsApproval(call),
					idempotent: options.functions.isIdempotent(call),
					asked: options.decisions.get(call.id),
					runs: runs.get(call.id) ?? 0,
				},
				record,
			),
		),
		epochs: epochs.rows(),
		turnedAway: epochs.turnedAway,
		storeCalls: { ...storeCalls, ...ownCalls },
		events: countBy(eventTypes),
		crashes: [...crew.crashes],
		deadLetters,
		finalState: record?.state ?? "none",
		heldBy,
		...end,
	};
}
