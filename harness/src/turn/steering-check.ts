// The state `steering_check`: the host's loop decides whether the model is asked again; without a host the turn stops.
import type { Handle } from "../transition/context.ts";
import type { TurnRecord } from "./record.ts";

export function stopTurn(nowMs: () => number): Handle<TurnRecord> {
	return async (record) => ({ ...record, state: "stopped", updated_at_ms: nowMs() });
}
