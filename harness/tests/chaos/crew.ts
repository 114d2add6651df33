// The worker processes of a chaos run: each reaches the engine through a relay of its own, and can be hurt in every way.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Relay, startRelay } from "../../src/conformance/relay.ts";
import type { Random } from "../../src/system/random.ts";
import { type Child, startChild } from "./child.ts";

export interface CrewOptions {
	/** Where the functions, the histories and the effects are. */
	readonly folder: string;
	readonly enginePort: number;
	/** Where the leases are kept. @default in the engine's state */
	readonly store?: ChaosStore | undefined;
	readonly workers: number;
	readonly ttlMs: number;
	readonly skewMs: number;
	readonly random: Random;
}

/** A store that is not the engine's, as each worker reaches it through a relay of its own. */
export interface ChaosStore {
	readonly port: number;
	urlOf(place: { readonly host: string; readonly port: number }): string;
}

export type WorkerFault = "kill" | "pause" | "drop" | "replace";

export interface Crew {
	/** Names of those that run now, or will again. */
	names(): readonly string[];
	/**
	 * Hurts one of them; resolves when it, or its successor, works again. Answers false, and does nothing, if fewer than
	 * two are well: a crew that is never there makes no progress.
	 */
	hurt(fault: WorkerFault): Promise<boolean>;
	/** Paths of all histories that were written. */
	histories(): readonly string[];
	/** What those that run now printed last. */
	printed(): string;
	/** Ends all of them by SIGTERM, and answers their exit codes. */
	end(): Promise<readonly (number | null)[]>;
	/** Ends whatever is still there. */
	kill(): Promise<void>;
}

interface Member {
	readonly name: string;
	readonly ways: Ways;
	child: Child;
	busy: boolean;
}

/** To all that a worker needs. */
interface Ways {
	readonly engine: Relay;
	readonly store: Relay | undefined;
}

const relaysOf = ({ engine, store }: Ways): Relay[] => (store ? [engine, store] : [engine]);

const READY_MS_MAX = 30_000;
const RESTART_MS = [50, 1_200] as const;

/** `functions`: `look` runs unasked and may be repeated; `act` needs approval, and may not. Each run is a line. */
export function writeFunctions(folder: string): string {
	const path = join(folder, "functions.json");
	const effect = `printf '%s\\n' "$SESSION_LEASE_IDEMPOTENCY_KEY" >> "${join(folder, "effects.log")}"; printf 1`;
	const command = ["sh", "-c", effect];
	const functions = { look: { command, approval: false, idempotent: true }, act: { command } };
	const call = { type: "function_call", id: "c", function_id: "agent_trigger" };
	const content = [{ ...call, arguments: { function: "look", payload: {} } }];
	writeFileSync(path, JSON.stringify({ message: { role: "assistant", content }, functions }));
	writeFileSync(join(folder, "effects.log"), "");
	return path;
}

export async function startCrew(options: CrewOptions): Promise<Crew> {
	const { folder, enginePort, store, ttlMs, skewMs, random } = options;
	const functionsPath = writeFunctions(folder);
	const histories: string[] = [];
	const members: Member[] = [];
	let named = 0;

	const run = (name: string, ways: Ways): Child => {
		const history = join(folder, `${name}-${histories.length}.jsonl`);
		histories.push(history);
		return startChild([
			...["worker", "--url", `ws://127.0.0.1:${ways.engine.port}`, "--functions", functionsPath],
			...(store && ways.store ? ["--store", store.urlOf(ways.store)] : []),
			...["--name", name, "--ttl", String(ttlMs), "--skew", String(skewMs)],
			...["--dead-letters-every", "1000", "--history", history],
			// As long as it is waited for: its engine is restarted meanwhile, again and again.
			...["--connect", String(READY_MS_MAX)],
		]);
	};
	const hire = async (): Promise<Member> => {
		const name = `w${++named}`;
		const ways = {
			engine: await startRelay({ port: enginePort }),
			store: store && (await startRelay({ port: store.port })),
		};
		return { name, ways, child: run(name, ways), busy: false };
	};
	const ready = ({ child }: Member) => child.line(READY, READY_MS_MAX);
	const pauseBetween = ([min, max]: readonly [number, number]) => pause(random.integer(min, max));

	const faults: Readonly<Record<WorkerFault, (member: Member) => Promise<void>>> = {
		async kill(member) {
			await member.child.kill();
			await pauseBetween(RESTART_MS);
			member.child = run(member.name, member.ways);
			await ready(member);
		},
		async pause(member) {
			member.child.signal("SIGSTOP");
			await pause(ttlMs + skewMs + random.integer(50, 1_000));
			member.child.signal("SIGCONT");
		},
		async drop(member) {
			for (const relay of relaysOf(member.ways)) {
				relay.drop();
				relay.restore();
			}
		},
		async replace(member) {
			await member.child.kill();
			await closeAll(member.ways);
			await pauseBetween(RESTART_MS);
			const successor = await hire();
			members.splice(members.indexOf(member), 1, successor);
			successor.busy = true;
			await ready(successor);
			successor.busy = false;
		},
	};

	for (let count = 0; count < options.workers; count++) members.push(await hire());
	await Promise.all(members.map(ready));
	return {
		names: () => members.map(({ name }) => name),
		histories: () => histories,
		printed: () => members.map(({ name, child }) => `--- ${name}\n${child.printed()}`).join("\n"),
		async hurt(fault) {
			const idle = members.filter(({ busy }) => !busy);
			if (idle.length < 2) return false;
			const member = random.pick(idle);
			member.busy = true;
			try {
				await faults[fault](member);
				return true;
			} finally {
				member.busy = false;
			}
		},
		end: () =>
			Promise.all(
				members.map(async ({ child }) => {
					child.signal("SIGTERM");
					return child.ended;
				}),
			),
		async kill() {
			for (const { child, ways } of members) {
				child.signal("SIGCONT");
				await child.kill();
				await closeAll(ways);
			}
		},
	};
}

async function closeAll(ways: Ways): Promise<void> {
	for (const relay of relaysOf(ways)) await relay.close();
}

/** The line in which a worker says what it found. */
const READY = /^worker /;
