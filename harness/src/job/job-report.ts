// What a job was, and what came of it: plain data, from which text and JSON are made.
import type { CallResult, Decision, ExecutedCall, FunctionCall, TurnRecord } from "../turn/record.ts";
import type { CrashRow } from "./crew.ts";
import type { EpochRow } from "./epoch-log.ts";
import type { Verdict } from "./verdict.ts";

/** `waiting`: nobody decided it, or the turn did not come to it. `interrupted`: nobody can know whether it took effect. */
export type CallOutcome = "ok" | "error" | "denied" | "interrupted" | "waiting";

export interface CallRow {
	readonly callId: string;
	readonly functionName: string;
	readonly needsApproval: boolean;
	/** Whether it may run again after a crash. */
	readonly idempotent: boolean;
	/** What was to be decided, and what the turn recorded; null for nothing. */
	readonly asked: Decision | null;
	readonly decision: Decision | null;
	/** How often it was started, as seen by whoever starts functions. */
	readonly runs: number;
	readonly outcome: CallOutcome;
	/** The text of its result. */
	readonly text: string;
}

export interface JobSettings {
	readonly sessionId: string;
	readonly workers: number;
	readonly serialize: boolean;
	readonly duplicate: boolean;
	readonly crashes: number;
	readonly seed: number;
	readonly ttlMs: number;
	readonly limitMs: number;
	/** Where the engine is, if not in this process. */
	readonly engineUrl?: string;
	/** Where the leases are kept, if not in the engine's state. */
	readonly storeUrl?: string;
}

export interface JobFindings {
	readonly settings: JobSettings;
	/** In the order of the message. */
	readonly calls: readonly CallRow[];
	/** Ascending. */
	readonly epochs: readonly EpochRow[];
	/** Wakes that found the session held. */
	readonly turnedAway: number;
	/** By function: `state::get`, `state::update` …; of a store of their own, `store::read` and `store::update`. */
	readonly storeCalls: Readonly<Record<string, number>>;
	/** Events of the session by type, each id counted once. */
	readonly events: Readonly<Record<string, number>>;
	readonly crashes: readonly CrashRow[];
	/** The errors of messages that were given up; null: the engine does not tell. */
	readonly deadLetters: readonly string[] | null;
	/** `none`: there is no record. */
	readonly finalState: string;
	/** Readable name of whoever still holds the session's lease, or died with it; null for nobody. */
	readonly heldBy: string | null;
	/** Whether everything came to rest within `limitMs`. */
	readonly atRest: boolean;
	readonly elapsedMs: number;
}

export interface JobReport extends JobFindings {
	readonly verdict: Verdict;
}

export interface CallFacts {
	readonly call: FunctionCall;
	readonly needsApproval: boolean;
	readonly idempotent: boolean;
	readonly asked: Decision | undefined;
	readonly runs: number;
}

/** One call's row, from what is known of it and the turn's last record. */
export function callRow(facts: CallFacts, record: TurnRecord | undefined): CallRow {
	const { call, needsApproval, idempotent, runs } = facts;
	const executed = record?.work?.executed[call.id];
	return {
		callId: call.id,
		functionName: call.function_id,
		needsApproval,
		idempotent,
		asked: facts.asked ?? null,
		decision: record?.work?.decisions?.[call.id] ?? null,
		runs,
		outcome: outcomeOf(executed),
		text: executed ? textOf(executed.result) : "",
	};
}

function outcomeOf(executed: ExecutedCall | undefined): CallOutcome {
	if (!executed) return "waiting";
	const details = executed.result.details as { approval_denied?: unknown; interrupted?: unknown } | null;
	if (executed.is_error && details?.approval_denied === true) return "denied";
	if (executed.is_error && details?.interrupted === true) return "interrupted";
	return executed.is_error ? "error" : "ok";
}

const textOf = ({ content }: CallResult): string => content.map(({ text }) => text).join("\n");

/** How many there are of each, by name. */
export function countBy(names: Iterable<string>): Record<string, number> {
	const counts = new Map<string, number>();
	for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
	return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
