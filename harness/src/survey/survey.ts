// What a worker finds out about an engine before it takes any work: plain data, from which text and decisions are made.
import type { QueueSettings } from "../engine/queue-config.ts";

export interface StateSurvey {
	/** The worker that serves state, as the engine lists it; `undefined`: the engine does not say. */
	readonly provider: string | undefined;
	/** Where it keeps what it is given. */
	readonly adapter: StateAdapter;
}

export type StateAdapter =
	| "kv in memory"
	| "kv in a file"
	| "kv"
	| "redis"
	/** It kept an empty list, which redis does not. */
	| "not redis"
	/** Another one, by its name. */
	| { readonly name: string }
	| "unknown";

export interface QueueSurvey {
	/** Who serves Enqueue; `undefined`: the engine does not say. */
	readonly provider: string | undefined;
	/** As far as its provider tells them. */
	readonly settings: QueueSettings | undefined;
	/** Whether a message came back in time: a queue that is busy may be late. */
	readonly delivered: boolean;
}

/** Why a worker cannot run on this engine. */
export type Unfit =
	| { readonly why: "no_engine" }
	/** A worker of the same name is connected. */
	| { readonly why: "name_taken" }
	/** The worker's functions were there, and are not any more, though the engine answers. */
	| { readonly why: "functions_gone" }
	| { readonly why: "no_state" }
	/** Nowhere to send events to: a turn cannot end. */
	| { readonly why: "no_streams" }
	| { readonly why: "no_enqueue" }
	| { readonly why: "no_queue"; readonly provider: string | undefined }
	| { readonly why: "refused"; readonly what: "state" | "streams" | "queue"; readonly reason: string };

export interface Survey {
	readonly state: StateSurvey;
	readonly queue: QueueSurvey;
}

export type Surveyed = { readonly survey: Survey } | { readonly unfit: Unfit };
