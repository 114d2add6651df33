// A worker process on a real iii engine: the same turn, and the same drain.
import { afterAll, beforeAll, describe, it } from "vitest";
import { createSite, isDrainedInTheMiddle, runsATurn } from "../worker/worker-process.ts";
import {
	engineBinary,
	engineHasQueues,
	type RunningEngine,
	startEngine,
	stateStores,
	tellNotTested,
} from "./iii-engine.ts";

if (engineBinary === undefined) {
	tellNotTested("a worker process on a real iii engine", "III_ENGINE names no binary");
}

describe.skipIf(engineBinary === undefined).each(stateStores)(
	"a worker process on a real iii engine, %s",
	(state) => {
		let engine: RunningEngine;
		beforeAll(async () => {
			engine = await startEngine(engineBinary as string, { state });
		}, 30_000);
		afterAll(() => engine.stop());

		it("runs a turn to its end, and is drained in the middle of another", async () => {
			// From 0.21.5 on the engine has no queue of its own.
			await using site = await createSite(engine.url, engineHasQueues ? [] : ["--serve-queue"]);
			await runsATurn(site);
			await isDrainedInTheMiddle(site);
		}, 60_000);
	},
);
