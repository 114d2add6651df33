// What a turn may call besides the functions that a worker has itself: any function of the engine.
import { untilAborted } from "../lease/until-aborted.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import { refusalOf } from "../survey/ask.ts";
import type { TurnFunctions } from "../turn/functions.ts";
import type { FunctionCall } from "../turn/record.ts";

export interface EngineFunctionsOptions {
	/** The functions that the worker has itself. */
	readonly own: TurnFunctions;
	readonly isOwn: (call: FunctionCall) => boolean;
}

/** The engine's answer to a call is awaited for so long; it may run on after that. */
const CALL_MS_MAX = 60_000;

/** Early iii-sdks reject with what is no `Error`: whoever reads the turn is to see what it says. */
function throwError(error: unknown): never {
	throw error instanceof Error ? error : new Error(refusalOf(error).message, { cause: error });
}

/** Any other function is called on the engine: somebody has to allow it, and it is never run twice. */
export function withEngineFunctions(
	iii: Pick<IIIClient, "trigger">,
	{ own, isOwn }: EngineFunctionsOptions,
): TurnFunctions {
	return {
		needsApproval: (call) => !isOwn(call) || own.needsApproval(call),
		isIdempotent: (call) => isOwn(call) && own.isIdempotent(call),
		run(call, context) {
			if (isOwn(call)) return own.run(call, context);
			const { function_id, arguments: payload = {} } = call;
			const request = { function_id, payload, timeoutMs: CALL_MS_MAX };
			return untilAborted(() => iii.trigger(request).catch(throwError), context.signal);
		},
	};
}
