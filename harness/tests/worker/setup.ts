// Workers on the in-process engine, in virtual time.
import {
	createEngine,
	type Engine,
	type EngineClient,
	type EngineOptions,
	type Link,
} from "../../src/engine/index.ts";
import { createVirtualTime, type LeasePorts, type VirtualTime } from "../../src/index.ts";
import type { CallContext, FunctionCall, TurnFunctions, TurnRecord } from "../../src/turn/index.ts";
import { readLettersOf } from "../../src/worker/read-letters.ts";
import { startWorker, type Worker, type WorkerOptions } from "../../src/worker/start-worker.ts";
import { virtualPorts } from "../support/virtual-ports.ts";

export interface TestWorker extends Worker {
	readonly name: string;
	readonly client: EngineClient;
	readonly lines: string[];
	/** Calls one of its functions, as `turn::get_state`, from outside. */
	call(name: string, payload: unknown): Promise<unknown>;
	record(sessionId: string): Promise<TurnRecord>;
}

export interface WorkerBench {
	readonly time: VirtualTime;
	readonly ports: LeasePorts;
	readonly engine: Engine;
	/** A client that no worker owns: other programs. */
	readonly other: EngineClient;
	/** Every run of a function: `<worker> <session>/<call>`. */
	readonly runs: string[];
	worker(name: string, options?: Partial<WorkerOptions>, link?: Link): TestWorker;
	/** Starts a turn of these calls, `{c1: "pay"}`, on the worker. */
	start(worker: TestWorker, sessionId: string, calls: Readonly<Record<string, string>>): Promise<unknown>;
	/** The lease's record as it is stored. */
	stored(sessionId: string): Record<string, unknown>;
}

export interface BenchOptions extends Partial<EngineOptions> {
	/** What the functions of the turns do. Any other answers `done`, and `wait 200` after so many milliseconds. */
	readonly functions?: Readonly<
		Record<string, (call: FunctionCall, context: CallContext) => Promise<unknown>>
	>;
	/** These need approval. */
	readonly approved?: readonly string[];
}

export const BLOCKED_MS = 16_000;

export function createWorkerBench(options: BenchOptions = {}): WorkerBench {
	const { functions = {}, approved = [], ...engineOptions } = options;
	const time = createVirtualTime();
	const ports = virtualPorts(time);
	const queues = engineOptions.like === "0.23" ? {} : { queues: { "turn-step": { max_retries: 8 } } };
	const engine = createEngine({ ...ports, ...queues, ...engineOptions });
	const other = engine.connect({ name: "other" });
	const runs: string[] = [];
	const functionsOf = (name: string): TurnFunctions => ({
		needsApproval: ({ function_id }) => approved.includes(function_id),
		isIdempotent: () => false,
		async run(call, context) {
			runs.push(`${name} ${context.idempotencyKey}`);
			const given = functions[call.function_id];
			if (given) return given(call, context);
			await time.wait(Number(/^wait (\d+)$/.exec(call.function_id)?.[1] ?? 0));
			return "done";
		},
	});
	const worker = (name: string, own: Partial<WorkerOptions> = {}, link?: Link): TestWorker => {
		const client = engine.connect({ name, ...(link ? { link } : {}) });
		const lines: string[] = [];
		const started = startWorker(
			client,
			{
				name,
				owner: name,
				queue: "turn-step",
				scope: "session_lease",
				ttlMs: 15_000,
				skewMs: 1_000,
				slots: 0,
				drainMs: 5_000,
				deadLettersEveryMs: 10_000,
				sweepEveryMs: 60_000,
				retriesMs: undefined,
				functions: functionsOf(name),
				...own,
			},
			{
				...ports,
				say: (line) => lines.push(line),
				readLetters: readLettersOf(client, "turn-step", undefined),
			},
		);
		const call = (id: string, payload: unknown) =>
			other.trigger({ function_id: `${id}::${name}`, payload, timeoutMs: 3_600_000 });
		const record = (session_id: string) => call("turn::get_state", { session_id }) as Promise<TurnRecord>;
		return { ...started, name, client, lines, call, record };
	};
	return {
		time,
		ports,
		engine,
		other,
		runs,
		worker,
		start: (it, session_id, calls) => it.call("turn::start", { session_id, message: messageOf(calls) }),
		stored: (sessionId) => engine.state("session_lease")[sessionId] as Record<string, unknown>,
	};
}

export function messageOf(calls: Readonly<Record<string, string>>): Record<string, unknown> {
	const content = Object.entries(calls).map(([id, function_id]) => ({
		type: "function_call",
		id,
		function_id,
		arguments: {},
	}));
	return { role: "assistant", content, stop_reason: "function_call" };
}

/** Whether somebody holds the session, by its record: the last holder has neither released nor abandoned it. */
export function isHeld(stored: Readonly<Record<string, unknown>>): boolean {
	const epochs = Object.keys(stored).flatMap((field) => /^holder:(\d+)$/.exec(field)?.[1] ?? []);
	const last = Math.max(...epochs.map(Number));
	const fields = Object.entries(stored).filter(([field]) => field.includes(`:${last}.`));
	const isDone = fields.some(([field]) => field.startsWith("done:"));
	const isAbandoned = fields.some(([field, value]) => field.startsWith("until:") && value === 0);
	return !isDone && !isAbandoned;
}

/** A test body on a bench of its own, in virtual time. */
export function onBench(
	options: BenchOptions,
	body: (bench: WorkerBench) => Promise<void>,
): () => Promise<void> {
	return () => {
		const bench = createWorkerBench(options);
		return bench.time.run(body(bench));
	};
}

/** Ends when the signal aborts, as a function of a worker does. */
export function untilEnded(_call: FunctionCall, { signal }: CallContext): Promise<never> {
	return new Promise((_resolve, reject) => {
		signal.addEventListener("abort", () => reject(signal.reason), { once: true });
	});
}
