// An iii engine in a world: every call to it is a decision, and so is every trigger that it fires.
import { createEngine, type Engine, type EngineClient } from "../engine/index.ts";
import type { Wait } from "../lease/clock.ts";
import type { TriggerRequest } from "../stores/iii-client.ts";
import { createRetry } from "../system/retry.ts";
import type { Queue } from "./queue.ts";
import type { CallOptions, Process, World } from "./scenario.ts";

/** A message as a worker's queue handler gets it. */
export interface FunctionMessage {
	readonly functionId: string;
	readonly payload: unknown;
}

export interface WorldEngine {
	/** A process's connection, with `trigger`, `registerFunction` and `registerTrigger` as iii-sdk's client has them. */
	connect(process: Process): EngineClient;
	/** A connection for setting up and looking: what it calls is done at once. */
	readonly outside: EngineClient;
	readonly state: Engine["state"];
	readonly streamItems: Engine["streamItems"];
}

export interface WorldEngineOptions {
	/** Takes what is enqueued, whatever the name of the queue: a `FunctionMessage` each. */
	readonly queue?: Queue;
	/** State scopes that are written to: they tell states of the world apart. */
	readonly scopes: readonly string[];
	/** Streams that are written to, by name and group. */
	readonly streams?: readonly (readonly [name: string, group: string])[];
	/** Nobody reads streams in the scenario, and an id always stands for the same event: `stream::set` commutes. @default false */
	readonly eventsCommute?: boolean;
}

/** Scopes and streams that are written to and not named make different states look the same. */
export function engineIn(
	world: World,
	{ queue, scopes, streams = [], eventsCommute = false }: WorldEngineOptions,
): WorldEngine {
	let ids = 0;
	/** Of the engine's own waits only the one before a trigger ends: calls do not time out by themselves. */
	const wait: Wait = (delayMs, { background = false } = {}) =>
		delayMs === 0 && !background ? world.event("a state trigger fires") : new Promise(() => undefined);
	const clock = { wallMs: world.nowMs, monotonicMs: world.nowMs };
	const engine = createEngine({ clock, wait, retry: createRetry(wait), newId: () => `engine-${++ids}` });
	world.share({
		key: () =>
			JSON.stringify([
				scopes.map((scope) => Object.entries(engine.state(scope)).sort(([a], [b]) => (a < b ? -1 : 1))),
				streams.map(([name, group]) =>
					engine
						.streamItems(name, group)
						.map(({ item_id }) => item_id)
						.sort(),
				),
			]),
	});
	return {
		outside: engine.connect({ name: "outside", link: (_request, apply) => apply() }),
		state: (scope) => engine.state(scope),
		streamItems: (name, group) => engine.streamItems(name, group),
		connect(process) {
			const client = engine.connect({
				name: process.name,
				link: (request, apply) => {
					if (request.action?.type !== "enqueue" || !queue) {
						return process.call(
							describe(request),
							() => noting(world, engine, request, apply),
							knownOf(request, eventsCommute),
						);
					}
					const { function_id: functionId, payload } = request;
					return queue.send(process, { functionId, payload }).then(() => ({ messageReceiptId: functionId }));
				},
				inbound: ({ function_id, payload }, handle) =>
					process.handle(`${function_id} ${JSON.stringify(payload)}`, handle),
			});
			process.atDeath(() => client.crash());
			return client;
		},
	};
}

/** An event that comes to its stream for the first time is noted, as `<type> on <stream>`: readers count by id. */
function noting(
	world: World,
	engine: Engine,
	{ function_id, payload }: TriggerRequest,
	apply: () => Promise<unknown>,
): Promise<unknown> {
	if (function_id !== "stream::set") return apply();
	const { stream_name, group_id, item_id, data } = payload as Record<string, string> & {
		readonly data?: { readonly type?: string };
	};
	const isNew = !engine
		.streamItems(stream_name ?? "", group_id ?? "")
		.some((item) => item.item_id === item_id);
	if (isNew) world.note(`${data?.type ?? "event"} on ${stream_name}`, data);
	return apply();
}

const READS = ["state::get", "state::list", "state::list_groups", "stream::get", "stream::list"];

const knownOf = ({ function_id }: TriggerRequest, eventsCommute: boolean): CallOptions => ({
	to: "iii",
	readsOnly: READS.includes(function_id),
	commutes: eventsCommute && function_id === "stream::set",
});

function describe({ function_id, payload, action }: TriggerRequest): string {
	const called = action?.type === "enqueue" ? `enqueues ${function_id}` : function_id;
	return `${called} ${JSON.stringify(payload)}`;
}
