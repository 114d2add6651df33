// An iii engine inside this process, everything in memory: for development, tests and simulation.
import type { Clock, Retry, Wait } from "../lease/clock.ts";
import { createActivity } from "./activity.ts";
import { type ConnectOptions, createClient, type EngineClient } from "./client.ts";
import { createDeadlines } from "./deadlines.ts";
import { createFunctions, type Functions } from "./functions.ts";
import type { Builtin } from "./input.ts";
import { copyJson, type Json } from "./json.ts";
import type { DeadLetter } from "./queue.ts";
import type { QueueConfig } from "./queue-config.ts";
import { createQueues } from "./queues.ts";
import { createState } from "./state.ts";
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
	/** How often each function was called, by whomever, in the order of their ids. */
	calls(): Readonly<Record<string, number>>;
	/** The values of a state scope by key, as `state::list` does not tell them. */
	state(scope: string): Readonly<Record<string, unknown>>;
	/** The items of a stream's group, in the order in which their ids first came. */
	streamItems(streamName: string, groupId: string): readonly StreamItem[];
	/** The newest first. @throws TypeError if there is no such queue. */
	deadLetters(queue: string): readonly DeadLetter[];
}

/**
 * An iii engine inside this process: state, state triggers, streams and a queue, everything in memory and gone with it.
 *
 * It follows iii 0.21.4 as far as that could be read and run. Not promised: durability, an order of keys in objects
 * (iii sorts them), numbers beyond 2^53, stream subscribers, topics, other triggers than state ones, access control.
 * Otherwise than in iii 0.21.4, groups of a fifo queue run in parallel, as in the standalone queue worker; backoffs end
 * on time, not at the next poll; there is no queue `default` unless it is given; worker functions cannot replace the
 * engine's own; an undefined payload and an unknown trigger type are errors at once.
 * @throws TypeError if a queue's configuration is not as expected.
 */
export function createEngine(options: EngineOptions): Engine {
	const { clock, wait, retry, newId, queues: configs = {}, deliverTwice = false } = options;
	const activity = createActivity();
	const builtins = new Map<string, Builtin>();
	const functions: Functions = createFunctions(builtins, activity);
	const { call } = functions;
	const triggers = createStateTriggers({ call, wait, activity });
	const state = createState(triggers.fire);
	const streams = createStreams();
	const queues = createQueues(configs, { clock, wait, retry, newId, call, activity, deliverTwice });
	for (const provider of [state, streams, queues]) {
		for (const [id, builtin] of Object.entries(provider.builtins)) builtins.set(id, builtin);
	}
	const deadlines = createDeadlines({ clock, wait });
	const clientPorts = { wait, newId, functions, triggers, queues, deadlines, activity };

	return {
		connect: (connectOptions) => createClient(clientPorts, connectOptions),
		idle: activity.idle,
		calls: functions.counts,
		state: (scope) => copied(Object.fromEntries(state.scope(scope))),
		streamItems: (streamName, groupId) => copied([...streams.items(streamName, groupId)]),
		deadLetters: (queue) => copied([...queues.deadLetters(queue)]),
	};
}

function copied<T>(value: T): T {
	return copyJson(value) as Json as T;
}
