// What a worker has registered over its socket, by its own ids: functions and triggers.
import { bodyOf } from "../engine/errors.ts";
import type { EngineClient } from "../engine/index.ts";
import type { FunctionHandler } from "../stores/iii-client.ts";
import type { TriggerFrame } from "./frames.ts";

export interface Registrations {
	/** Answers false if the id is taken. A second registration by the same worker replaces its first. */
	addFunction(id: string, handler: FunctionHandler): boolean;
	removeFunction(id: string): void;
	/** Answers what is wrong with it: in the words of iii's result frame. */
	addTrigger(frame: TriggerFrame): { readonly code: string; readonly message: string } | undefined;
	removeTrigger(id: string): void;
}

interface Registered {
	unregister(): void;
}

export function createRegistrations(
	client: Pick<EngineClient, "registerFunction" | "registerTrigger">,
): Registrations {
	const functions = new Map<string, Registered>();
	const triggers = new Map<string, Registered>();
	const remove = (from: Map<string, Registered>, id: string) => {
		from.get(id)?.unregister();
		from.delete(id);
	};
	return {
		addFunction(id, handler) {
			remove(functions, id);
			try {
				functions.set(id, client.registerFunction(id, handler));
				return true;
			} catch {
				// It is another worker's or the engine's own: this one costs the worker no other function.
				return false;
			}
		},
		removeFunction: (id) => remove(functions, id),
		addTrigger({ id, trigger_type, function_id, config }) {
			remove(triggers, id);
			try {
				triggers.set(id, client.registerTrigger({ type: trigger_type, function_id, config }));
				return undefined;
			} catch (error) {
				const code = trigger_type === "state" ? "trigger_registration_failed" : "trigger_type_not_found";
				return { code, message: bodyOf(error).message };
			}
		},
		removeTrigger: (id) => remove(triggers, id),
	};
}
