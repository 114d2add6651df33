// The engine of a job behind a URL: one connection for each worker, and one for those who decide and look.
import type { QueueSettings } from "../engine/queue-config.ts";
import type { Clock, Wait } from "../lease/clock.ts";
import { untilAborted } from "../lease/until-aborted.ts";
import type { IIIConnection } from "../stores/connect-iii.ts";
import { shownUrl } from "../stores/opening.ts";
import { connectorTo } from "../survey/connector-to.ts";
import { createRetry } from "../system/retry.ts";
import { waitInPlace } from "../transition/wait-in-place.ts";
import { checkEngine } from "./check-engine.ts";
import { EVENT_STREAM, type JobEngine, type JobEngineSetup, type StartJobEngine } from "./job-engine.ts";
import { createRemoteClient } from "./remote-client.ts";
import { deadLetters, type RestOptions, remoteLoss, remoteRest } from "./remote-rest.ts";
import type { JobOptions } from "./run-job.ts";
import { createSessionReader } from "./session-reader.ts";
import { createWakeLedger } from "./wake-ledger.ts";

export interface RemoteEngine {
	/** Of a job that runs there: its session is nobody's yet, and its workers have names of their own. */
	readonly options: Required<Pick<JobOptions, "sessionId" | "nameSuffix" | "engineUrl">>;
	readonly start: StartJobEngine;
	/** Closes every connection. */
	close(): Promise<void>;
}

export interface ReachEngineOptions {
	/** What the job's session id begins with. */
	readonly sessionId: string;
	/** How long a dead worker blocks the session. */
	readonly blockedMs: number;
	readonly clock: Clock;
	readonly wait: Wait;
	readonly newId: () => string;
	/** Gives up: it rejects with `signal.reason`. */
	readonly signal: AbortSignal;
}

/** Connects to an engine that has what a job needs. @throws EngineUnfitError: then nothing is left open. */
export async function reachEngine(url: string, options: ReachEngineOptions): Promise<RemoteEngine> {
	const { clock, wait, newId, blockedMs, signal } = options;
	const patienceMs = PATIENCE_MS;
	const ports = { clock, retry: createRetry(wait) };
	const connect = await untilAborted(() => connectorTo(url, { patienceMs }, ports), signal);
	const engineUrl = shownUrl(url);
	const nameSuffix = `-${newId().slice(0, SUFFIX_CHARACTERS)}`;
	const sessionId = `${options.sessionId.slice(0, SESSION_ID_CHARACTERS)}${nameSuffix}`;
	const connections: IIIConnection[] = [];
	const connectNamed = (name: string): IIIConnection => {
		const connection = connect({ name: `session-lease run, ${name}${nameSuffix}` });
		connections.push(connection);
		return connection;
	};
	const close = async () => {
		await Promise.allSettled(connections.map((connection) => connection.shutdown()));
	};
	const beside = connectNamed("beside");
	let queue: QueueSettings | undefined;
	try {
		const check = { url: engineUrl, sessionId, nameSuffix, blockedMs, patienceMs };
		queue = await untilAborted(() => checkEngine(beside, check, { clock, wait, newId }), signal);
	} catch (error) {
		await close();
		throw error;
	}
	const found = { url: engineUrl, beside, connectNamed, queue };
	const start: StartJobEngine = (setup) => startRemoteEngine(setup, found);
	return { options: { sessionId, nameSuffix, engineUrl }, start, close };
}

/** An engine may be starting just now, and its workers a little after it. */
const PATIENCE_MS = 3_000;
const SUFFIX_CHARACTERS = 8;
const SESSION_ID_CHARACTERS = 400;

export interface RemoteConnections {
	/** As people are told. */
	readonly url: string;
	/** For those who decide and look. */
	readonly beside: Pick<IIIConnection, "trigger">;
	readonly connectNamed: (name: string) => IIIConnection;
	/** Of the wakes, as far as its provider tells. */
	readonly queue?: QueueSettings | undefined;
}

/** The job's view of an engine that was found fit. */
export function startRemoteEngine(
	setup: JobEngineSetup,
	{ url, beside, connectNamed, queue }: RemoteConnections,
): JobEngine {
	const { settings, clock, wait, newId } = setup;
	const { sessionId, duplicate } = settings;
	const calls = new Map<string, number>();
	const ledger = createWakeLedger(clock.monotonicMs);
	const look = createSessionReader({ ...setup, client: beside });
	const rest: RestOptions = { ...settings, client: beside, clock, wait, ledger, look, queue };
	return {
		link: setup.link ?? ((_request, apply) => apply()),
		connect: ({ name, link }) =>
			createRemoteClient({
				connection: connectNamed(name),
				link,
				sessionId,
				ledger,
				newId,
				duplicate,
				calls,
			}),
		connectBeside: () => beside,
		// The queue's retries may end before a dead holder's deadline: iii's default is three deliveries in three seconds.
		leasesOf: (leases) => waitInPlace(leases, { slotsMax: 1 }),
		idle: () => remoteRest(rest),
		lost: () => remoteLoss(url, rest),
		async findings() {
			const payload = { stream_name: EVENT_STREAM, group_id: sessionId };
			const events: { type?: unknown }[] = await beside.trigger({ function_id: "stream::list", payload });
			const letters = await deadLetters(rest);
			const storeCalls = [...calls]
				.filter(([id]) => id.startsWith("state::"))
				.sort(([a], [b]) => (a < b ? -1 : 1));
			return {
				storeCalls: Object.fromEntries(storeCalls),
				eventTypes: events.map(({ type }) => String(type)),
				deadLetters: letters?.map(({ error }) => error) ?? null,
			};
		},
	};
}
