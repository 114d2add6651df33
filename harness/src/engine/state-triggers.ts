// State triggers: which functions hear of a write. At most once, without retry, in no promised order, and before or
// after the writer has its answer: on a real engine (0.21.4) two handlers of three had started before it.
import type { Wait } from "../lease/clock.ts";
import type { RegisterTriggerRequest } from "../stores/iii-client.ts";
import type { Activity } from "./activity.ts";
import { EngineError } from "./errors.ts";
import { copyJson, isObject, type Json } from "./json.ts";
import type { StateEvent } from "./state.ts";

export interface StateTriggers {
	/** Returns how to unregister it. @throws EngineError `registration_refused`: an unknown type, a malformed config */
	register(request: RegisterTriggerRequest): () => void;
	/** Tells the triggers of a write. The write never waits for them, and never fails because of them. */
	fire(event: StateEvent): void;
}

interface StateTrigger {
	readonly functionId: string;
	readonly scope: string | undefined;
	readonly key: string | undefined;
	readonly conditionId: string | undefined;
}

export function createStateTriggers({
	call,
	wait,
	delayMs,
	activity,
}: {
	readonly call: (functionId: string, payload: Json) => Promise<unknown>;
	readonly wait: Wait;
	/** Drawn for each write: how long until its triggers are told. */
	readonly delayMs: () => number;
	readonly activity: Pick<Activity, "track">;
}): StateTriggers {
	const triggers = new Set<StateTrigger>();

	const tell = async (trigger: StateTrigger, event: StateEvent) => {
		// A condition lets everything pass but `false`.
		if (trigger.conditionId !== undefined) {
			if ((await call(trigger.conditionId, { ...event })) === false) return;
		}
		await call(trigger.functionId, { ...event });
	};

	const tellAll = async (told: readonly StateTrigger[], event: StateEvent) => {
		await wait(delayMs());
		for (const trigger of told) {
			// One after the other, as in iii: a handler that hangs keeps this write from those after it.
			await tell(trigger, event).catch(ignoreFailure);
		}
	};

	return {
		register(request) {
			const trigger = readTrigger(request);
			triggers.add(trigger);
			return () => triggers.delete(trigger);
		},
		fire(event) {
			if (triggers.size === 0) return;
			const told = [...triggers].filter(
				({ scope, key }) =>
					(scope === undefined || scope === event.scope) && (key === undefined || key === event.key),
			);
			if (told.length > 0) activity.track(tellAll(told, event));
		},
	};
}

/** A trigger is told at most once: iii logs what its condition or its handler threw, and goes on. */
function ignoreFailure(): void {}

function readTrigger({ type, function_id, config }: RegisterTriggerRequest): StateTrigger {
	const refuse = (reason: string) => new EngineError("registration_refused", reason, function_id);
	if (type !== "state") throw refuse(`Trigger type "${type}" not found: this engine has "state" only`);
	const fields = copyJson(config);
	if (!isObject(fields)) throw refuse("Expected the trigger's config to be an object");
	const optionalText = (name: string) => {
		const value = fields[name] ?? undefined;
		if (value === undefined || typeof value === "string") return value;
		throw refuse(`Expected the trigger's \`${name}\` to be a string, got \`${JSON.stringify(value)}\``);
	};
	return {
		functionId: function_id,
		scope: optionalText("scope"),
		key: optionalText("key"),
		conditionId: optionalText("condition_function_id"),
	};
}
