// The engine in this process as a job sees one behind a URL: over connections, and on virtual time.
import { createEngine, createNearLink, type Engine, type QueueConfig } from "../../src/engine/index.ts";
import { startRemoteEngine } from "../../src/job/remote-engine.ts";
import type { IIIConnection } from "../../src/stores/connect-iii.ts";
import type { TriggerRequest } from "../../src/stores/iii-client.ts";
import { createRetry } from "../../src/system/retry.ts";
import type { EngineOf } from "./seeded-job.ts";

export interface RemoteSetup {
	/** Of the queue of the wakes. @default iii's own: three deliveries in three seconds */
	readonly queue?: QueueConfig;
	/** Whether a call is never answered. @default none */
	readonly swallows?: (request: TriggerRequest) => boolean;
	/** Told of the engine before the job begins. */
	readonly onEngine?: (engine: Engine) => void;
}

export const SHOWN_URL = "ws://engine";

export function remotely({ queue = {}, swallows = () => false, onEngine }: RemoteSetup = {}): EngineOf {
	return ({ clock, wait, newId }) => {
		const engine = createEngine({
			clock,
			wait,
			newId,
			retry: createRetry(wait),
			queues: { "turn-step": queue },
		});
		onEngine?.(engine);
		const near = createNearLink(wait);
		const connectNamed = (name: string): IIIConnection => {
			const client = engine.connect({
				name,
				link: (request, apply) => (swallows(request) ? new Promise(() => undefined) : near(request, apply)),
			});
			return { ...client, shutdown: async () => client.disconnect() };
		};
		const connections = { url: SHOWN_URL, beside: connectNamed("beside"), connectNamed };
		return (setup) => startRemoteEngine(setup, connections);
	};
}
