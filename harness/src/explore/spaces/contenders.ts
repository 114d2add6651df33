// Workers that contend for one session: what the lease itself has to hold, in every schedule.
import { hasCode } from "../../lease/errors.ts";
import type { Lease } from "../../lease/lease.ts";
import { createLeases } from "../../system/leases.ts";
import type { FaultBudgets } from "../faults.ts";
import {
	fencedLeases,
	givenBackIsFree,
	lastValueStands,
	recordStaysSmall,
	signalInTime,
	someoneIsTurnedAway,
	someoneTakesOver,
	watchLeases,
	worksOn,
} from "../lease-properties.ts";
import type { Property } from "../properties.ts";
import type { Process, Scenario, World } from "../scenario.ts";

export const SESSION = "s";
export const TTL_MS = 1_000;
export const SKEW_MS = 100;

type Work = (process: Process, lease: Lease<string[]>) => Promise<void>;

/** Whoever is told one of these stops: another attempt is another transition. */
const EXPECTED = ["lease_held", "lease_lost", "outcome_unknown", "acquire_exhausted"] as const;

export interface ContendersOptions {
	readonly name: string;
	readonly faults: FaultBudgets;
	/** By process: what it does under each lease that it is granted, one after the other. */
	readonly work: Readonly<Record<string, readonly Work[]>>;
	/** What has to hold besides the lease's own properties. */
	readonly also?: readonly Property[];
}

export function contenders({ name, faults, work, also = [] }: ContendersOptions): Scenario {
	const takesOver = (faults.expiry ?? 0) > 0;
	return {
		name,
		faults,
		expiryMs: TTL_MS + SKEW_MS + 1,
		skewMs: SKEW_MS,
		properties: [
			fencedLeases(),
			lastValueStands(SESSION),
			givenBackIsFree(SESSION),
			signalInTime(),
			recordStaysSmall(SESSION, 14),
			someoneIsTurnedAway(),
			...(takesOver ? [someoneTakesOver()] : []),
			...also,
		],
		setup(world) {
			for (const [process, transitions] of Object.entries(work)) contend(world, process, transitions);
		},
	};
}

function contend(world: World, name: string, transitions: readonly Work[]): void {
	world.process(
		name,
		(process) => {
			const { store, ports, observe } = process;
			const options = { store, ports, observe, owner: process.name, ttlMs: TTL_MS, skewMs: SKEW_MS };
			const leases = watchLeases(process, createLeases<string[]>(options));
			process.task(async () => {
				for (const transition of transitions) {
					try {
						const lease = await leases.acquire(SESSION);
						if (worksOn(process, lease)) await transition(process, lease);
					} catch (error) {
						if (!EXPECTED.some((code) => hasCode(error, code))) throw error;
					}
				}
			});
		},
		{ restarts: false },
	);
}

/** The value tells its history: each write appends a name of its own. */
const next = ({ value = [], epoch, id }: Lease<string[]>): string[] => [
	...value,
	`${epoch}.${id}.${value.length + 1}`,
];

/** Saves in the release. */
export const advance: Work = async (_process, lease) => {
	await lease.release({ value: next(lease) });
};

/** Saves, goes on, and saves again in the release. */
export const writeTwice: Work = async (process, lease) => {
	await lease.write(next(lease));
	if (worksOn(process, lease)) await lease.release({ value: next(lease) });
};

/** Looks, and changes nothing. */
export const look: Work = async (_process, lease) => {
	await lease.release();
};

/** Gives up. */
export const abandon: Work = async (_process, lease) => {
	await lease.abandon();
};
