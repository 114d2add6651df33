// The lives of the processes: how they begin, how they end, and what comes after.
import type { FaultsLeft } from "./faults.ts";
import { expectNewName } from "./names.ts";
import type { Network } from "./network.ts";
import { type ProcessPlan, type ProcessWorld, WorldProcess } from "./process.ts";
import type { ProcessOptions, StartProcess } from "./scenario.ts";
import type { Tracer } from "./tracer.ts";

export interface LivesWorld extends ProcessWorld {
	readonly faults: FaultsLeft;
	readonly network: Network;
	readonly tracer: Tracer | undefined;
	/** A process is gone, crashed or not. */
	readonly gone: (process: WorldProcess) => void;
	readonly died: (process: WorldProcess) => void;
}

/** What else acts in a world, or names a fault. */
const RESERVED: readonly string[] = ["time", "network", "store", "outside", "expiry", "rollback", "event"];

export class Lives {
	/** Those that are not dead, in the order in which they began. */
	readonly processes: WorldProcess[] = [];
	readonly #world: LivesWorld;
	readonly #names = new Set<string>();

	constructor(world: LivesWorld) {
		this.#world = world;
	}

	/** @throws TypeError if the name is taken, or none that can stand in a replay string. */
	plan(name: string, start: StartProcess, options: ProcessOptions): void {
		expectNewName("process", name, this.#names.has(name) || RESERVED.includes(name));
		this.#names.add(name);
		const { crashes = true, restarts = true, perMessage = false } = options;
		this.#begin({ name, start, crashes, restarts, perMessage }, 1);
	}

	#begin(plan: ProcessPlan, life: number): void {
		const process = new WorldProcess(this.#world, plan, life);
		this.processes.push(process);
		this.processes.sort((a, b) => (a.plan.name < b.plan.name ? -1 : 1));
		this.#world.tracer?.starts(process.name, plan.name);
		if (this.#world.faults.has("skew")) process.status = "starting";
		else this.start(process);
	}

	start(process: WorldProcess): void {
		process.status = "live";
		const started = process.plan.start(process);
		if (started instanceof Promise) process.task(() => started);
	}

	/** Its requests go on without it, and its next life begins. */
	crash(process: WorldProcess): void {
		for (const call of process.calls) this.#world.network.strand(call);
		this.#bury(process);
		this.#world.tracer?.dies(process.name);
		this.#world.died(process);
		if (process.plan.restarts) this.#begin(process.plan, process.life + 1);
	}

	/** Ends the lives that the last step has left to be ended; answers whether there were any. */
	end(): boolean {
		const over = this.processes.filter(({ dies, isSpent }) => dies || isSpent);
		for (const process of over) {
			if (process.dies) this.crash(process);
			else this.#renew(process);
		}
		return over.length > 0;
	}

	/** Its message is dealt with: the next one finds it as if it had just been started. */
	#renew(process: WorldProcess): void {
		this.#bury(process);
		this.#begin(process.plan, process.life + 1);
	}

	#bury(process: WorldProcess): void {
		process.die();
		this.processes.splice(this.processes.indexOf(process), 1);
		this.#world.gone(process);
	}
}
