// A turn as it is without this library: a plain load, side effects, a plain save, and some lock around them.

import { type Gather, never, type Property, sometimes } from "../../../src/explore/properties.ts";
import type { FaultBudgets, Process, Scenario } from "../../../src/explore.ts";
import { type SharedState, sharedState } from "./shared-state.ts";

/** A published way to keep others out, for one process. */
export interface Lock {
	/** Whether it got in. */
	acquire(): Promise<boolean>;
	release(): Promise<void>;
}

export type MakeLock = (state: SharedState, process: Process) => Lock;

export interface PlainTurnOptions {
	readonly name: string;
	readonly lock: MakeLock;
	/** Batches of calls, one after the other; the approvals of each wake both workers. */
	readonly batches: number;
	readonly faults?: FaultBudgets;
	readonly properties?: (state: () => SharedState) => readonly Property[];
}

/** What people take until they have looked at the next batch: longer than any TTL here. */
const PEOPLE_TAKE_MS = 60_000;
export const TTL_MS = 1_000;

export function plainTurn({ name, lock, batches, faults = {}, properties }: PlainTurnOptions): Scenario {
	let state: SharedState;
	const reached = `batch ${batches}`;
	return {
		name,
		faults,
		expiryMs: TTL_MS + 1,
		properties: [
			noCallTwice(),
			sometimes(`${reached} runs`, ({ count }) => count(`ran ${reached}`) > 0),
			sometimes("somebody is kept out", ({ count }) => count("kept out") > 0),
			...(properties?.(() => state) ?? []),
		],
		setup(world) {
			state = sharedState(world);
			for (const worker of ["a", "b"]) {
				world.process(
					worker,
					(process) => process.task(() => work(state, process, lock(state, process), batches)),
					{ restarts: false },
				);
			}
		},
	};
}

async function work(state: SharedState, process: Process, lock: Lock, batches: number): Promise<void> {
	for (let batch = 1; batch <= batches; batch++) {
		if (batch > 1) await process.ports.wait(PEOPLE_TAKE_MS);
		if (await lock.acquire()) {
			await transition(state, process, batch);
			await lock.release();
		} else {
			process.note("kept out");
		}
	}
}

async function transition(state: SharedState, process: Process, batch: number): Promise<void> {
	const executed = (await state.get<number>(process, "executed")) ?? 0;
	if (executed >= batch) return;
	await process.call(`runs the call of batch ${batch}`, () => process.note(`ran batch ${batch}`));
	await state.set(process, "executed", batch);
}

function noCallTwice(): Property {
	const gather: Gather<readonly string[]> = {
		from: [],
		next: (ran, event) =>
			event.type === "note" && event.name.startsWith("ran ") ? [...ran, event.name] : ran,
	};
	return never("a call runs twice", ({ gathered }) => new Set(gathered).size < gathered.length, {
		gather,
		when: ({ gathered }) => gathered.length > 0,
	});
}
