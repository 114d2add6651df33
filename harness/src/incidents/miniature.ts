// What the miniatures share: names of items and workers, and a worker's leases.
import type { FaultBudgets } from "../explore/faults.ts";
import type { Queue } from "../explore/queue.ts";
import type { Process, World } from "../explore/scenario.ts";
import type { Leases } from "../lease/leases.ts";
import { createLeases } from "../system/leases.ts";

export interface Size {
	readonly items: number;
	readonly workers: number;
}

export const SMALL: Size = { items: 2, workers: 2 };

/** For scenarios' names. */
export function sizeText({ items, workers }: Size, faults: FaultBudgets = {}): string {
	return [counted(items, "item"), counted(workers, "worker"), ...Object.keys(faults)].join(", ");
}

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

export const itemsOf = ({ items }: Pick<Size, "items">): string[] =>
	Array.from({ length: items }, (_, index) => `i${index + 1}`);

export const workersOf = ({ workers }: Pick<Size, "workers">): string[] =>
	Array.from({ length: workers }, (_, index) => String.fromCharCode("a".charCodeAt(0) + index));

const TTL_MS = 1_000;
const SKEW_MS = 100;

export function leasesOf<T>({ store, ports, observe, name }: Process): Leases<T> {
	return createLeases<T>({ store, ports, observe, owner: name, ttlMs: TTL_MS, skewMs: SKEW_MS });
}

/** Nobody waits in place, so that the queue brings back whoever is turned away: fewer schedules, and no others. */
export const AT_ONCE: { readonly waitMs: 0 } = { waitMs: 0 };

/** Workers that remember nothing from one message to the next. */
export function serveAll(
	world: World,
	queue: Queue,
	{ workers }: Pick<Size, "workers">,
	handle: (process: Process, message: unknown) => Promise<unknown>,
): void {
	for (const worker of workersOf({ workers })) {
		world.process(worker, (process) => queue.serve(process, (message) => handle(process, message)), {
			perMessage: true,
		});
	}
}

/** An outside that counts by key: what comes again under one key is noted no more. */
export function notesByKey(world: World): (key: string, note: string) => void {
	const keys = world.value<readonly string[]>([]);
	return (key, note) => {
		if (keys.get().includes(key)) return;
		keys.set([...keys.get(), key]);
		world.note(note);
	};
}
