// Wakes that a queue has given up: their sessions are woken once more, by a worker that lives.
//
// A wake names the function of the worker that was to be woken. If that worker never came back, its wakes end among the
// dead letters, and its sessions, parked or just released, are found by no sweep. The letters stay where they are.
import { SESSION_ID_MAX_CHARACTERS } from "../lease/options.ts";
import type { Wake } from "../lease/wake.ts";
import { fieldOf } from "../survey/ask.ts";
import { type ReadLetters, readLetters } from "../survey/dead-letters.ts";

export interface DeadLetterWakes {
	/** Sessions that were woken now. */
	readonly woken: readonly string[];
	readonly failed: readonly { readonly sessionId: string; readonly error: unknown }[];
	/** Sessions whose wakes have died so often that they are left to somebody who looks at them. */
	readonly left: readonly string[];
	/** There are more letters than one round reads: each goes on where the last one ended. */
	readonly isPart: boolean;
}

/** A session whose wakes die again and again needs a look: waking it makes only more dead letters. */
export const WAKES_MAX = 8;
/** But not while it may just be held: so many times as long as a dead holder blocks it have to pass. */
const BLOCKED_TIMES = 2;

/** A dead letter that was a turn's wake. */
export interface DeadWake {
	/** The same letter: one that was sent again and has died again is another. */
	readonly letter: string;
	readonly sessionId: string;
	/** By the queue's clock, in seconds; 0 if it does not tell. */
	readonly failedAt: number;
}

/** The wakes among dead letters: a session's id and nothing else is their payload. */
export function deadWakes(letters: readonly unknown[]): DeadWake[] {
	return letters.flatMap((letter) => {
		const payload = fieldOf(letter, "payload");
		const sessionId = fieldOf(payload, "session_id");
		if (typeof sessionId !== "string" || sessionId === "") return [];
		if (sessionId.length > SESSION_ID_MAX_CHARACTERS || Object.keys(payload as object).length > 1) return [];
		const failedAt = fieldOf(letter, "failed_at");
		return {
			letter: JSON.stringify([fieldOf(letter, "id"), failedAt]),
			sessionId,
			failedAt: typeof failedAt === "number" ? failedAt : 0,
		};
	});
}

export interface DeadLetterRoundsOptions {
	readonly monotonicMs: () => number;
	/** How long a dead holder blocks its session: TTL and skew. */
	readonly blockedMs: number;
	/** A wake that comes so long after the one before is the first of a new row. */
	readonly rowEndsAfterMs: number;
}

/** The wakes of a session that have died one after the other. */
interface Row {
	readonly count: number;
	readonly sinceMs: number;
	readonly lastMs: number;
}

/** All rounds from the first letter to the last one. */
interface Pass {
	readonly letters: Set<string>;
	/** When the newest letter died that each session was looked at for: one wake is for all that died before. */
	readonly sessions: Map<string, number>;
}

const newPass = (): Pass => ({ letters: new Set(), sessions: new Map() });

/** Remembers which letters it has handled for as long as they are there. */
export class DeadLetterRounds {
	readonly #options: DeadLetterRoundsOptions;
	/** By letter. */
	#handled = new Set<string>();
	/** By session, as long as it has letters. */
	#rows = new Map<string, Row>();
	#pass = newPass();
	#offset = 0;

	constructor(options: DeadLetterRoundsOptions) {
		this.#options = options;
	}

	/** Reads on, and wakes each session with a letter that is new, once. Rejects as `read` does. */
	async round(read: ReadLetters, wake: Wake): Promise<DeadLetterWakes> {
		const { letters, nextOffset } = await readLetters(read, this.#offset);
		const isPart = this.#offset > 0 || nextOffset !== undefined;
		const woken: string[] = [];
		const left: string[] = [];
		const failed: { sessionId: string; error: unknown }[] = [];
		for (const [sessionId, fresh] of this.#freshOf(deadWakes(letters))) {
			if (this.#isHopeless(sessionId)) {
				left.push(sessionId);
			} else {
				try {
					await wake(sessionId);
				} catch (error) {
					failed.push({ sessionId, error });
					continue;
				}
				woken.push(sessionId);
				this.#count(sessionId);
			}
			for (const { letter } of fresh) this.#handled.add(letter);
			this.#pass.sessions.set(sessionId, Math.max(...fresh.map(({ failedAt }) => failedAt)));
		}
		this.#offset = nextOffset ?? 0;
		if (nextOffset === undefined) this.#endPass();
		return { woken, failed, left, isPart };
	}

	/** By session, the wakes that nobody has handled yet. */
	#freshOf(wakes: readonly DeadWake[]): Map<string, DeadWake[]> {
		const bySession = new Map<string, DeadWake[]>();
		for (const wake of wakes) {
			const { letter, sessionId, failedAt } = wake;
			const lookedAt = this.#pass.sessions.get(sessionId);
			this.#pass.letters.add(letter);
			if (lookedAt === undefined) this.#pass.sessions.set(sessionId, Number.NEGATIVE_INFINITY);
			else if (failedAt < lookedAt) this.#handled.add(letter);
			if (this.#handled.has(letter)) continue;
			bySession.set(sessionId, [...(bySession.get(sessionId) ?? []), wake]);
		}
		return bySession;
	}

	/** Every letter has been seen: what has not is not there any more. */
	#endPass(): void {
		const { letters, sessions } = this.#pass;
		this.#handled = new Set([...this.#handled].filter((letter) => letters.has(letter)));
		this.#rows = new Map([...this.#rows].filter(([sessionId]) => sessions.has(sessionId)));
		this.#pass = newPass();
	}

	#isHopeless(sessionId: string): boolean {
		const { monotonicMs, blockedMs, rowEndsAfterMs } = this.#options;
		const row = this.#rows.get(sessionId);
		if (row && monotonicMs() - row.lastMs > rowEndsAfterMs) this.#rows.delete(sessionId);
		else if (row && row.count >= WAKES_MAX) return monotonicMs() - row.sinceMs > BLOCKED_TIMES * blockedMs;
		return false;
	}

	#count(sessionId: string): void {
		const nowMs = this.#options.monotonicMs();
		const { count, sinceMs } = this.#rows.get(sessionId) ?? { count: 0, sinceMs: nowMs };
		this.#rows.set(sessionId, { count: count + 1, sinceMs, lastMs: nowMs });
	}
}
