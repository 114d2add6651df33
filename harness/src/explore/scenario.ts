// What a user writes: a world of processes, what may go wrong in it, and what has to hold.
import type { HistoryLine } from "../history/history.ts";
import type { AtomicStore, Fields } from "../lease/atomic-store.ts";
import type { ObserveLease } from "../lease/observe.ts";
import type { LeasePorts } from "../lease/options.ts";
import type { FaultBudgets } from "./faults.ts";
import type { Property } from "./properties.ts";
import type { Queue, QueueOptions } from "./queue.ts";
import type { Resource } from "./resource.ts";

export interface Scenario {
	/** Unique among the scenarios of a module: replay strings name it. */
	readonly name: string;
	/** What may go wrong, and how often at most in one schedule. @default nothing */
	readonly faults?: FaultBudgets;
	/** By how much clocks jump, in milliseconds: more than TTL and skew together. @default 60_000 */
	readonly expiryMs?: number;
	/** By how much a skewed wall clock is ahead, in milliseconds. @default 1_000 */
	readonly skewMs?: number;
	/** A wait of at most so many milliseconds may end at any time; a longer one when nothing else can go on. @default 100 */
	readonly soonMs?: number;
	/** What has to hold. One that was never evaluated fails. */
	readonly properties: readonly Property[];
	/**
	 * Builds the world, afresh for every schedule: it must do the same each time. What it calls itself is done at once;
	 * the calls of the processes that it starts are decisions.
	 */
	setup(world: World): void | Promise<void>;
}

export interface World {
	/** The records of the processes' `store`; `set` gives one its first content. */
	readonly records: { get(key: string): Fields; set(key: string, fields: Fields): void };
	/** Starts a process. `start` is called at once, and again for each new life after a crash. */
	process(name: string, start: StartProcess, options?: ProcessOptions): void;
	/** A queue that delivers at least once; in another order only by the fault `reorder`. */
	queue(name: string, options?: QueueOptions): Queue;
	/** Resolves when a moment has come at which something happens outside every process, unless it never comes. */
	event(title: string): Promise<void>;
	/** The world's time, in milliseconds since its start. */
	readonly nowMs: () => number;
	/** Says that something has happened outside every process: counted by its name, and seen by the properties. */
	note(name: string, data?: unknown): void;
	/** A JSON value that the processes share. Read it and write it in the `apply` of a call. */
	value<T>(first: T): SharedValue<T>;
	/** What else the processes share: it takes part in telling states apart. */
	share(resource: Resource): void;
}

export interface SharedValue<T> {
	/** A copy. */
	get(): T;
	set(next: T): void;
}

/** What it answers is waited for, as a task of the process. */
export type StartProcess = (process: Process) => unknown;

export interface ProcessOptions {
	/** Whether it may crash. @default true */
	readonly crashes?: boolean;
	/** Whether another life follows a crash. @default true */
	readonly restarts?: boolean;
	/**
	 * Begins a new life for each message that it is given, and so remembers nothing: idle ones are alike, and only the
	 * first of them is given a message. Makes spaces much smaller. @default false
	 */
	readonly perMessage?: boolean;
}

/** What a call is known to do: the more is known, the fewer schedules there are. */
export interface CallOptions {
	/** Whom it goes to, for the picture. @default "outside" */
	readonly to?: string;
	/** It changes nothing outside: one that was lost leaves nothing under way. @default false */
	readonly readsOnly?: boolean;
	/**
	 * Whatever others do, before it or after it, its answer, its effect and theirs are the same: nobody needs to go first.
	 * Only its own process's faults, and the clock's, are tried at it; one that was lost has landed at once, or never does.
	 * @default false
	 */
	readonly commutes?: boolean;
}

/** A process as its own code sees it: every call it makes to the outside is a decision. */
export interface Process {
	/** `a`; after a crash `a2`, `a3` … */
	readonly name: string;
	/** 1, and one more after each crash. */
	readonly life: number;
	/** For `createLeases({ ports })`: clock, waits, retries and ids of this process. */
	readonly ports: LeasePorts;
	readonly store: AtomicStore;
	/** For `createLeases({ observe })`: notes what happens to leases, for the ready-made properties and the picture. */
	readonly observe: ObserveLease;
	/** Starts something that this process does. A task that rejects is a violation. */
	task(work: () => Promise<unknown>): void;
	/** Something that the outside has this process do: `title` tells it apart from everything else that it may have to do. */
	handle<T>(title: string, work: () => Promise<T>): Promise<T>;
	/** Tells the outside that the process has died. */
	atDeath(listener: () => void): void;
	/** Any other call to the outside. `apply` is what the outside does, at one moment; it runs when that moment has come. */
	call<T>(title: string, apply: () => T | Promise<T>, options?: CallOptions): Promise<T>;
	/** Writes a line of the history: for `recordLeases`, and for the properties of leases. */
	record(line: HistoryLine): void;
	/** Says that something has happened: counted by its name, and seen by the properties. */
	note(name: string, data?: unknown): void;
}
