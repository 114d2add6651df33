// A workbench for transitions: a small machine, workers that run it, and one journal of what each of them did.
import type { LeaseEvent, Leases, OutboxEvent, TransientError } from "../../src/index.ts";
import type { TransitionAnswer } from "../../src/transition/answer.ts";
import type { Handle } from "../../src/transition/context.ts";
import type { Machine } from "../../src/transition/machine.ts";
import type { PlainRecords, SerializedPorts } from "../../src/transition/ports.ts";
import { runSerialized } from "../../src/transition/run-serialized.ts";
import { startSession } from "../../src/transition/session.ts";
import { type Bench, createBench, SESSION, type Worker, type WorkerOptions } from "../support/bench.ts";
import type { Outcome } from "../support/simulation.ts";

/** A record of the machine: any state, `parked` waits, `done` and `failed` are terminal. */
export interface Doc {
	state: string;
	notes: string[];
	error?: { kind: string; message: string };
}

export const doc = (state: string, ...notes: string[]): Doc => ({ state, notes });

export const machine: Machine<Doc> = {
	stateOf: (record) => record.state,
	waiting: ["parked"],
	terminal: ["done", "failed"],
	fail(record, error, emit) {
		emit("failed");
		return { ...record, state: "failed", error: { kind: "transition_error", message: messageOf(error) } };
	},
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A handler that goes to a state, and notes and emits what it is given. */
export const goTo =
	(state: string, ...events: string[]): Handle<Doc> =>
	async (record, context) => {
		for (const event of events) context.emit(event);
		return { ...record, state };
	};

export const never = (): Promise<never> => new Promise(() => undefined);

/** What a worker's ports do beyond what they are for; they may be changed at any time. */
export interface Hooks {
	beforeSend?: (event: OutboxEvent) => Promise<void> | void;
	beforeWake?: (state: string) => Promise<void> | void;
	beforeSave?: (record: Doc) => Promise<void> | void;
	/** Before the worker acquires the session once more by itself. */
	afterRelease?: () => Promise<void> | void;
}

export interface Runner extends Worker {
	readonly ports: SerializedPorts<Doc> & { readonly plain: PlainRecords<Doc> };
	readonly hooks: Hooks;
	/** A wake for a state, as the queue would deliver it. */
	run(state: string, handle?: Handle<Doc>): Promise<TransitionAnswer>;
	/** The same in a process that may die of it. */
	runOrDie(state: string, handle?: Handle<Doc>): Promise<Outcome<TransitionAnswer>>;
	/** What this worker did since the last time, in order: store calls in short, `send …`, `wake …`, `load`, `save …`. */
	journal(): string[];
}

export interface RunnerOptions extends WorkerOptions {
	readonly projects?: boolean;
}

export interface World extends Bench {
	/** States that the session was woken for. */
	readonly wakes: string[];
	/** Every event that was sent, also when it was sent again. */
	readonly sent: OutboxEvent[];
	/** The plain records. */
	readonly plain: Map<string, Doc>;
	/** What happened to leases, of all workers. */
	readonly leaseEvents: LeaseEvent[];
	runner(name: string, options?: RunnerOptions): Runner;
	/** A worker that has started the session with this record, and so has a hint; nothing of it is in any journal. */
	started(name: string, record: Doc, options?: RunnerOptions): Promise<Runner>;
	/** The session's record, as anybody would load it next. */
	stored(): Promise<Doc | undefined>;
	/** How many turned-away attempts there were, over all workers. */
	turnedAway(): number;
}

export function createWorld(): World {
	const bench = createBench();
	const shared = { wakes: [] as string[], sent: [] as OutboxEvent[], plain: new Map<string, Doc>() };
	const leaseEvents: LeaseEvent[] = [];
	const world: World = {
		...bench,
		...shared,
		leaseEvents,
		runner: (name, options = {}) => createRunner(world, name, options),
		async started(name, record, options) {
			const runner = world.runner(name, options);
			await startSession(runner.ports, SESSION, record);
			runner.journal();
			world.wakes.length = 0;
			return runner;
		},
		async stored() {
			const { valueText } = await bench.worker(`look-${++looks}`).leases.inspect(SESSION);
			return valueText === undefined ? undefined : JSON.parse(valueText);
		},
		turnedAway: () => leaseEvents.filter(({ type }) => type === "turned_away").length,
	};
	let looks = 0;
	return world;
}

function createRunner(world: World, name: string, { projects = false, ...options }: RunnerOptions): Runner {
	const worker = world.worker(name, { observe: (event) => world.leaseEvents.push(event), ...options });
	const hooks: Hooks = {};
	const entries: string[] = [];
	const note = (entry: string) => entries.push(...worker.calls(), entry);
	/** A port of this process: a dead one reaches nobody. */
	const reach = async <T>(act: () => Promise<T> | T): Promise<T> => {
		if (worker.process.crashed) return never();
		const answer = await act();
		return worker.process.crashed ? never() : answer;
	};
	let acquired = 0;
	const leases = worker.leases as Leases<Doc>;
	const ports: Runner["ports"] = {
		machine,
		leases: {
			...leases,
			acquire: async (sessionId, options) => {
				if (++acquired > 1) await reach(() => hooks.afterRelease?.());
				return reach(() => leases.acquire(sessionId, options));
			},
		},
		projects,
		newId: worker.process.ports.newId,
		wake: (_sessionId, state) =>
			reach(async () => {
				note(`wake ${state}`);
				await reach(() => hooks.beforeWake?.(state));
				world.wakes.push(state);
			}),
		send: (_sessionId, event) =>
			reach(async () => {
				note(`send ${event.event}`);
				await reach(() => hooks.beforeSend?.(event));
				world.sent.push(event);
			}),
		plain: {
			load: (sessionId) =>
				reach(() => {
					note("load");
					return structuredClone(world.plain.get(sessionId));
				}),
			save: (sessionId, record) =>
				reach(async () => {
					note(`save ${record.state}`);
					await reach(() => hooks.beforeSave?.(record));
					world.plain.set(sessionId, JSON.parse(JSON.stringify(record)));
				}),
		},
	};
	const run = (state: string, handle: Handle<Doc> = async (record) => record) => {
		acquired = 0;
		return runSerialized(ports, { sessionId: SESSION, state, handle });
	};
	return {
		...worker,
		ports,
		hooks,
		run,
		runOrDie: (state, handle) => worker.process.run(() => run(state, handle)),
		journal() {
			entries.push(...worker.calls());
			return entries.splice(0);
		},
	};
}

/** A test body in a world of its own, in virtual time. */
export function inWorld(body: (world: World) => Promise<void>): () => Promise<void> {
	return () => {
		const world = createWorld();
		return world.time.run(body(world));
	};
}

/** Somebody is turned away while the session is held. */
export async function bounce(world: World, name: string, state: string): Promise<TransientError> {
	const error = await world
		.runner(name)
		.run(state)
		.then(
			() => undefined,
			(reason: unknown) => reason,
		);
	if ((error as { code?: unknown } | undefined)?.code !== "lease_held") throw new Error("Expected a bounce.");
	return error as TransientError;
}
