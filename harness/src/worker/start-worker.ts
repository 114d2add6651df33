// One worker on an engine: leases of its own, the turn's functions under ids of its own, and an orderly end.
import { createActivity } from "../engine/activity.ts";
import type { RecordOptions } from "../history/record-call.ts";
import { recordLeases } from "../history/record-leases.ts";
import type { AtomicStore } from "../lease/atomic-store.ts";
import type { LeasePorts } from "../lease/options.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import { iiiStore } from "../stores/iii-store.ts";
import type { ReadLetters } from "../survey/dead-letters.ts";
import { createLeases } from "../system/leases.ts";
import { waitInPlace } from "../transition/wait-in-place.ts";
import type { TurnFunctions } from "../turn/functions.ts";
import type { TurnRecord } from "../turn/record.ts";
import { recordFunctions } from "../turn/record-functions.ts";
import { registerTurn } from "../turn/register-turn.ts";
import { countCalls } from "./count-calls.ts";
import { type Drained, drain } from "./drain.ts";
import { trackLeases } from "./held-leases.ts";
import { keepHouse } from "./housekeeping.ts";
import { leaseLine } from "./lease-log.ts";
import { createOwnName } from "./own-name.ts";
import { untilRegistered } from "./until-registered.ts";
import { watchClient } from "./watch-client.ts";

export interface WorkerOptions {
	/** Ends the ids of its functions: the same over restarts, and nobody else's on this engine. */
	readonly name: string;
	/** As people read it. */
	readonly owner: string;
	readonly queue: string;
	/** Where the leases' records are. */
	readonly scope: string;
	readonly ttlMs: number;
	readonly skewMs: number;
	/** How many losers wait in place. */
	readonly slots: number;
	/** How long what is running may take when the worker ends. */
	readonly drainMs: number;
	/** How often the dead letters, and whether the name is still its own, are looked at. */
	readonly deadLettersEveryMs: number;
	/** How often it sweeps after its start; 0: never. */
	readonly sweepEveryMs: number;
	/** How long after its first delivery a message of the queue has its last one; `undefined`: not known. */
	readonly retriesMs: number | undefined;
	readonly functions: TurnFunctions;
}

export interface WorkerPorts extends LeasePorts {
	/** Tells people one line. */
	readonly say: (line: string) => void;
	/** Writes the history of the leases and of the functions' runs. */
	readonly recording?: RecordOptions;
	readonly readLetters: ReadLetters;
	/** Where the leases are kept. @default the engine's state */
	readonly store?: AtomicStore | undefined;
}

export interface Worker {
	/** Whether the engine has all its functions; false if that stays unknown, or the signal ends the wait. Never rejects. */
	registered(signal: AbortSignal): Promise<boolean>;
	/** Aborts when it cannot go on under its name, with the `Unfit` as the reason. */
	readonly lost: AbortSignal;
	/** Stops taking wakes, lets what runs finish, and gives up what does not. Never rejects. */
	drain(): Promise<Drained>;
}

/** Retries that double each time end before twice what they outlast. */
const UNKNOWN_TIMES = 2;

/** It takes wakes at once, and looks after what was left behind. */
export function startWorker(iii: IIIClient, options: WorkerOptions, ports: WorkerPorts): Worker {
	const { name, owner, queue, scope, ttlMs, skewMs, slots } = options;
	const { say, recording, wait, newId } = ports;
	const running = createActivity();
	const underway = createActivity();
	const ended = new AbortController();
	/** Leases of which the store did not hear that they were given up. */
	let unheard = 0;
	const plain = createLeases<TurnRecord>({
		store: countCalls(ports.store ?? iiiStore(iii, { scope, startup: { retry: ports.retry } }), underway),
		owner,
		ttlMs,
		skewMs,
		observe(event) {
			const line = leaseLine(event);
			if (line !== undefined) say(line);
			if (event.type === "lost" && event.unheard) unheard++;
		},
		ports: { clock: ports.clock, wait, retry: ports.retry, newId },
	});
	const recorded = recording ? recordLeases(plain, recording) : plain;
	// Outermost, so that whoever waits in place is sent away too when the worker ends.
	const held = trackLeases(slots > 0 ? waitInPlace(recorded, { slotsMax: slots }) : recorded);
	const keyOf = (_call: unknown, { idempotencyKey }: { idempotencyKey: string }) => idempotencyKey;
	const ownName = createOwnName(iii, { ownerId: newId(), clock: ports.clock });
	const turn = registerTurn(watchClient(ownName.client, { running, say }), {
		leases: held.leases,
		functions: recording ? recordFunctions(options.functions, keyOf, recording) : options.functions,
		nowMs: ports.clock.wallMs,
		newId,
		worker: name,
		queue,
	});
	void keepHouse({
		queue,
		lookAtName: ownName.look,
		sweep: plain.sweep,
		sweepEveryMs: options.sweepEveryMs,
		read: ports.readLetters,
		wake: turn.wake,
		everyMs: options.deadLettersEveryMs,
		blockedMs: ttlMs + skewMs,
		// A queue that does not tell is taken for one that outlasts a dead holder.
		retriesMs: options.retriesMs ?? UNKNOWN_TIMES * (ttlMs + skewMs),
		clock: ports.clock,
		wait,
		signal: ended.signal,
		say,
	});
	const stopTaking = () => {
		turn.unregister();
		ended.abort();
	};
	return {
		registered: (signal) => untilRegistered(ownName, { wait, signal }),
		lost: ownName.lost,
		async drain() {
			const { drainMs } = options;
			const drained = await drain({ stopTaking, held, running, underway, drainMs, wait });
			return { ...drained, held: drained.held + unheard };
		},
	};
}
