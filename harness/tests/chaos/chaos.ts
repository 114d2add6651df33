// A chaos run: turns on worker processes that are killed, paused, cut off and replaced, until so many transitions were made.
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { checkHistory } from "../../src/history/check-history.ts";
import { type History, mergeHistories, type Operation } from "../../src/history/history.ts";
import { parseHistory } from "../../src/history/parse-history.ts";
import type { IIIConnection } from "../../src/stores/connect-iii.ts";
import { openStore } from "../../src/stores/open-store.ts";
import type { OpenStore } from "../../src/stores/opening.ts";
import { createRandom } from "../../src/system/random.ts";
import { type ChaosStore, type Crew, startCrew, type WorkerFault } from "./crew.ts";
import type { ChaosEngine } from "./engine-process.ts";
import { type ChaosFindings, violationsOf } from "./findings.ts";
import { createPeople, type TurnEnd } from "./people.ts";

export type ChaosFault = WorkerFault | "restart the engine" | "restart the store";

export interface ChaosOptions {
	readonly folder: string;
	readonly engine: Pick<ChaosEngine, "port" | "connect">;
	/** Starts no more turns, and hurts nobody any more, once about so many were made. */
	readonly transitions: number;
	readonly seed: number;
	/** What is done to the processes; each in its turn, in an order that the seed draws. */
	readonly faults: readonly ChaosFault[];
	/** The time between two faults is drawn from here, in milliseconds. */
	readonly everyMs: readonly [min: number, max: number];
	readonly limitMs: number;
	/** Kills the engine and starts it again after that time. */
	readonly restart?: (afterMs: number) => Promise<void>;
	/** Where the leases are kept, and how it is killed and started again. @default in the engine's state */
	readonly store?: ChaosStore & { restart(afterMs: number): Promise<void> };
	/** Those who use the workers ask again for what has not come about. @default false */
	readonly asksAgain?: boolean;
}

export interface ChaosReport extends ChaosRun, ChaosFindings {
	readonly violations: readonly string[];
	readonly turnEnds: ReadonlyMap<string, number>;
	readonly elapsedMs: number;
}

const WORKERS = 4;
const TTL_MS = 1_500;
const SKEW_MS = 100;
/** How many turns are under way at once, at most; in a short run fewer, of which each has more to go through. */
const TURNS_AT_ONCE_MAX = 64;
const TRANSITIONS_OF_TURN = 8;
/** How long the last turns may take once nothing is hurt any more: several takeovers, and retries between them. */
const REST_MS_MAX = 90_000;

/** What came of the turns, judged as on a store that keeps what it has acknowledged. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
	const startedAtMs = performance.now();
	const run = await liveAndDie(options);
	const findings: ChaosFindings = {
		...run,
		effects: readFileSync(`${options.folder}/effects.log`, "utf8").split("\n").filter(Boolean),
		streamKept: !run.faults.has("restart the engine"),
		history: checkHistory(run.recorded),
	};
	const elapsedMs = performance.now() - startedAtMs;
	return { ...run, ...findings, violations: violationsOf(findings), elapsedMs };
}

/** What was done to the processes, and what became of the turns meanwhile. */
export interface ChaosRun {
	readonly turns: readonly TurnEnd[];
	readonly turnEnds: ReadonlyMap<string, number>;
	readonly exitCodes: readonly (number | null)[];
	readonly recorded: History;
	/** Transitions that came to their end: releases that were acknowledged. */
	readonly transitions: number;
	/** How often each was done. */
	readonly faults: ReadonlyMap<ChaosFault, number>;
}

export async function liveAndDie(options: ChaosOptions): Promise<ChaosRun> {
	const { folder, engine, seed } = options;
	const random = createRandom(seed);
	const iii = await engine.connect();
	let crew: Crew | undefined;
	let store: OpenStore | undefined;
	try {
		if (options.store) store = await openStore(options.store.urlOf({ host: "127.0.0.1", ...options.store }));
		const given = {
			folder,
			enginePort: engine.port,
			store: options.store,
			workers: WORKERS,
			ttlMs: TTL_MS,
			skewMs: SKEW_MS,
			random,
		};
		crew = await startCrew(given);
		const { turns, faults } = await live(options, { iii, crew, store });
		const turnEnds = await readTurnEnds(iii, turns);
		const exitCodes = await crew.end();
		// One that was killed before it was there has written nothing.
		const recorded = mergeHistories(crew.histories().filter(existsSync).map(readHistory));
		const transitions = recorded.operations.filter(isRelease).length;
		return { turns, turnEnds, exitCodes, recorded, transitions, faults };
	} finally {
		await iii.shutdown();
		await store?.close();
		await crew?.kill();
	}
}

const isRelease = ({ invoke, outcome }: Operation): boolean =>
	invoke.line.call === "release" && outcome === "ok";

/** Turns, and faults beside them, until there were enough; then turns alone, until each has come to its end. */
async function live(
	options: ChaosOptions,
	{
		iii,
		crew,
		store,
	}: { readonly iii: IIIConnection; readonly crew: Crew; readonly store: OpenStore | undefined },
) {
	const { transitions, limitMs, seed, asksAgain = false } = options;
	const turns: TurnEnd[] = [];
	const giveUp = new AbortController();
	const { signal } = giveUp;
	const people = createPeople({
		iii,
		store,
		workers: crew.names,
		random: createRandom(seed + 1),
		signal,
		asksAgain,
	});
	// A lease that is granted is a transition, unless its holder dies or loses it.
	const grantsMin = transitions * 1.3;
	let granted = 0;
	let started = 0;
	const turnsAtOnce = Math.min(TURNS_AT_ONCE_MAX, Math.ceil(transitions / TRANSITIONS_OF_TURN));
	const loops = Array.from({ length: turnsAtOnce }, async () => {
		while (granted < grantsMin && !signal.aborted) {
			const turn = await people.liveThrough(`chaos-${seed}-${++started}`);
			turns.push(turn);
			granted += turn.lease.epoch;
		}
	});
	const limit = setTimeout(() => giveUp.abort(), limitMs);
	let rest: NodeJS.Timeout | undefined;
	try {
		const faults = await hurtUntil(options, crew, () => granted >= grantsMin || signal.aborted);
		rest = setTimeout(() => giveUp.abort(), REST_MS_MAX);
		await Promise.all(loops);
		return { turns, faults };
	} finally {
		clearTimeout(limit);
		clearTimeout(rest);
		// Nothing goes on behind a failure of the crew.
		giveUp.abort();
		await Promise.allSettled(loops);
	}
}

async function hurtUntil(
	{ faults, everyMs, seed, ...options }: ChaosOptions,
	crew: Crew,
	enough: () => boolean,
): Promise<Map<ChaosFault, number>> {
	const random = createRandom(seed + 2);
	const counts = new Map<ChaosFault, number>();
	const under = new Set<Promise<void>>();
	let broken: { readonly error: unknown } | undefined;
	const count = (fault: ChaosFault) => counts.set(fault, (counts.get(fault) ?? 0) + 1);
	let left: ChaosFault[] = [];
	while (!enough()) {
		await pause(random.integer(...everyMs));
		if (enough() || broken) break;
		if (left.length === 0) left = [...faults];
		const [fault] = left.splice(random.integer(0, left.length - 1), 1) as [ChaosFault];
		if (fault === "restart the engine" || fault === "restart the store") {
			const restart = fault === "restart the engine" ? options.restart : options.store?.restart;
			if (!restart) throw new TypeError(`Expected what can be started again, for "${fault}".`);
			await restart(random.integer(50, 600));
			count(fault);
			continue;
		}
		// Several may be hurt at once.
		const hurting = crew
			.hurt(fault)
			.then((hurt) => {
				if (hurt) count(fault);
			})
			.catch((error: unknown) => {
				broken = { error };
			})
			.finally(() => under.delete(hurting));
		under.add(hurting);
	}
	await Promise.all(under);
	if (broken) throw broken.error;
	return counts;
}

async function readTurnEnds(iii: IIIConnection, turns: readonly TurnEnd[]): Promise<Map<string, number>> {
	const counts = new Map<string, number>();
	for (const { sessionId } of turns) {
		const payload = { stream_name: "agent::events", group_id: sessionId };
		const items: { type?: string }[] = await iii.trigger({ function_id: "stream::list", payload });
		counts.set(sessionId, items.filter(({ type }) => type === "turn_end").length);
	}
	return counts;
}

function readHistory(path: string): History {
	return parseHistory(readFileSync(path, "utf8"), { source: path.split("/").at(-1) ?? path });
}
