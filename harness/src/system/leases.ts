// Leases on this machine's own clocks, timers and random ids.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { createLeasesOver, type Leases } from "../lease/leases.ts";
import type { LeasePorts, LeasesOptions } from "../lease/options.ts";
import { realClock, realWait } from "./real-time.ts";
import { createRetry } from "./retry.ts";

/** The ports of a real process; a test gives some of its own. */
export const realPorts: LeasePorts = {
	clock: realClock,
	wait: realWait,
	retry: createRetry(realWait),
	newId: randomUUID,
};

export interface CreateLeasesOptions<T> extends LeasesOptions<T> {
	/** Replaces clock, waiting, retrying or ids: for tests and simulation. @default those of this machine */
	readonly ports?: Partial<LeasePorts>;
}

/**
 * Leases on the records of one store. One of these a process is enough, for any number of sessions.
 * @throws SessionLeaseError (`option_invalid`) that names the option, what was expected and what it got.
 */
export function createLeases<T = unknown>(options: CreateLeasesOptions<T>): Leases<T> {
	const { ports, ...rest } = options;
	const owner = rest.owner ?? `${hostname()}:${process.pid}`;
	const retry = createRetry(ports?.wait ?? realWait);
	return createLeasesOver({ ...realPorts, retry, ...ports }, { ...rest, owner });
}
