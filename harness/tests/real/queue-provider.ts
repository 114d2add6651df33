// The queue of a real iii engine that has none: this library's own, served by the process that tests.
import { realPorts } from "../../src/index.ts";
import { connectIII } from "../../src/stores/connect-iii.ts";
import { serveQueue } from "../../src/worker/serve-queue.ts";
import { engineHasQueues } from "./iii-engine.ts";

export interface QueueProvider {
	stop(): Promise<void>;
}

/** From 0.21.5 on messages go to whoever serves them; `undefined`: the engine has queues of its own. */
export async function startQueueProvider(url: string): Promise<QueueProvider | undefined> {
	if (engineHasQueues) return undefined;
	const iii = await connectIII(url, { name: "queue-provider" });
	const served = await serveQueue(iii, { queue: "turn-step", blockedMs: 2_000 }, realPorts);
	return {
		async stop() {
			served.unregister();
			await iii.shutdown();
		},
	};
}
