// Processes that hold leases on one session in turn, at random, on a store with every fault: one seed, one history.
import { parseRecord } from "../../src/lease/record.ts";
import { standingValue } from "../../src/lease/standing.ts";
import { createRandom } from "../../src/system/random.ts";
import { checkHistory, tokenOf, type Violations } from "./history-checks.ts";
import { type Counts, createRecorder, tokensOf } from "./recorder.ts";
import { type RewindableStore, rewindableStore } from "./rewindable-store.ts";
import { work } from "./simulated-worker.ts";
import {
	BREAKER,
	expectKnown,
	HOLD_MS_MAX,
	SESSION,
	type SimulationSettings,
	SKEW_MS,
	startProcess,
	TTL_MS,
	type World,
} from "./simulated-world.ts";
import { createSimulation } from "./simulation.ts";

export interface SimulationReport {
	readonly seed: number;
	readonly counts: Counts;
	readonly violations: Violations;
	/** Fields of the record at the end, at rest. */
	readonly fieldsAtRest: number;
}

export async function simulateLeases(settings: SimulationSettings): Promise<SimulationReport> {
	const world: World = {
		settings,
		random: createRandom(settings.seed),
		simulation: createSimulation(),
		recorder: createRecorder(),
		store: rewindableStore(),
		held: [],
		violations: [],
		weather: "faults",
	};
	const { recorder, store, violations } = world;
	await world.simulation.time.run(live(world));
	const final = standingTokens(store);
	violations.push(...checkHistory(recorder, final));
	const fieldsAtRest = Object.keys(store.peek(SESSION)).length;
	return { seed: settings.seed, counts: recorder.counts, violations, fieldsAtRest };
}

/** The tokens of the value that stands. */
function standingTokens(store: RewindableStore): string[] {
	return tokensOf(standingValue(parseRecord(SESSION, store.peek(SESSION)))?.text);
}

async function live(world: World): Promise<void> {
	const { random } = world;
	const workers = Array.from({ length: random.integer(2, 4) }, (_, index) => work(world, `p${index}`));
	const working = Promise.all(workers);
	const { wait } = world.simulation.time;
	let over = false;
	void working.then(() => {
		over = true;
	});
	while (!over) {
		await Promise.race([working, wait(random.integer(1, TTL_MS))]);
		if (!over) disturb(world);
	}
	await working;
	await settle(world);
}

function disturb(world: World): void {
	const { random, settings, simulation, store, recorder } = world;
	if (settings.outages) world.weather = random.once(3) ? "outage" : "faults";
	if (settings.jumps && random.once(3)) simulation.time.jump(random.integer(1, 2 * TTL_MS));
	if (settings.rewinds && random.once(3)) {
		store.rewind();
		// A value that nobody holds was never acknowledged: it may give way to one of a holder.
		const standing = standingValue(parseRecord(SESSION, store.peek(SESSION)));
		recorder.rewound(standing?.unheld === false ? tokensOf(standing.text) : []);
	}
	if (settings.rewinds && random.once(2)) store.flush();
	if (settings.breaks && random.once(4)) {
		const { leases } = startProcess(
			world,
			`breaker${simulation.time.clock.monotonicMs()}-${recorder.counts.grants}`,
		);
		void leases.break(SESSION, BREAKER).then(
			(broken) => {
				if (broken) recorder.counts.broken++;
			},
			(error: unknown) => expectKnown(world, error),
		);
	}
}

/** After the faults: everything late lands, and whatever has become of it, the session goes on. */
async function settle(world: World): Promise<void> {
	const { simulation, settings, recorder, violations } = world;
	world.weather = "calm";
	const { process, leases } = startProcess(world, "last");
	const wake = async (waitMs: number, value?: "with a value"): Promise<void> => {
		const lease = await leases.acquire(SESSION, { waitMs });
		const grant = recorder.granted("last", lease, simulation.time.clock.monotonicMs());
		await lease.release(value ? { value: [...(lease.value ?? []), tokenOf(grant, 1)] } : {});
	};
	const early = await process.run(() => wake(HOLD_MS_MAX));
	if (early.type === "rejected") expectKnown(world, early.error);
	await simulation.time.wait(settings.odds.laterMsMax + HOLD_MS_MAX);
	await simulation.time.wait(TTL_MS + SKEW_MS + SKEW_MS + 1);
	const settled = await process.run(async () => {
		await wake(0);
		await wake(0);
		await wake(0, "with a value");
	});
	if (settled.type === "rejected") violations.push(`the session is wedged: ${settled.error}`);
}
