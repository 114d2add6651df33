// Which worker answers to which function id, and how a call reaches its handler.
import type { FunctionHandler } from "../stores/iii-client.ts";
import type { Activity } from "./activity.ts";
import { EngineError, failureOf } from "./errors.ts";
import { type Builtin, readInput } from "./input.ts";
import { copyJson, type Json } from "./json.ts";

/** The side of a worker's connection that its calls come in on. */
export interface Worker {
	readonly name: string;
	/** How a call travels to the handler, and its answer back. */
	carry(functionId: string, payload: Json, handle: () => Promise<unknown>): Promise<unknown>;
	/** Registers what must happen if the worker goes before it has answered; returns how to take that back. */
	onGone(stop: () => void): () => void;
}

export interface Functions {
	/** @throws EngineError `registration_refused`: the id is the engine's own, or of a live worker that keeps it. */
	register(id: string, worker: Worker, handler: FunctionHandler): void;
	/** Removes the id, unless another worker has registered it since: an earlier registration does not come back. */
	unregister(id: string, worker: Worker): void;
	/** Calls a function with a payload that nobody changes any more. Rejects with an `EngineError`. */
	call(id: string, payload: Json): Promise<unknown>;
	/** How often each function was called, by whomever: clients, triggers, the queue. Not of ids that nobody had. */
	counts(): Readonly<Record<string, number>>;
	/** Who has registered each function: the worker's name, by the function's id. */
	owners(): ReadonlyMap<string, string>;
}

/** Which version of iii it is, where they differ. */
export type Like = "0.21" | "0.23";

interface Registration {
	readonly worker: Worker;
	readonly handler: FunctionHandler;
}

export function createFunctions(
	builtins: ReadonlyMap<string, Builtin>,
	{ activity, like }: { readonly activity: Pick<Activity, "track">; readonly like: Like },
): Functions {
	const registrations = new Map<string, Registration>();
	const counts = new Map<string, number>();
	const place = like === "0.23" ? " in namespace default." : "";

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
					reject(failureOf(thrown, id));
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
			const owner = registrations.get(id)?.worker;
			// To 0.22 the last registration takes every call; since then the first one keeps them.
			if (like === "0.23" && owner) {
				throw new EngineError("registration_refused", `${id} is registered by ${owner.name}`, id);
			}
			registrations.set(id, { worker, handler });
		},
		unregister(id, worker) {
			if (registrations.get(id)?.worker === worker) registrations.delete(id);
		},
		async call(id, payload) {
			if (builtins.has(id) || registrations.has(id)) counts.set(id, (counts.get(id) ?? 0) + 1);
			const builtin = builtins.get(id);
			if (builtin) return copyJson(builtin(readInput(id, payload)));
			const registration = registrations.get(id);
			if (!registration) throw new EngineError("function_not_found", `Function ${id} not found${place}`, id);
			return invoke(id, registration, payload);
		},
		counts: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
		owners: () => new Map([...registrations].map(([id, { worker }]) => [id, worker.name])),
	};
}
