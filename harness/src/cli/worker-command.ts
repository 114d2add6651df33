// The command `worker`: connects to an engine, looks whether it has what a worker needs, and works until it is ended.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { LeasePorts } from "../lease/options.ts";
import { untilAborted } from "../lease/until-aborted.ts";
import { retriesEndAfterMs, waitingSlots } from "../queues/iii.ts";
import type { IIIConnection } from "../stores/connect-iii.ts";
import type { OpenStore } from "../stores/opening.ts";
import { connectorTo } from "../survey/connector-to.ts";
import { EngineUnfitError } from "../survey/engine-unfit-error.ts";
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
import type { CommandPorts } from "./command-ports.ts";
import { storeOption } from "./store-option.ts";
import { readTurnFunctions, type TurnFunction } from "./turn-file.ts";
import type { WorkerArguments } from "./worker-arguments.ts";
import { createWorkerHistory, type WorkerHistory } from "./worker-history.ts";

/** One life of a worker. */
interface Life {
	readonly name: string;
	readonly given: WorkerArguments;
	/** How long a dead worker blocks a session. */
	readonly blockedMs: number;
	readonly iii: IIIConnection;
	/** Where the leases are; `undefined`: in the engine's state. */
	readonly store: OpenStore | undefined;
	readonly commands: ReadonlyMap<string, TurnFunction>;
	readonly history: WorkerHistory | undefined;
	/** Its waits end with it. */
	readonly leasePorts: LeasePorts;
	readonly say: (line: string) => void;
}

/** Answers the exit code: 0 if everything ended that ran. @throws InputError or EngineUnfitError: what is missing. */
export async function workerCommand(given: WorkerArguments, ports: CommandPorts): Promise<number> {
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
	let iii: IIIConnection | undefined;
	let store: OpenStore | undefined;
	try {
		const { storeUrl } = given;
		if (storeUrl !== undefined)
			store = await untilAborted(
				() => storeOption(storeUrl, { ...given, ...leasePorts }),
				signal,
				(late) => void late.close().catch(ignored),
			);
		const connect = await untilAborted(() => connectorTo(given.url, given, leasePorts), signal);
		// iii from 0.23 on refuses a second connection of one name: a worker's next life may begin before the engine knows
		// of the end of its last one. That no two workers have one name is seen by their functions.
		iii = connect({ name: `${name}-${randomUUID().slice(0, 8)}` });
		const blockedMs = given.ttlMs + given.skewMs;
		const life = { name, given, blockedMs, iii, store, commands, history, leasePorts, say };
		const fit = await untilAborted(() => survey(life), signal);
		return await live(life, fit, ports);
	} finally {
		closable.close();
		history?.close();
		iii?.shutdown().catch(ignored);
		store?.close().catch(ignored);
	}
}

type Found = Exclude<Fit, { readonly unfit: unknown }>;

/** @throws EngineUnfitError: what is missing, and how to get it. */
async function survey({ name, given, blockedMs, iii, leasePorts }: Life): Promise<Found> {
	const fit = await surveyForWorker(iii, { ...given, name, blockedMs }, leasePorts);
	if (!("unfit" in fit)) return fit;
	throw new EngineUnfitError(unfitText(fit.unfit, { ...given, name, blockedMs }));
}

async function live(life: Life, { survey, served }: Found, ports: CommandPorts): Promise<number> {
	const { name, given, blockedMs, iii, store, history, leasePorts, say } = life;
	const { settings } = survey.queue;
	const slots = waitingSlots({ settings, blockedMs, slots: given.slots });
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
			store,
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
	if (isLost) say(`ends: ${unfitText(worker.lost.reason, { ...given, name, blockedMs })}`);
	const drained = await worker.drain();
	served?.unregister();
	say(endText(drained));
	if (history?.failed.aborted) throw history.failed.reason;
	return drained.finished && !isLost ? 0 : NOT_WELL;
}

/** Of connections that the process takes with it anyway. */
const ignored = (): undefined => undefined;

/** Replaced by the exit code of a signal, if there was one. */
const NOT_WELL = 1;

function functionsOf(
	{ iii, commands, leasePorts }: Life,
	environment: CommandPorts["environment"],
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
