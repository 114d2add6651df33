// A worker process on a real iii engine: the same turn, and the same drain.
import { it } from "vitest";
import { createSite, isDrainedInTheMiddle, runsATurn } from "../worker/worker-process.ts";
import { describeOnEngines, engineHasQueues } from "./iii-engine.ts";

describeOnEngines("a worker process", (engine) => {
	it("runs a turn to its end, and is drained in the middle of another", async () => {
		// From 0.21.5 on the engine has no queue of its own.
		await using site = await createSite(engine().url, engineHasQueues ? [] : ["--serve-queue"]);
		await runsATurn(site);
		await isDrainedInTheMiddle(site);
	}, 60_000);
});
