// Processes in one virtual time, each with ports of its own and each able to crash for good.
import { setMaxListeners } from "node:events";
import type { AtomicStore, LeasePorts, VirtualTime, Wait } from "../../src/index.ts";
import { createVirtualTime } from "../../src/index.ts";
import { createRetry } from "../../src/system/retry.ts";

/** What became of a piece of work: its answer, its error, or nothing at all because its process died. */
export type Outcome<T> =
	| { readonly type: "answered"; readonly value: T }
	| { readonly type: "rejected"; readonly error: unknown }
	| { readonly type: "crashed" };

export interface SimulatedProcess {
	readonly name: string;
	readonly ports: LeasePorts;
	readonly crashed: boolean;
	/** Ends the process: no call of it is answered, no wait of it fires, nothing of it runs again. */
	crash(): void;
	/** Ends the process when it calls a port the next time: what it does until then is done. */
	crashAtNextCall(): void;
	/** The store as this process reaches it. */
	connect(store: AtomicStore): AtomicStore;
	run<T>(task: () => Promise<T>): Promise<Outcome<T>>;
}

export interface ProcessOptions {
	/** How far this process's wall clock is ahead of the world's. @default 0 */
	readonly wallAheadMs?: number;
}

export interface Simulation {
	readonly time: VirtualTime;
	/** Starts a process; its ids are `<name>-1`, `<name>-2` … A name is used once. */
	start(name: string, options?: ProcessOptions): SimulatedProcess;
}

export function createSimulation(): Simulation {
	const time = createVirtualTime();
	const names = new Set<string>();
	return {
		time,
		start(name, options = {}) {
			if (names.has(name)) throw new Error(`Expected a new process name, got "${name}" again.`);
			names.add(name);
			return startProcess(time, name, options.wallAheadMs ?? 0);
		},
	};
}

function startProcess(time: VirtualTime, name: string, wallAheadMs: number): SimulatedProcess {
	const life = new AbortController();
	// As many as there are runs at once.
	setMaxListeners(0, life.signal);
	let dying = false;
	let ids = 0;
	/** Makes a call of a port: to a dead process it says nothing, whatever it comes to. */
	const call = <T>(make: () => Promise<T>): Promise<T> => {
		if (dying) life.abort();
		return new Promise((resolve, reject) => {
			if (life.signal.aborted) return;
			make().then(
				(value) => life.signal.aborted || resolve(value),
				(error: unknown) => life.signal.aborted || reject(error),
			);
		});
	};
	const wait: Wait = (delayMs, options) => call(() => time.wait(delayMs, options));
	return {
		name,
		ports: {
			clock: {
				wallMs: () => time.clock.wallMs() + wallAheadMs,
				monotonicMs: () => time.clock.monotonicMs(),
			},
			wait,
			retry: createRetry(wait),
			newId: () => `${name}-${++ids}`,
		},
		get crashed() {
			return life.signal.aborted;
		},
		crash: () => life.abort(),
		crashAtNextCall() {
			dying = true;
		},
		connect: (store) => ({
			update: (key, ops) => call(() => store.update(key, ops)),
			read: (key) => call(() => store.read(key)),
			...(store.list ? { list: () => (store.list as NonNullable<AtomicStore["list"]>)() } : {}),
		}),
		run: (task) => untilCrash(task, life.signal),
	};
}

function untilCrash<T>(task: () => Promise<T>, life: AbortSignal): Promise<Outcome<T>> {
	return new Promise((resolve) => {
		const end = (outcome: Outcome<T>) => {
			life.removeEventListener("abort", onCrash);
			resolve(outcome);
		};
		const onCrash = () => end({ type: "crashed" });
		life.addEventListener("abort", onCrash, { once: true });
		if (life.aborted) return onCrash();
		task().then(
			(value) => end({ type: "answered", value }),
			(error: unknown) => end({ type: "rejected", error }),
		);
	});
}
