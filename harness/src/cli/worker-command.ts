// The command `worker`: connects to an engine, looks whether it has what a worker needs, and works until it is ended.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Clock, Wait } from "../lease/clock.ts";
import type { LeasePorts } from "../lease/options.ts";
import { untilAborted } from "../lease/until-aborted.ts";
import type { IIIConnection } from "../stores/connect-iii.ts";
import { EngineUnfitError } from "../survey/engine-unfit-error.ts";
import { deliveriesToOutlast, retriesEndAfterMs, waitingSlots } from "../survey/retries.ts";
import type { Unfit } from "../survey/survey.ts";
import { surveyText, unfitText } from "../survey/survey-text.ts";
import { createClosableWait } from "../system/closable-wait.ts";
import { createRetry } from "../system/retry.ts";
import type { TurnFunctions } from "../turn/functions.ts";
import type { Drained } from "../worker/drain.ts";
import { withEngineFunctions } from "../worker/engine-functions.ts";
import { readLettersOf } from "../worker/read-letters.ts";
import { startWorker } from "../worker/start-worker.ts";
import { type Fit, surveyForWorker } from "../worker/survey-for-worker.ts";
import { commandFunctions } from "./command-functions.ts";
import { InputError } from "./input-error.ts";
import { readTurnFunctions, type TurnFunction } from "./turn-file.ts";
import type { WorkerArguments } from "./worker-arguments.ts";
import { reachEngine } from "./worker-connection.ts";
import { createWorkerHistory, type WorkerHistory } from "./worker-history.ts";

export interface WorkerCommandPorts {
	readonly clock: Clock;
	readonly wait: Wait;
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** Ends the worker, in order. */
	readonly signal: AbortSignal;
	readonly writeOut: (text: string) => void;
	readonly writeError: (text: string) => void;
}

/** One life of a worker. */
interface Life {
	readonly name: string;
	readonly given: WorkerArguments;
	readonly iii: IIIConnection;
	readonly commands: ReadonlyMap<string, TurnFunction>;
	readonly history: WorkerHistory | undefined;
	/** Its waits end with it. */
	readonly leasePorts: LeasePorts;
	readonly say: (line: string) => void;
}

/** Answers the exit code: 0 if everything that ran came to its end. @throws InputError: what is missing. */
export async function workerCommand(given: WorkerArguments, ports: WorkerCommandPorts): Promise<number> {
	try {
		return await runWorker(given, ports);
	} catch (error) {
		throw error instanceof EngineUnfitError ? new InputError(error.message, { cause: error }) : error;
	}
}

async function runWorker(given: WorkerArguments, ports: WorkerCommandPorts): Promise<number> {
	const { clock, environment, signal } = ports;
	const name =
		given.name ??
		hostname()
			.replaceAll(/[^\w.-]/g, "-")
			.slice(0, 100);
	const { functionsPath, historyPath } = given;
	const commands: ReadonlyMap<string, TurnFunction> =
		functionsPath === undefined ? new Map() : await readTurnFunctions(functionsPath, environment.PATH ?? "");
	const history = historyPath === undefined ? undefined : createWorkerHistory(historyPath, name);
	const closable = createClosableWait(ports.wait);
	const leasePorts = { clock, wait: closable.wait, retry: createRetry(closable.wait), newId: randomUUID };
	const say = (line: string) => ports.writeError(`session-lease: worker ${name}: ${line}\n`);
	let connection: Promise<IIIConnection> | undefined;
	try {
		connection = reachEngine(given.url, { ...given, name }, leasePorts);
		const reached = connection;
		const iii = await untilAborted(() => reached, signal);
		const life = { name, given, iii, commands, history, leasePorts, say };
		const fit = await untilAborted(() => survey(life), signal);
		return await live(life, fit, ports);
	} finally {
		closable.close();
		history?.close();
		// Whoever is not there yet has no socket to close.
		void connection?.then(
			(iii) => iii.shutdown(),
			() => undefined,
		);
	}
}

type Found = Exclude<Fit, { readonly unfit: unknown }>;

/** @throws EngineUnfitError: what is missing, and how to get it. */
async function survey({ name, given, iii, leasePorts }: Life): Promise<Found> {
	const blockedMs = given.ttlMs + given.skewMs;
	const fit = await surveyForWorker(iii, { ...given, name, blockedMs }, leasePorts);
	if (!("unfit" in fit)) return fit;
	throw new EngineUnfitError(unfitTextFor({ name, given }, fit.unfit));
}

function unfitTextFor({ name, given }: Pick<Life, "name" | "given">, unfit: Unfit): string {
	const deliveries = deliveriesToOutlast(given.ttlMs + given.skewMs, BACKOFF_MS);
	return unfitText(unfit, { ...given, name, deliveries });
}

/** iii's own, which the proposed settings have. */
const BACKOFF_MS = 1_000;

async function live(life: Life, { survey, served }: Found, ports: WorkerCommandPorts): Promise<number> {
	const { name, given, iii, history, leasePorts, say } = life;
	const { settings } = survey.queue;
	const slots = waitingSlots({ settings, blockedMs: given.ttlMs + given.skewMs, slots: given.slots });
	if (served) say("is the queue itself, for development: its messages are gone with this process");
	const worker = startWorker(
		iii,
		{
			...given,
			name,
			owner: `${name}:${process.pid}`,
			slots,
			retriesMs: settings && retriesEndAfterMs(settings),
			functions: functionsOf(life, ports.environment),
		},
		{
			...leasePorts,
			say,
			...(history ? { recording: history.recording } : {}),
			readLetters: readLettersOf(iii, given.queue, served),
		},
	);
	const ending = AbortSignal.any([ports.signal, worker.lost, ...(history ? [history.failed] : [])]);
	const isRegistered = await worker.registered(ending);
	if (!ending.aborted) {
		if (!isRegistered) say("the engine has not answered yet whether it knows this worker's functions");
		ports.writeOut(`worker ${name}: ${surveyText(survey, { ...given, slots })}\n`);
	}
	await aborted(ending);
	const isLost = worker.lost.aborted;
	if (isLost) say(`ends: ${unfitTextFor(life, worker.lost.reason)}`);
	const drained = await worker.drain();
	served?.unregister();
	say(endText(drained));
	if (history?.failed.aborted) throw history.failed.reason;
	return drained.finished && !isLost ? 0 : NOT_WELL;
}

/** Replaced by the exit code of a signal, if there was one. */
const NOT_WELL = 1;

function functionsOf(
	{ iii, commands, leasePorts }: Life,
	environment: WorkerCommandPorts["environment"],
): TurnFunctions {
	const own = commandFunctions({ functions: commands }, { wait: leasePorts.wait, environment });
	return withEngineFunctions(iii, { own, isOwn: ({ function_id }) => commands.has(function_id) });
}

function aborted(signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) resolve();
		signal.addEventListener("abort", () => resolve(), { once: true });
	});
}

function endText({ finished, held }: Drained): string {
	if (held > 0) return `ended; ${held} leases could not be given back: they block their sessions for a TTL`;
	return finished ? "ended; everything that ran has finished" : "ended; what still ran was cut short";
}
