// The world of a simulation: what all its processes share, how one starts, and which errors it may be told.
import { createLeases, hasCode, type Lease, LeaseHeldError, type Leases } from "../../src/index.ts";
import type { Random } from "../../src/system/random.ts";
import { type FaultOdds, seeded } from "./decisions.ts";
import { faultyStore } from "./faulty-store.ts";
import type { Violations } from "./history-checks.ts";
import type { GrantEntry, Recorder } from "./recorder.ts";
import type { RewindableStore } from "./rewindable-store.ts";
import type { SimulatedProcess, Simulation } from "./simulation.ts";

export interface SimulationSettings {
	readonly seed: number;
	readonly odds: FaultOdds;
	/** All clocks jump ahead now and then, as on a slept laptop. @default false */
	readonly jumps?: boolean;
	/** Leases are broken by hand now and then. @default false */
	readonly breaks?: boolean;
	/** Nobody is answered for a while now and then. @default false */
	readonly outages?: boolean;
	/** The store forgets what it acknowledged now and then. @default false */
	readonly rewinds?: boolean;
}

export const SESSION = "s";
export const TTL_MS = 1_000;
export const SKEW_MS = 100;
export const HOLD_MS_MAX: number = 4 * TTL_MS;
/** The owner of a lease that was broken by hand. */
export const BREAKER = "by-hand";

export interface HeldLease {
	readonly lease: Lease<string[]>;
	readonly grant: GrantEntry;
	readonly process: SimulatedProcess;
	stopped: boolean;
	/** Given back: from then on a rival may come at any time. */
	free: boolean;
}

export interface World {
	readonly settings: SimulationSettings;
	readonly random: Random;
	readonly simulation: Simulation;
	readonly recorder: Recorder;
	readonly store: RewindableStore;
	readonly held: HeldLease[];
	readonly violations: Violations;
	weather: "faults" | "outage" | "calm";
}

export function startProcess(
	world: World,
	name: string,
): { process: SimulatedProcess; leases: Leases<string[]> } {
	const { simulation, random, recorder, settings } = world;
	const process = simulation.start(name, { wallAheadMs: random.integer(0, SKEW_MS) });
	const { odds } = settings;
	const weathers: Record<World["weather"], FaultOdds> = {
		faults: odds,
		outage: { ...odds, faultOneIn: 1, fates: ["lost reply", "delayed"] },
		calm: { ...odds, faultOneIn: 0, travelMsMax: 5 },
	};
	const store = faultyStore(recorder.watch(world.store), {
		wait: simulation.time.wait,
		decide: seeded(random, () => weathers[world.weather]),
		crash: (when) => (when === "now" ? process.crash() : process.crashAtNextCall()),
	});
	const leases = createLeases<string[]>({
		store: process.connect(store),
		ports: process.ports,
		owner: name,
		ttlMs: TTL_MS,
		skewMs: SKEW_MS,
		maxHoldMs: HOLD_MS_MAX,
		observe: (event) => {
			if (event.type === "granted" && event.takeover) recorder.counts.takeovers++;
			if (event.type === "turned_away") recorder.counts.bounces++;
		},
	});
	return { process, leases };
}

const KNOWN = ["lease_held", "lease_lost", "outcome_unknown", "acquire_exhausted"] as const;

export function expectKnown(world: World, error: unknown): void {
	if (error instanceof LeaseHeldError && error.retryAfterMs > TTL_MS + SKEW_MS + 1) {
		world.violations.push(`asked to wait for ${error.retryAfterMs} ms`);
	}
	if (!KNOWN.some((code) => hasCode(error, code))) world.violations.push(`an unexpected error: ${error}`);
}
