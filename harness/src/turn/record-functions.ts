// The functions of a turn with every run of them written down as an effect of a history.
import type { RecordOptions } from "../history/record-call.ts";
import { createRecordEffect } from "../history/record-effect.ts";
import type { CallContext, TurnFunctions } from "./functions.ts";
import type { FunctionCall } from "./record.ts";

/** `keyOf`: what a run is to be done once for, in the whole history. */
export function recordFunctions(
	functions: TurnFunctions,
	keyOf: (call: FunctionCall, context: CallContext) => string,
	options: RecordOptions,
): TurnFunctions {
	const recordEffect = createRecordEffect(options);
	return {
		needsApproval: (call) => functions.needsApproval(call),
		isIdempotent: (call) => functions.isIdempotent(call),
		run(call, context) {
			const repeatable = functions.isIdempotent(call);
			const effect = {
				key: keyOf(call, context),
				epoch: context.epoch,
				...(repeatable ? { repeatable } : {}),
			};
			return recordEffect(effect, () => functions.run(call, context));
		},
	};
}
