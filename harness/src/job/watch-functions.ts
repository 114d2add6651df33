// The functions of a turn with every run of them counted and told.
import type { TurnFunctions } from "../turn/functions.ts";
import type { JobEvent } from "./run-job.ts";

export interface FunctionWatch {
	/** Readable name of who runs them. */
	readonly worker: string;
	/** How often each call was started, by call id: counted up here. */
	readonly runs: Map<string, number>;
	readonly observe: ((event: JobEvent) => void) | undefined;
}

export function watchFunctions(
	functions: TurnFunctions,
	{ worker, runs, observe }: FunctionWatch,
): TurnFunctions {
	return {
		needsApproval: (call) => functions.needsApproval(call),
		isIdempotent: (call) => functions.isIdempotent(call),
		async run(call, context) {
			const callId = call.id;
			runs.set(callId, (runs.get(callId) ?? 0) + 1);
			observe?.({ type: "call_started", callId, worker });
			try {
				return await functions.run(call, context);
			} finally {
				observe?.({ type: "call_ended", callId, worker });
			}
		},
	};
}
