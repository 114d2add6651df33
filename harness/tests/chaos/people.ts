// Those who use the workers of a chaos run: they start turns, decide, and look until a turn has ended.
import { setTimeout as pause } from "node:timers/promises";
import { type AtomicStore, createLeases } from "../../src/index.ts";
import type { SessionReport } from "../../src/lease/session-report.ts";
import type { IIIConnection } from "../../src/stores/connect-iii.ts";
import { iiiStore } from "../../src/stores/iii-store.ts";
import type { Random } from "../../src/system/random.ts";
import type { AssistantMessage, TurnRecord } from "../../src/turn/record.ts";

/** A turn as it was found at its end. */
export interface TurnEnd {
	readonly sessionId: string;
	/** What was decided on each call that needs approval. */
	readonly decisions: Readonly<Record<string, "allow" | "deny">>;
	readonly record: TurnRecord | undefined;
	readonly lease: Pick<SessionReport, "state" | "epoch" | "owed">;
	/** It ended before those who look gave up. */
	readonly ended: boolean;
}

export interface People {
	/** Starts a turn of three calls, decides on two of them, and looks until it has ended and its session is free. */
	liveThrough(sessionId: string): Promise<TurnEnd>;
}

export interface PeopleOptions {
	readonly iii: IIIConnection;
	/** Where the leases are kept. @default the engine's state */
	readonly store?: AtomicStore | undefined;
	/** The workers that can be asked now. */
	readonly workers: () => readonly string[];
	readonly random: Random;
	/** Aborts when nobody waits any longer. */
	readonly signal: AbortSignal;
	/** Ask again for what has not come about: the engine may have forgotten it. @default false */
	readonly asksAgain?: boolean;
}

/** A worker that is paused does not answer, and another one is asked. */
const ANSWER_MS_MAX = 2_000;
const ASK_AGAIN_MS = 50;
const LOOK_EVERY_MS = 100;
/** How many looks without an end before somebody who may asks again. */
const LOOKS_BEFORE_ASKING = 20;

const TERMINAL: readonly unknown[] = ["stopped", "failed"];

export function createPeople(options: PeopleOptions): People {
	const { iii, workers, random, signal, asksAgain = false } = options;
	const { store = iiiStore(iii, { timeoutMs: ANSWER_MS_MAX }) } = options;
	const leases = createLeases<TurnRecord>({ store });

	/** Asks one worker after the other until one answers. */
	const ask = async (name: string, payload: object): Promise<unknown> => {
		while (!signal.aborted) {
			const function_id = `${name}::${random.pick(workers())}`;
			try {
				return await iii.trigger({ function_id, payload, timeoutMs: ANSWER_MS_MAX });
			} catch {
				// Whatever it was, the same may be asked again.
				await pause(ASK_AGAIN_MS);
			}
		}
		return undefined;
	};
	const start = (session_id: string) => ask("turn::start", { session_id, message: messageFor(session_id) });
	const decide = async (session_id: string, function_call_id: string, decision: string) => {
		await pause(random.integer(0, 40));
		await ask("approval::resolve", { session_id, function_call_id, decision });
	};
	const decideAll = (sessionId: string, decisions: TurnEnd["decisions"]) =>
		Promise.all(
			Object.entries(decisions).flatMap(([callId, decision]) =>
				Array.from({ length: random.once(4) ? 2 : 1 }, () => decide(sessionId, callId, decision)),
			),
		);
	const look = async (sessionId: string): Promise<SessionReport | undefined> => {
		try {
			return await leases.inspect(sessionId);
		} catch {
			// No answer says nothing.
			return undefined;
		}
	};

	return {
		async liveThrough(sessionId) {
			const decisions = {
				[`${sessionId}.act1`]: random.once(6) ? "deny" : "allow",
				[`${sessionId}.act2`]: "allow",
			} as const;
			await start(sessionId);
			await decideAll(sessionId, decisions);
			let seen: SessionReport | undefined;
			for (let looks = 1; !signal.aborted; looks++) {
				seen = (await look(sessionId)) ?? seen;
				if (seen && hasEnded(seen)) break;
				if (asksAgain && looks % LOOKS_BEFORE_ASKING === 0) {
					await start(sessionId);
					await decideAll(sessionId, decisions);
				}
				await pause(LOOK_EVERY_MS);
			}
			const { state = "new", epoch = 0, owed = false, valueText } = seen ?? {};
			const record = valueText === undefined ? undefined : (JSON.parse(valueText) as TurnRecord);
			const ended = seen !== undefined && hasEnded(seen);
			return { sessionId, decisions, record, lease: { state, epoch, owed }, ended };
		},
	};
}

/** The ids of a turn's calls: one runs unasked, two wait for somebody. */
export const callsOf = (sessionId: string): string[] =>
	["look", "act1", "act2"].map((name) => `${sessionId}.${name}`);

function messageFor(sessionId: string): AssistantMessage {
	const content = callsOf(sessionId).map((id) => ({
		type: "function_call" as const,
		id,
		function_id: "agent_trigger",
		arguments: { function: id.endsWith(".look") ? "look" : "act", payload: {} },
	}));
	return { role: "assistant", content, stop_reason: "function_call" };
}

/** Whoever was turned away from what has ended is owed nothing. */
function hasEnded({ state, valueText }: SessionReport): boolean {
	if (state !== "free" || valueText === undefined) return false;
	return TERMINAL.includes((JSON.parse(valueText) as TurnRecord).state);
}
