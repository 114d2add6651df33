// Turns on the in-process engine, in virtual time: workers that share it, functions that are told what to do, and what
// can be seen of it all from outside.
import {
	createEngine,
	type Engine,
	type EngineClient,
	type Link,
	type QueueConfig,
} from "../../src/engine/index.ts";
import { createLeases, createVirtualTime, type LeasePorts, type VirtualTime } from "../../src/index.ts";
import {
	type AssistantMessage,
	type CallContext,
	type FunctionCall,
	iiiStore,
	type RegisteredTurn,
	type RegisterTurnOptions,
	registerTurn,
	type TurnFunctions,
	type TurnRecord,
} from "../../src/turn/index.ts";
import { virtualPorts } from "../support/virtual-ports.ts";

export const SESSION = "s";

/** What a function of a test does; by default it needs approval and answers its own id. */
export interface TestFunction {
	readonly needsApproval?: boolean;
	readonly isIdempotent?: boolean;
	readonly run?: (call: FunctionCall, context: CallContext) => Promise<unknown>;
}

/** One run of a call, as the function saw it. */
export interface Run extends Pick<CallContext, "epoch" | "idempotencyKey" | "signal"> {
	readonly callId: string;
	readonly functionId: string;
	readonly args: unknown;
	readonly worker: string;
}

export interface TurnWorker {
	readonly name: string;
	readonly client: EngineClient;
	readonly turn: RegisteredTurn;
	/** Calls one of this worker's functions, as `turn::get_state`, and answers as it does. */
	call(name: string, payload: unknown): Promise<unknown>;
	resolve(callId: string, decision: unknown, reason?: unknown): Promise<unknown>;
}

export interface WorkerOptions extends Partial<RegisterTurnOptions> {
	/** How the worker's own calls travel. @default a short way */
	readonly link?: Link;
}

export interface TurnBench {
	readonly time: VirtualTime;
	/** What leases in this time are made of. */
	readonly ports: LeasePorts;
	readonly engine: Engine;
	/** A client that no worker owns: other programs. */
	readonly other: EngineClient;
	readonly runs: Run[];
	worker(name: string, options?: WorkerOptions): TurnWorker;
	/** Sets a decision as other programs do, without `approval::resolve`. */
	setPlain(callId: string, value: unknown): Promise<void>;
	/** The claims and the plain fields of a decision, as stored. */
	approval(callId: string): unknown;
	/** Resolves when nothing is queued or under way any more. */
	settled(): Promise<void>;
	/** The turn record as `turn::get_state` shows it. */
	record(): Promise<TurnRecord>;
	/** Events on `agent::events`, counted by id, in short: `function_execution_start c1`, `turn_end`. */
	events(): string[];
	/** How often each call was run. */
	timesRun(): Record<string, number>;
}

export interface TurnBenchOptions {
	readonly functions?: Readonly<Record<string, TestFunction>>;
	readonly serialize?: boolean;
	readonly deliverTwice?: boolean;
	/** @default one whose deliveries outlast the lease of a dead worker */
	readonly queue?: QueueConfig;
}

/** Its deliveries, at 0, 1, 3, 7, 15, 31 … s, outlast the lease of a dead worker. */
const QUEUE = { max_retries: 8, backoff_ms: 1_000 };

export function createTurnBench(options: TurnBenchOptions = {}): TurnBench {
	const time = createVirtualTime();
	const ports = virtualPorts(time);
	const queues = { "turn-step": options.queue ?? QUEUE };
	const engine = createEngine({ ...ports, queues, deliverTwice: options.deliverTwice ?? false });
	const other = engine.connect({ name: "other" });
	const runs: Run[] = [];
	const bench: TurnBench = {
		time,
		ports,
		engine,
		other,
		runs,
		worker: (name, own = {}) => startWorker(bench, { name, ports, own, ...options }),
		async setPlain(callId, value) {
			const payload = { scope: "approvals", key: `${SESSION}/${callId}`, value };
			await other.trigger({ function_id: "state::set", payload });
		},
		approval: (callId) => engine.state("approvals")[`${SESSION}/${callId}`],
		settled: () => engine.idle(),
		async record() {
			const leases = createLeases<TurnRecord>({ store: iiiStore(other), ports });
			const { valueText } = await leases.inspect(SESSION);
			return (
				valueText === undefined ? engine.state("turn_state")[SESSION] : JSON.parse(valueText)
			) as TurnRecord;
		},
		events: () =>
			engine.streamItems("agent::events", SESSION).map(({ data }) => {
				const { type, function_call_id } = data as { type: string; function_call_id?: string };
				return function_call_id === undefined ? type : `${type} ${function_call_id}`;
			}),
		timesRun() {
			const times: Record<string, number> = {};
			for (const { callId } of runs) times[callId] = (times[callId] ?? 0) + 1;
			return times;
		},
	};
	return bench;
}

interface WorkerSetup extends TurnBenchOptions {
	readonly name: string;
	readonly ports: LeasePorts;
	readonly own: WorkerOptions;
}

/** A worker started again under the name of a dead one takes its functions over. */
function startWorker(bench: TurnBench, setup: WorkerSetup): TurnWorker {
	const { name, ports, functions = {}, serialize = true } = setup;
	const { link, ...own } = setup.own;
	const client = bench.engine.connect({ name, ...(link ? { link } : {}) });
	const turnFunctions: TurnFunctions = {
		needsApproval: ({ function_id }) => functions[function_id]?.needsApproval ?? true,
		isIdempotent: ({ function_id }) => functions[function_id]?.isIdempotent ?? false,
		async run(call, context) {
			const { epoch, idempotencyKey, signal } = context;
			const { id: callId, function_id: functionId, arguments: args } = call;
			bench.runs.push({ callId, functionId, args, worker: name, epoch, idempotencyKey, signal });
			const run = functions[functionId]?.run;
			return run ? run(call, context) : `result of ${callId}`;
		},
	};
	const turn = registerTurn(client, {
		functions: turnFunctions,
		leases: createLeases<TurnRecord>({ store: iiiStore(client), ports, owner: name }),
		newId: ports.newId,
		nowMs: ports.clock.wallMs,
		worker: name,
		serialize,
		...own,
	});
	const call = (functionName: string, payload: unknown) =>
		client.trigger({ function_id: `${functionName}::${name}`, payload });
	return {
		name,
		client,
		turn,
		call,
		resolve: (function_call_id, decision, reason) =>
			call("approval::resolve", {
				session_id: SESSION,
				function_call_id,
				decision,
				...(reason === undefined ? {} : { reason }),
			}),
	};
}

/** The assistant's message that asks for calls, in the shape of iii's providers: `{c1: "pay"}`. */
export function message(calls: Readonly<Record<string, string>>): AssistantMessage {
	return messageOf(Object.entries(calls).map(([id, functionId]) => ({ id, functionId })));
}

export function messageOf(
	calls: readonly { readonly id: string; readonly functionId: string; readonly payload?: unknown }[],
): AssistantMessage {
	return {
		role: "assistant",
		content: calls.map(({ id, functionId, payload = {} }) => ({
			type: "function_call",
			id,
			function_id: "agent_trigger",
			arguments: { function: functionId, payload },
		})),
		stop_reason: "function_call",
	};
}

/** A test body on a bench of its own, in virtual time. */
export function onTurns(
	options: TurnBenchOptions,
	body: (bench: TurnBench) => Promise<void>,
): () => Promise<void> {
	return () => {
		const bench = createTurnBench(options);
		return bench.time.run(body(bench));
	};
}

export const never = (): Promise<never> => new Promise(() => undefined);
