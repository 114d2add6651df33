// Which worker answers to which function id, and how a call reaches its handler.
import type { FunctionHandler } from "../stores/iii-client.ts";
import type { Activity } from "./activity.ts";
import { EngineError, messageOf } from "./errors.ts";
import { type Builtin, readInput } from "./input.ts";
import { copyJson, type Json } from "./json.ts";

/** The side of a worker's connection that its calls come in on. */
export interface Worker {
	/** How a call travels to the handler, and its answer back. */
	carry(functionId: string, payload: Json, handle: () => Promise<unknown>): Promise<unknown>;
	/** Registers what must happen if the worker goes before it has answered; returns how to take that back. */
	onGone(stop: () => void): () => void;
}

export interface Functions {
	/** The last registration of an id takes every call. @throws EngineError `registration_refused` */
	register(id: string, worker: Worker, handler: FunctionHandler): void;
	/** Removes the id, unless another worker has registered it since: an earlier registration does not come back. */
	unregister(id: string, worker: Worker): void;
	/** Calls a function with a payload that nobody changes any more. Rejects with an `EngineError`. */
	call(id: string, payload: Json): Promise<unknown>;
	/** How often each function was called, by whomever: clients, triggers, the queue. */
	counts(): Readonly<Record<string, number>>;
}

interface Registration {
	readonly worker: Worker;
	readonly handler: FunctionHandler;
}

export function createFunctions(
	builtins: ReadonlyMap<string, Builtin>,
	activity: Pick<Activity, "track">,
): Functions {
	const registrations = new Map<string, Registration>();
	const counts = new Map<string, number>();

	const invoke = (id: string, { worker, handler }: Registration, payload: Json) => {
		const answer = new Promise<unknown>((resolve, reject) => {
			const forget = worker.onGone(() =>
				reject(new EngineError("invocation_stopped", "Invocation stopped", id)),
			);
			const run = async () => {
				try {
					const result = await worker.carry(id, payload, async () => handler(copyJson(payload)));
					// As on the wire, where a result of null is no result.
					resolve(copyJson(result) ?? undefined);
				} catch (thrown) {
					reject(new EngineError("invocation_failed", messageOf(thrown), id));
				} finally {
					forget();
				}
			};
			void run();
		});
		activity.track(answer);
		return answer;
	};

	return {
		register(id, worker, handler) {
			if (builtins.has(id)) throw new EngineError("registration_refused", `${id} is the engine's own`, id);
			registrations.set(id, { worker, handler });
		},
		unregister(id, worker) {
			if (registrations.get(id)?.worker === worker) registrations.delete(id);
		},
		async call(id, payload) {
			counts.set(id, (counts.get(id) ?? 0) + 1);
			const builtin = builtins.get(id);
			if (builtin) return copyJson(builtin(readInput(id, payload)));
			const registration = registrations.get(id);
			if (!registration) throw new EngineError("function_not_found", `Function ${id} not found`, id);
			return invoke(id, registration, payload);
		},
		counts: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
	};
}
