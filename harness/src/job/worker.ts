// One worker: a client of the engine, with leases of its own and the turn's functions under ids of its own.
import type { Link } from "../engine/index.ts";
import type { AtomicStore } from "../lease/atomic-store.ts";
import type { Clock, Wait } from "../lease/clock.ts";
import type { Leases } from "../lease/leases.ts";
import type { ObserveLease } from "../lease/observe.ts";
import { iiiStore } from "../stores/iii-store.ts";
import { createLeases } from "../system/leases.ts";
import { createRetry } from "../system/retry.ts";
import type { TurnFunctions } from "../turn/functions.ts";
import type { TurnRecord } from "../turn/record.ts";
import { type RegisteredTurn, registerTurn } from "../turn/register-turn.ts";
import type { JobEngine } from "./job-engine.ts";
import { createLife } from "./life.ts";
import { linkedStore } from "./linked-store.ts";

export interface WorkerOptions {
	/** Ends the ids of its functions: `w1`. */
	readonly name: string;
	/** As people read it: `worker 1`. */
	readonly owner: string;
	readonly engine: Pick<JobEngine, "connect">;
	/** Where the leases are kept. @default the engine's state */
	readonly store?: AtomicStore | undefined;
	readonly clock: Clock;
	readonly wait: Wait;
	readonly newId: () => string;
	readonly link: Link;
	readonly functions: TurnFunctions;
	readonly serialize: boolean;
	readonly ttlMs: number;
	readonly observe: ObserveLease;
	/** The leases as this worker is to use them. */
	readonly recorded: (leases: Leases<TurnRecord>) => Leases<TurnRecord>;
}

export interface Worker {
	readonly turn: RegisteredTurn;
	/** Ends it as SIGKILL ends a process, the functions that it is running included. */
	die(): void;
}

export function startWorker(options: WorkerOptions): Worker {
	const { name, owner, engine, link, clock, newId, ttlMs, serialize } = options;
	const life = createLife(options.wait);
	const client = engine.connect({ name, link });
	const leases = createLeases<TurnRecord>({
		store: options.store ? linkedStore(options.store, { link, life: life.signal }) : iiiStore(client),
		owner,
		ttlMs,
		// All workers read one clock.
		skewMs: 0,
		observe(event) {
			if (!life.signal.aborted) options.observe(event);
		},
		ports: { clock, wait: life.wait, retry: createRetry(life.wait), newId },
	});
	const functions: TurnFunctions = {
		...options.functions,
		run(call, context) {
			// The code of a dead worker goes as far as its next wait; it starts nothing there.
			if (life.signal.aborted) return new Promise(() => undefined);
			const signal = AbortSignal.any([context.signal, life.signal]);
			return options.functions.run(call, { ...context, signal });
		},
	};
	const turn = registerTurn(client, {
		worker: name,
		leases: options.recorded(leases),
		newId,
		functions,
		serialize,
		nowMs: clock.wallMs,
	});
	return {
		turn,
		die() {
			client.crash();
			life.end();
		},
	};
}
