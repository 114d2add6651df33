// Sessions on a real queue whose holder is killed in the middle: what became of them once the queue has nothing left.
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { type AtomicStore, createLeases } from "../../src/index.ts";
import { createFolder } from "../cli/run-cli.ts";
import { type RunningProcess, startProcess } from "../support/process.ts";

/** Killing holders takes 5 to 15 seconds for each queue: only where all servers are looked at. */
export const takesLong: boolean = process.env.SESSION_LEASE_SERVERS === "all";

/** Of the leases: longer than the queues here try again. */
const TTL_MS = 4_000;
/** Where nobody is meant to wait for its end, so that no slow machine comes near it. */
const TTL_BARE_MS = 30_000;
const SKEW_MS = 1_000;
const SESSIONS = ["s-0", "s-1", "s-2", "s-3"];
const STEPS = 4;
const HELD = { sessionId: "s-1", step: 1 };
const WORKER_LIFE_MS_MAX = 120_000;
const WAIT_MS_MAX = 60_000;

export interface QueueSite {
	/** The program of its workers, in `workers`. */
	readonly program: string;
	/** How the workers reach it. */
	readonly plan: Readonly<Record<string, unknown>>;
	/** Where the workers keep their leases. */
	readonly store: AtomicStore;
	readonly workers: number;
	/**
	 * There is one worker at a time, for all messages at once: it has to be "ready" before the first one comes, and its
	 * successor before it dies. @default false: workers handle one message at a time
	 */
	readonly isOneForAll?: boolean;
	add(message: { readonly sessionId: string; readonly state: string }): Promise<unknown>;
	/** How many messages wait, are delayed or are being handled; told which sessions have not reached their end. */
	pending(unfinished: readonly string[]): Promise<number>;
	/** How many messages the queue has given up. */
	buried(): Promise<number>;
}

export interface KilledHolder {
	/** Sessions that did not reach their end. */
	readonly unfinished: readonly string[];
	/** Effects that did not happen just once. */
	readonly notOnce: readonly string[];
	/** How many messages the queue has given up. */
	readonly buried: number;
	/** What the workers printed. */
	readonly printed: string;
}

export interface Killing {
	/** The workers give what a handler throws straight to the queue. */
	readonly bare: boolean;
	/** The holder's own message is the only one of its session. @default false: others are turned away */
	readonly alone?: boolean | undefined;
}

/** No wake is lost, and nothing runs twice or is given up. */
export async function expectEachEndsOnce(
	site: QueueSite,
	{ alone }: Pick<Killing, "alone"> = {},
): Promise<void> {
	const { printed, ...ends } = await killHolder(site, { bare: false, alone });
	expect(ends, printed).toEqual({ unfinished: [], notOnce: [], buried: 0 });
}

/** That it is the adapter which mends it: without one the killed holder's session does not end. */
export async function expectHeldIsLost(site: QueueSite): Promise<void> {
	const { unfinished } = await killHolder(site, { bare: true });
	expect(unfinished).toEqual([HELD.sessionId]);
}

/** Wakes each session twice, kills a holder between its commit and its release, and waits for the queue to be empty. */
export async function killHolder(site: QueueSite, { bare, alone = false }: Killing): Promise<KilledHolder> {
	await using folder = await createFolder();
	const effects = await folder.write("effects.txt", "");
	const ttlMs = bare ? TTL_BARE_MS : TTL_MS;
	const leases = createLeases<{ step: number }>({ store: site.store, ttlMs, skewMs: SKEW_MS });
	const plan = {
		...site.plan,
		bare,
		effects,
		steps: STEPS,
		ttlMs,
		skewMs: SKEW_MS,
		held: { ...HELD, mark: join(folder.path, "held.pid") },
	};
	const workers: RunningProcess[] = [];
	const printed = () => workers.map((worker) => worker.printed()).join("");
	const startWorker = async () => {
		const worker = startProgram(site.program, plan);
		workers.push(worker);
		if (site.isOneForAll) await until("a ready worker", printed, async () => says(worker, /^ready$/m));
	};
	const stepOf = async (sessionId: string): Promise<number> =>
		JSON.parse((await leases.inspect(sessionId)).valueText ?? "{}").step;
	try {
		for (let count = 0; count < site.workers; count++) await startWorker();
		for (const sessionId of SESSIONS) {
			const lease = await leases.acquire(sessionId);
			await lease.release({ value: { step: 0 }, owed: true });
			await site.add({ sessionId, state: "0" });
			if (!alone || sessionId !== HELD.sessionId) await site.add({ sessionId, state: "0" });
		}
		const isHolding = (worker: RunningProcess) => says(worker, /^here \d+$/m);
		const holder = await until("a holder", printed, async () => workers.find(isHolding));
		// The one that is killed has nothing else in hand: the effect of a step that is not committed is done again.
		const others = SESSIONS.filter((it) => site.isOneForAll && it !== HELD.sessionId);
		for (const sessionId of others) {
			await until(`the end of ${sessionId}`, printed, async () => (await stepOf(sessionId)) === STEPS);
		}
		if (!alone) {
			const { turnedAway } = await leases.inspect(HELD.sessionId);
			await site.add({ sessionId: HELD.sessionId, state: String(HELD.step + 1) });
			const isTurnedAway = async () => (await leases.inspect(HELD.sessionId)).turnedAway > turnedAway;
			await until("somebody to be turned away", printed, isTurnedAway);
		}
		if (site.isOneForAll) await startWorker();
		await holder.kill();
		const unfinished = async () => {
			const steps = await Promise.all(SESSIONS.map(stepOf));
			return SESSIONS.filter((_, index) => steps[index] !== STEPS);
		};
		await until("an empty queue", printed, async () => (await site.pending(await unfinished())) === 0);
		const effectsText = await readFile(effects, "utf8");
		return {
			unfinished: await unfinished(),
			notOnce: notOnce(effectsText),
			buried: await site.buried(),
			printed: printed(),
		};
	} finally {
		await Promise.all(workers.map((worker) => worker.kill()));
	}
}

function startProgram(program: string, plan: object): RunningProcess {
	const file = fileURLToPath(new URL(`workers/${program}.mjs`, import.meta.url));
	return startProcess(spawn(process.execPath, [file, JSON.stringify(plan)]), WORKER_LIFE_MS_MAX);
}

const says = (worker: RunningProcess, line: RegExp): boolean => line.test(worker.printed());

/** Looks again and again, bounded, until there is an answer. */
async function until<T>(
	what: string,
	printed: () => string,
	look: () => Promise<T | undefined | false>,
): Promise<T> {
	const deadline = AbortSignal.timeout(WAIT_MS_MAX);
	for (;;) {
		const found = await look();
		if (found !== undefined && found !== false) return found;
		if (deadline.aborted) throw new Error(`Not within ${WAIT_MS_MAX} ms: ${what}.\n${printed()}`);
		await pause(50);
	}
}

/** Each step of each session that has ended should be there once; of the others, those that are there. */
function notOnce(text: string): string[] {
	const lines = text.split("\n").filter((line) => line !== "");
	const expected = SESSIONS.flatMap((id) => Array.from({ length: STEPS }, (_, step) => `${id} ${step}`));
	const count = (effect: string) => lines.filter((line) => line === effect).length;
	return [...new Set([...expected, ...lines])]
		.filter((effect) => count(effect) !== 1)
		.map((effect) => `${effect}: ${count(effect)} times`);
}
