// A transition's ports on iii: records in state, wakes on a queue, events on a stream.

import type { Leases } from "../lease/leases.ts";
import type { OutboxEvent } from "../lease/outbox.ts";
import { withTimeout } from "../stores/call-timeout.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import type { Machine } from "../transition/machine.ts";
import type { PlainRecords, SerializedPorts } from "../transition/ports.ts";

export interface IIIPortsOptions<R> {
	readonly machine: Machine<R>;
	readonly leases: Leases<R>;
	readonly newId: () => string;
	/** The queue that wakes go to. @default "turn-step" */
	readonly queue?: string;
	/** The function that a wake for a state calls. @default `turn::<state>` */
	readonly functionOf?: (state: string) => string;
	/** Where plain records are. @default "turn_state" */
	readonly recordScope?: string;
	/** The stream that events go to. @default "agent::events" */
	readonly stream?: string;
	/** How long one call to the engine may take, in milliseconds; well under the TTL. @default 5_000 */
	readonly timeoutMs?: number;
	/** Saves each commit to the plain record too, unfenced. @default false */
	readonly projects?: boolean;
}

export type IIIPorts<R> = SerializedPorts<R> & { readonly plain: PlainRecords<R> };

const TURN_END_STREAM = "agent::turn_end";

export function iiiPorts<R>(iii: Pick<IIIClient, "trigger">, options: IIIPortsOptions<R>): IIIPorts<R> {
	const { queue = "turn-step", recordScope: scope = "turn_state", stream = "agent::events" } = options;
	const { functionOf = (state: string) => `turn::${state}` } = options;
	const engine = withTimeout(iii, options.timeoutMs);
	const call = (function_id: string, payload: object) => engine.trigger({ function_id, payload });
	return {
		machine: options.machine,
		leases: options.leases,
		newId: options.newId,
		projects: options.projects ?? false,
		plain: {
			async load(sessionId) {
				return (await call("state::get", { scope, key: sessionId })) ?? undefined;
			},
			async save(sessionId, value) {
				await call("state::set", { scope, key: sessionId, value });
			},
		},
		async wake(session_id, state) {
			const action = { type: "enqueue", queue } as const;
			await engine.trigger({ function_id: functionOf(state), payload: { session_id }, action });
		},
		async send(group_id, { id, event }: OutboxEvent) {
			const item = { group_id, item_id: id, data: event };
			await call("stream::set", { stream_name: stream, ...item });
			if (typeOf(event) === "turn_end") await call("stream::set", { stream_name: TURN_END_STREAM, ...item });
		},
	};
}

function typeOf(event: unknown): unknown {
	return (event as { type?: unknown } | null)?.type;
}
