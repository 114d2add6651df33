// An engine on virtual time, and what its tests ask of it again and again.
import {
	type ConnectOptions,
	createEngine,
	type Engine,
	type EngineClient,
	type EngineOptions,
} from "../../src/engine/index.ts";
import { createRetry } from "../../src/system/retry.ts";
import { createVirtualTime, type VirtualTime } from "../../src/system/virtual-time.ts";

export interface Setup {
	readonly time: VirtualTime;
	readonly engine: Engine;
	/** A client that nobody crashes. */
	readonly client: EngineClient;
	connect(options?: ConnectOptions): EngineClient;
	/** Runs virtual time until the work is done. */
	run<T>(work: Promise<T>): Promise<T>;
	/** Calls a function as `client`, and runs until it answers. */
	call(functionId: string, payload: unknown): Promise<unknown>;
	/** Enqueues as `client`, and runs until the answer. */
	enqueue(queue: string, functionId: string, payload: unknown): Promise<unknown>;
	nowMs(): number;
}

export function setup(options: Partial<EngineOptions> = {}): Setup {
	const time = createVirtualTime();
	let ids = 0;
	const engine = createEngine({
		clock: time.clock,
		wait: time.wait,
		retry: createRetry(time.wait),
		newId: () => `id-${++ids}`,
		...options,
	});
	const client = engine.connect({ name: "tester" });
	return {
		time,
		engine,
		client,
		connect: engine.connect,
		run: (work) => time.run(work),
		call: (function_id, payload) => time.run(client.trigger({ function_id, payload })),
		enqueue: (queue, function_id, payload) =>
			time.run(client.trigger({ function_id, payload, action: { type: "enqueue", queue } })),
		nowMs: time.clock.monotonicMs,
	};
}

/** What became of a promise, without throwing: `{code}` of a rejection, and its message if it has no code. */
export async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
	try {
		return { answer: await work };
	} catch (error) {
		const { code, message } = error as { code?: string; message: string };
		return code === undefined ? { message } : { code };
	}
}
