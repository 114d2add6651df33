// Steps that fail and are tried again, in miniature: what the ways of failing a task have in common.
import type { FaultBudgets } from "../explore/faults.ts";
import type { Process, World } from "../explore/scenario.ts";
import { itemsOf, type Size, serveAll, sizeText } from "./miniature.ts";

/** Items are tasks, each with one step. */
export interface Steps extends Size {
	/** How often a durable runtime tries a step that throws, before it gives up; 1: no step throws. */
	readonly deliveries: number;
}

/** For scenarios' names. */
export const stepsText = (steps: Steps, faults?: FaultBudgets): string =>
	`deliveries ${steps.deliveries}, ${sizeText(steps, faults)}`;

export const announced = (task: string): string => `task_failed of ${task}`;

/** Each step has its task fail, and throws: what a durable runtime tries again, the queue brings again. */
export function serveSteps(
	world: World,
	steps: Steps,
	failTask: (process: Process, task: string) => Promise<void>,
): void {
	const tried = world.value<Readonly<Record<string, number>>>({});
	const countTry = (task: string): number => {
		const attempts = (tried.get()[task] ?? 0) + 1;
		tried.set({ ...tried.get(), [task]: attempts });
		return attempts;
	};
	const queue = world.queue("steps");
	for (const task of itemsOf(steps)) queue.put({ task });
	serveAll(world, queue, steps, async (process, message) => {
		const { task } = message as { readonly task: string };
		const attempt = steps.deliveries > 1 ? await process.call(`screens ${task}`, () => countTry(task)) : 1;
		await failTask(process, task);
		if (attempt < steps.deliveries) throw new Error(`The prompt of ${task} is blocked.`);
	});
}
