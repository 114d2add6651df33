// Workers that use their leases as they like, and scenarios that need more than contenders.
import type { FaultBudgets } from "../../../src/explore/faults.ts";
import {
	fencedLeases,
	lastValueStands,
	signalInTime,
	someoneIsTurnedAway,
	someoneTakesOver,
	watchLeases,
	worksOn,
} from "../../../src/explore/lease-properties.ts";
import type { Property } from "../../../src/explore/properties.ts";
import type { Process, Scenario } from "../../../src/explore/scenario.ts";
import { hasCode } from "../../../src/lease/errors.ts";
import type { Lease } from "../../../src/lease/lease.ts";
import type { Leases } from "../../../src/lease/leases.ts";
import { createLeases } from "../../../src/system/leases.ts";
import {
	givenBackTurnsNobodyAway,
	nobodyTurnsItselfAway,
	oneWriterAnEpoch,
	savedIsThere,
} from "./properties.ts";

const SESSION = "s";
const TTL_MS = 1_000;
const SKEW_MS = 100;

type Values = Leases<string[]>;
type Work = (process: Process, leases: Values) => Promise<void>;

/** Whoever is told one of these stops: another attempt is another transition. */
const EXPECTED = ["lease_held", "lease_lost", "outcome_unknown", "acquire_exhausted"] as const;

interface WorkersOptions {
	readonly name: string;
	readonly faults: FaultBudgets;
	readonly properties: readonly Property[];
	/** By process: what it does, at once. */
	readonly work: Readonly<Record<string, readonly Work[]>>;
	/** Who never crashes. @default nobody */
	readonly immortal?: string;
	/** @default 100 */
	readonly skewMs?: number;
	/** @default TTL and skew, and a bit more */
	readonly expiryMs?: number;
}

function workers({
	name,
	faults,
	properties,
	work,
	immortal,
	skewMs = SKEW_MS,
	expiryMs,
}: WorkersOptions): Scenario {
	return {
		name,
		faults,
		skewMs,
		expiryMs: expiryMs ?? TTL_MS + skewMs + 1,
		properties,
		setup(world) {
			for (const [worker, tasks] of Object.entries(work)) {
				world.process(
					worker,
					(process) => {
						const { store, ports, observe } = process;
						const options = { store, ports, observe, owner: process.name, ttlMs: TTL_MS, skewMs };
						const leases = watchLeases(process, createLeases<string[]>(options));
						for (const task of tasks) process.task(() => task(process, leases).catch(ifUnexpected));
					},
					{ restarts: false, crashes: worker !== immortal },
				);
			}
		},
	};
}

function ifUnexpected(error: unknown): void {
	if (!EXPECTED.some((code) => hasCode(error, code))) throw error;
}

/** The value tells its history: each write appends a name of its own. */
const next = ({ value = [], epoch, id }: Lease<string[]>): string[] => [
	...value,
	`${epoch}.${id}.${value.length + 1}`,
];

const advance: Work = async (process, leases) => {
	const lease = await leases.acquire(SESSION);
	if (worksOn(process, lease)) await lease.release({ value: next(lease) });
};

const advanceTwice: Work = async (process, leases) => {
	await advance(process, leases).catch(ifUnexpected);
	await advance(process, leases);
};

const writeTwice: Work = async (process, leases) => {
	const lease = await leases.acquire(SESSION);
	if (!worksOn(process, lease)) return;
	await lease.write(next(lease));
	if (worksOn(process, lease)) await lease.release({ value: next(lease) });
};

const writeAndRelease: Work = async (process, leases) => {
	const lease = await leases.acquire(SESSION);
	if (!worksOn(process, lease)) return;
	await lease.write(next(lease));
	if (worksOn(process, lease)) await lease.release();
};

/** Does not mind the error of a write: only the signal stops it. */
const insist: Work = async (process, leases) => {
	const lease = await leases.acquire(SESSION);
	for (let count = 0; count < 2 && worksOn(process, lease); count++) {
		await lease.write(next(lease)).catch(ifUnexpected);
	}
	if (worksOn(process, lease)) await lease.release();
};

const look: Work = async (process, leases) => {
	const lease = await leases.acquire(SESSION);
	if (worksOn(process, lease)) await lease.release();
};

const abandon: Work = async (_process, leases) => {
	const lease = await leases.acquire(SESSION);
	await lease.abandon();
};

const breakIt: Work = async (_process, leases) => {
	await leases.break(SESSION, "operator");
};

/** Longer than a TTL, on renewals. */
const workLong: Work = async (process, leases) => {
	const lease = await leases.acquire(SESSION);
	for (let count = 0; count < 3 && worksOn(process, lease); count++) await process.ports.wait(400);
	if (worksOn(process, lease)) await lease.release({ value: next(lease) });
};

const comeLater =
	(delayMs: number): Work =>
	async (process, leases) => {
		await process.ports.wait(delayMs);
		await advance(process, leases);
	};

/** Too short for a renewal. */
const workABit: Work = async (process, leases) => {
	const lease = await leases.acquire(SESSION);
	if (worksOn(process, lease)) await process.ports.wait(250);
	if (worksOn(process, lease)) await lease.release({ value: next(lease) });
};

const fenced = (): Property[] => [fencedLeases(), lastValueStands(SESSION), signalInTime()];

export const workerSpaces: readonly Scenario[] = [
	workers({
		name: "two tasks of one worker",
		faults: {},
		properties: [...fenced(), someoneIsTurnedAway()],
		work: { a: [advance, advance] },
	}),
	workers({
		name: "hints",
		faults: {},
		properties: [...fenced(), someoneIsTurnedAway(), givenBackTurnsNobodyAway()],
		work: { a: [advanceTwice], b: [advanceTwice] },
	}),
	workers({
		name: "a lost reply",
		faults: { lostReply: 1 },
		properties: [...fenced(), nobodyTurnsItselfAway(SESSION), someoneIsTurnedAway()],
		work: { a: [advance], b: [advance] },
	}),
	workers({
		name: "no reply in time",
		faults: { delay: 1, expiry: 1 },
		properties: [...fenced(), someoneIsTurnedAway(), someoneTakesOver()],
		work: { a: [writeTwice], b: [advance] },
	}),
	workers({
		name: "an operator breaks the lease",
		faults: { lostReply: 1 },
		properties: [...fenced(), someoneTakesOver()],
		work: { a: [writeTwice], operator: [breakIt] },
	}),
	workers({
		name: "an operator breaks the lease of a stubborn holder",
		faults: {},
		properties: [...fenced(), someoneTakesOver()],
		work: { a: [insist], operator: [breakIt] },
	}),
	workers({
		name: "an operator breaks the lease, and another comes",
		faults: {},
		properties: [fencedLeases(), lastValueStands(SESSION), someoneTakesOver()],
		work: { a: [writeTwice], operator: [breakIt], b: [advance] },
	}),
	workers({
		name: "a lease is abandoned",
		faults: {},
		properties: [...fenced(), givenBackTurnsNobodyAway(), someoneIsTurnedAway(), someoneTakesOver()],
		work: { a: [abandon], b: [advance] },
	}),
	workers({
		name: "a clock ahead",
		faults: { skew: 1 },
		properties: [...fenced(), someoneIsTurnedAway()],
		work: { a: [workABit], b: [comeLater(240)] },
		skewMs: 800,
	}),
	workers({
		name: "a pause",
		faults: { pause: 1 },
		properties: [...fenced(), someoneIsTurnedAway(), someoneTakesOver()],
		work: { a: [writeTwice], b: [advance] },
	}),
	workers({
		name: "a long hold",
		faults: { expiry: 1 },
		properties: [...fenced(), someoneIsTurnedAway(), someoneTakesOver()],
		work: { a: [workLong], b: [comeLater(500)] },
	}),
	workers({
		name: "a store that forgets",
		faults: { rollback: 1 },
		properties: [fencedLeases(), oneWriterAnEpoch(), savedIsThere(SESSION), someoneIsTurnedAway()],
		work: { a: [writeAndRelease], b: [advance] },
	}),
	workers({
		name: "a taker that is late with its seal",
		faults: { expiry: 2 },
		properties: [...fenced(), someoneIsTurnedAway(), someoneTakesOver()],
		work: { a: [advance], b: [look], c: [look] },
	}),
];

/** Small enough to be run in every order, without cutting what was seen before. */
export const smallSpaces: readonly Scenario[] = [
	workers({
		name: "small",
		faults: {},
		properties: [fencedLeases()],
		work: { a: [advance], b: [writeTwice] },
	}),
	...(["expiry", "crash", "lostReply", "delay", "twice", "rollback"] as const).map((fault) =>
		workers({
			name: `small, ${fault}`,
			faults: { [fault]: 1 },
			properties: [fencedLeases()],
			work: { a: [advance], b: [advance] },
		}),
	),
	workers({
		name: "small, crash and expiry",
		faults: { crash: 1, expiry: 1 },
		properties: [fencedLeases()],
		work: { a: [look], b: [look] },
		immortal: "b",
	}),
];
