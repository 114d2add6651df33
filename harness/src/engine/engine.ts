// An iii engine inside this process, in memory unless told otherwise: for development, tests and simulation.
import type { Clock, Retry, Wait } from "../lease/clock.ts";
import { createActivity } from "./activity.ts";
import { type ConnectOptions, createClient, type EngineClient } from "./client.ts";
import { createDeadlines } from "./deadlines.ts";
import { createDirectory } from "./directory.ts";
import { createProvidedEnqueue } from "./enqueue-provider.ts";
import { createFunctions, type Functions, type Like } from "./functions.ts";
import type { Builtin } from "./input.ts";
import { copyJson, type Json, type JsonObject } from "./json.ts";
import { NO_PERSISTENCE, type Persistence, refusing } from "./persistence.ts";
import type { DeadLetter } from "./queue.ts";
import type { QueueConfig } from "./queue-config.ts";
import { createQueues } from "./queues.ts";
import { createState } from "./state.ts";
import { type StateAdapterName, stateAdapter } from "./state-adapter.ts";
import { createStateTriggers } from "./state-triggers.ts";
import { createStreams, type StreamItem } from "./streams.ts";

export interface EngineOptions {
	/** Real or virtual, and of one kind with `wait` and `retry`. */
	readonly clock: Clock;
	readonly wait: Wait;
	readonly retry: Retry;
	/** A new id each time: of messages, and of clients without a name. */
	readonly newId: () => string;
	/** The queues by name. A message for any other is refused. @default none */
	readonly queues?: Readonly<Record<string, QueueConfig>>;
	/**
	 * Which version of iii it is, where they differ. In 0.21 the last registration of a function's id takes every call,
	 * and messages go to the engine's own queues. In 0.23 the first one keeps the id, others are refused, and messages
	 * go to the function `engine::queue::enqueue`, which a worker has to register: there are no queues here.
	 * @default "0.21"
	 */
	readonly like?: Like;
	/**
	 * Whose answers state gives. Like `redis`, every update turns each `[]` of the value into `{}` and cuts its numbers
	 * to 14 digits, and an increment at the root of a missing key fails; all that it does otherwise than `kv`, the table
	 * of cases of `session-lease conform` lists. In either case values are kept in memory.
	 * @default "kv"
	 */
	readonly state?: StateAdapterName;
	/** How many bytes a value may have that is set, as JSON: iii's `max_value_bytes`. @default no limit */
	readonly maxValueBytes?: number;
	/** Where changes are kept, and what was kept before. @default nowhere, nothing */
	readonly persistence?: Persistence;
	/**
	 * Drawn for each write: how many milliseconds until its state triggers are told. Different delays bring the events
	 * of different writes into any order, as a real engine may.
	 * @default always 0: in the order of the writes
	 */
	readonly triggerDelayMs?: () => number;
	/**
	 * Every queued message is handled once more than it has to be, at the same time if the queue allows it: what "at
	 * least once" permits, made visible. How the delivery too many ends changes nothing.
	 * @default false
	 */
	readonly deliverTwice?: boolean;
}

export interface Engine {
	/** A worker's connection, with `trigger`, `registerFunction` and `registerTrigger` as iii-sdk's client has them. */
	connect(options?: ConnectOptions): EngineClient;
	/**
	 * Resolves when no message is queued, waiting for its backoff or being handled, no handler is running, and no
	 * trigger, void or enqueue call is under way. Dead letters do not count.
	 */
	idle(): Promise<void>;
	/** How often each function was called, by whomever, in the order of their ids; one that nobody had is none. */
	calls(): Readonly<Record<string, number>>;
	/** The values of a state scope by key, as `state::list` does not tell them. */
	state(scope: string): Readonly<Record<string, unknown>>;
	/** The items of a stream's group, in the order in which their ids first came. */
	streamItems(streamName: string, groupId: string): readonly StreamItem[];
	/** The newest first. @throws TypeError if there is no such queue. */
	deadLetters(queue: string): readonly DeadLetter[];
	/** Which client has registered each function: its name, by the function's id. */
	owners(): ReadonlyMap<string, string>;
}

/**
 * An iii engine inside this process: state, state triggers, streams and queues. All is in memory and gone with it,
 * unless there is a `persistence`, which keeps state and messages, but no streams.
 *
 * It follows iii 0.21.4, or 0.23, as far as that could be read and run. Not promised: more digits
 * of a number than this language has, stream subscribers, topics, other triggers than state ones, access control.
 * Otherwise than in iii 0.21.4, groups of a fifo queue run in parallel, as in the standalone queue worker; backoffs end
 * on time, not at the next poll; there is no queue `default` unless it is given; worker functions cannot replace the
 * engine's own; an undefined payload and an unknown trigger type are errors at once.
 * @throws TypeError if a queue's configuration is not as expected, there are queues where the version has none, or a
 * message was kept that no queue takes.
 */
export function createEngine(options: EngineOptions): Engine {
	const { clock, wait, retry, newId, queues: configs = {}, deliverTwice = false, like = "0.21" } = options;
	const persistence = refusing(options.persistence ?? NO_PERSISTENCE);
	const activity = createActivity();
	const builtins = new Map<string, Builtin>();
	const functions: Functions = createFunctions(builtins, { activity, like });
	const { call, owners } = functions;
	const triggers = createStateTriggers({
		call,
		wait,
		delayMs: options.triggerDelayMs ?? (() => 0),
		activity,
	});
	const { state: adapterName = "kv", maxValueBytes } = options;
	const state = createState({
		adapter: stateAdapter(adapterName),
		persistence,
		valueBytesMax: maxValueBytes,
		onWrite: triggers.fire,
	});
	const streams = createStreams();
	const queuePorts = { clock, wait, retry, newId, call, activity, persistence, deliverTwice };
	const hasQueues = like === "0.21";
	if (!hasQueues && Object.keys(configs).length > 0) {
		throw new TypeError(
			"Expected no queues: like iii 0.23, messages go to a worker's engine::queue::enqueue.",
		);
	}
	const queues = createQueues(configs, queuePorts);
	const configurations: Record<string, Json> = {
		"iii-state": stateConfiguration(options, persistence.adapter),
	};
	if (hasQueues) configurations["iii-queue"] = queues.configuration;
	const directory = createDirectory({ clock, builtins, owners, configurations, version: like });
	for (const provider of [state, streams, directory, ...(hasQueues ? [queues] : [])]) {
		for (const [id, builtin] of Object.entries(provider.builtins)) builtins.set(id, builtin);
	}
	const enqueue = hasQueues ? queues.enqueue : createProvidedEnqueue({ call, newId });
	const deadlines = createDeadlines({ clock, wait });
	const clientPorts = { wait, newId, functions, triggers, directory, enqueue, deadlines, activity };

	return {
		connect: (connectOptions) => createClient(clientPorts, connectOptions),
		idle: activity.idle,
		calls: functions.counts,
		state: (scope) => copied(Object.fromEntries(state.scope(scope))),
		streamItems: (streamName, groupId) => copied([...streams.items(streamName, groupId)]),
		deadLetters: (queue) => copied([...queues.deadLetters(queue)]),
		owners,
	};
}

/** As iii tells it. */
function stateConfiguration({ state, maxValueBytes }: EngineOptions, kept: Json): JsonObject {
	const adapter = state === "redis" ? { name: "redis" } : kept;
	return { adapter, ...(maxValueBytes === undefined ? {} : { max_value_bytes: maxValueBytes }) };
}

function copied<T>(value: T): T {
	return copyJson(value) as Json as T;
}
