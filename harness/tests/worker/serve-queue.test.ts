// A process that is the queue: what it does when the engine does not answer any more, and what it leaves to others.
import { expect, it } from "vitest";
import { serveQueue } from "../../src/worker/serve-queue.ts";
import { BLOCKED_MS, createWorkerBench } from "./setup.ts";

it("sends a message again whose answer was lost with the engine", async () => {
	const { time, ports, engine, other } = createWorkerBench({ like: "0.23" });
	let deliveries = 0;
	other.registerFunction("f", async () => "done");
	const provider = engine.connect({
		name: "provider",
		link: async ({ function_id }, apply) => {
			if (function_id !== "f" || ++deliveries > 1) return apply();
			return new Promise(() => undefined);
		},
	});
	const scenario = async () => {
		const served = await serveQueue(provider, { queue: "turn-step", blockedMs: BLOCKED_MS }, ports);
		const action = { type: "enqueue", queue: "turn-step" } as const;
		await other.trigger({ function_id: "f", payload: {}, action });
		await time.wait(BLOCKED_MS - 100);
		expect(deliveries).toBe(1);
		await time.wait(2_000);
		expect(deliveries).toBe(2);
		await time.wait(120_000);
		expect(deliveries).toBe(2);
		expect(served.deadLetters()).toEqual([]);
	};
	await time.run(scenario());
});

it("leaves a function on dead letters to whoever has it", async () => {
	const { time, ports, engine, other } = createWorkerBench({ like: "0.23" });
	other.registerFunction("iii::queue::redrive", async () => "theirs");
	const provider = engine.connect({ name: "provider" });
	await time.run(serveQueue(provider, { queue: "turn-step", blockedMs: BLOCKED_MS }, ports));
	expect(Object.fromEntries(engine.owners())).toEqual({
		"engine::queue::enqueue": "provider",
		"engine::queue::dlq_messages": "provider",
		"iii::queue::redrive": "other",
	});
});
