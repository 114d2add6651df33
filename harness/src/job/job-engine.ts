// What a job needs of the iii engine that it runs on, be that one in this process or one behind a URL.
import type { Link } from "../engine/index.ts";
import type { AtomicStore } from "../lease/atomic-store.ts";
import type { Clock, Wait } from "../lease/clock.ts";
import type { Leases } from "../lease/leases.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import type { JobSettings } from "./job-report.ts";

/** A connection of its own. */
export interface JobClient extends IIIClient {
	/** What SIGKILL does: nothing it asked is answered, nothing it does from now on is sent, its functions are gone. */
	crash(): void;
}

/** What the engine has seen of the job, once that is over. */
export interface EngineFindings {
	/** By function: `state::get`, `state::update` … */
	readonly storeCalls: Readonly<Record<string, number>>;
	/** The types of the session's events, each id once. */
	readonly eventTypes: readonly string[];
	/** The errors of messages that were given up; null: the engine does not tell. */
	readonly deadLetters: readonly string[] | null;
}

export interface JobEngine {
	/** How calls travel, as far as the job decides that. */
	readonly link: Link;
	/** A worker's connection, whose calls travel by `link`; the ids of its functions end in its name. */
	connect(options: { readonly name: string; readonly link: Link }): JobClient;
	/** A connection for whoever is no worker: those who decide, and those who look. */
	connectBeside(name: string): Pick<IIIClient, "trigger">;
	/** A worker's leases, made to fit the engine's queue. */
	leasesOf<T>(leases: Leases<T>): Leases<T>;
	/** Resolves when nothing of the job is under way any more: no message, no handler, no trigger. */
	idle(): Promise<void>;
	/** Rejects when the engine is not there any more; never resolves. */
	lost(): Promise<never>;
	findings(): Promise<EngineFindings>;
}

export interface JobEngineSetup {
	readonly settings: JobSettings;
	readonly clock: Clock;
	/** Ends with the job. */
	readonly wait: Wait;
	readonly newId: () => string;
	/** Where the leases are kept. @default the engine's state */
	readonly store?: AtomicStore | undefined;
	/** How the workers' calls travel. @default as the engine does it */
	readonly link?: Link;
}

export type StartJobEngine = (setup: JobEngineSetup) => JobEngine;

/** The queue that wakes go to. */
export const WAKE_QUEUE = "turn-step";
/** The stream that events go to. */
export const EVENT_STREAM = "agent::events";
/** Where the leases are, as `iiiStore` has it. */
export const LEASE_SCOPE = "session_lease";
/** Where plain records are. */
export const PLAIN_SCOPE = "turn_state";
