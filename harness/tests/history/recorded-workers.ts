// Workers that hold leases on two sessions in turn, at random and with every fault, and the history that they leave.
import { type HistoryLine, recordLeases } from "../../src/history/index.ts";
import { createLeases, hasCode, type Lease, type Leases, memoryStore } from "../../src/index.ts";
import { createRandom, type Random } from "../../src/system/random.ts";
import { type FaultOdds, seeded } from "../support/decisions.ts";
import { type Fate, faultyStore } from "../support/faulty-store.ts";
import { createSimulation, type SimulatedProcess } from "../support/simulation.ts";

export interface WorkersOptions {
	readonly seed: number;
	readonly workers: number;
	/** Of each worker. */
	readonly transitions: number;
	/** One call to the store in so many suffers one; 0: none does. */
	readonly faultOneIn: number;
	/** Leases are broken, and sessions forgotten, now and then. @default false */
	readonly administration?: boolean;
	/** How the clock of the history is read. @default each line has a time of its own */
	readonly clock?: "exact" | "milliseconds";
}

const SESSIONS = ["s1", "s2"] as const;
const TTL_MS = 1_000;
const FATES: readonly Fate[] = [
	"lost reply",
	"delayed",
	"twice",
	"crash before",
	"crash after apply",
	"crash after reply",
];
const LIVES_MAX = 20;
const KNOWN = ["lease_held", "lease_lost", "outcome_unknown", "acquire_exhausted", "lease_ended"] as const;

/** The lines as they were written. */
export async function recordWorkers(options: WorkersOptions): Promise<HistoryLine[]> {
	const { seed, workers, faultOneIn, clock = "exact" } = options;
	const random = createRandom(seed);
	const simulation = createSimulation();
	const { time } = simulation;
	const memory = memoryStore();
	const lines: HistoryLine[] = [];
	const odds: FaultOdds = { faultOneIn, fates: FATES, travelMsMax: 30, laterMsMax: 5_000 };
	let last = 0;
	const now = () => {
		const { monotonicMs } = time.clock;
		if (clock === "milliseconds") return monotonicMs();
		last = Math.max(last + 1, monotonicMs() * 1_000);
		return last;
	};
	const start = (name: string) => {
		const process = simulation.start(name);
		const store = faultyStore(memory, {
			wait: time.wait,
			decide: seeded(random, () => odds),
			crash: (when) => (when === "now" ? process.crash() : process.crashAtNextCall()),
		});
		const leases = createLeases<string[]>({
			store: process.connect(store),
			ports: process.ports,
			owner: name,
			ttlMs: TTL_MS,
			skewMs: 0,
		});
		const record = (line: HistoryLine) => lines.push(line);
		return { process, leases: recordLeases(leases, { process: name, time: now, record }) };
	};
	const worker = async (name: string) => {
		let left = options.transitions;
		for (let life = 1; left > 0 && life <= LIVES_MAX; life++) {
			const { process, leases } = start(`${name}-${life}`);
			const outcome = await process.run(async () => {
				while (left-- > 0) await transition(random, process, leases, options).catch(expectKnown);
			});
			if (outcome.type === "rejected") throw outcome.error;
			if (outcome.type === "answered") return;
		}
	};
	await time.run(Promise.all(Array.from({ length: workers }, (_, index) => worker(`p${index + 1}`))));
	return lines;
}

function expectKnown(error: unknown): void {
	if (!KNOWN.some((code) => hasCode(error, code))) throw error;
}

async function transition(
	random: Random,
	process: SimulatedProcess,
	leases: Leases<string[]>,
	{ administration = false }: WorkersOptions,
): Promise<void> {
	const { wait } = process.ports;
	const session = random.pick(SESSIONS);
	await wait(random.integer(0, random.pick([5, 50, TTL_MS])));
	if (administration && random.once(6)) {
		await (random.once(2) ? leases.forget(session) : leases.break(session, "by hand"));
		return;
	}
	const lease = await leases.acquire(session, random.once(4) ? { waitMs: TTL_MS } : {});
	const mine = (count: number) => [...(lease.value ?? []).slice(-3), `${lease.epoch}/${lease.id}/${count}`];
	for (let count = random.integer(0, 2); count > 0; count--) {
		await lease.write(mine(count));
		await wait(random.integer(0, random.pick([5, 100, 2 * TTL_MS])));
	}
	await giveBack(random, lease, mine(9));
}

async function giveBack(random: Random, lease: Lease<string[]>, value: string[]): Promise<void> {
	switch (random.pick(["value", "value", "plain", "abandon", "dispose", "forget", "walk away"])) {
		case "value":
			await lease.release({ value });
			return;
		case "plain":
			await lease.release();
			return;
		case "abandon":
			return lease.abandon();
		case "dispose":
			return lease[Symbol.asyncDispose]();
		case "forget":
			await lease.forget();
			return;
	}
}
