// Wakes that a queue has given up: their sessions are woken once more, by a worker that lives.
//
// A wake names the function of the worker that was to be woken. If that worker never came back, its wakes end among the
// dead letters, and its sessions, parked or just released, are found by no sweep. The letters stay where they are.
import { SESSION_ID_MAX_CHARACTERS } from "../lease/options.ts";
import type { Wake } from "../lease/wake.ts";
import { fieldOf } from "../survey/ask.ts";

/** One page of dead letters, in any order that stays while they are read. */
export type ReadLetters = (page: { readonly offset: number; readonly limit: number }) => Promise<unknown>;

export interface DeadLetterWakes {
	/** Sessions that were woken now. */
	readonly woken: readonly string[];
	readonly failed: readonly { readonly sessionId: string; readonly error: unknown }[];
	/** Sessions whose wakes have died so often that they are left to somebody who looks at them. */
	readonly left: readonly string[];
}

const PAGE = 50;
/** So many at most are looked at in one round. */
export const LETTERS_MAX = 1_000;
/** A session whose wakes die again and again needs a look: waking it makes only more dead letters. */
export const WAKES_MAX = 8;
/** But not while it may just be held: so many times as long as a dead holder blocks it have to pass. */
const BLOCKED_TIMES = 2;

/** Reads all pages, bounded. Rejects as `read` does; what is no list ends the pages. */
export async function readLetters(read: ReadLetters): Promise<readonly unknown[]> {
	const letters: unknown[] = [];
	while (letters.length < LETTERS_MAX) {
		const page = await read({ offset: letters.length, limit: PAGE });
		if (!Array.isArray(page)) break;
		letters.push(...page);
		if (page.length < PAGE) break;
	}
	return letters.slice(0, LETTERS_MAX);
}

/** A dead letter that was a turn's wake. */
export interface DeadWake {
	/** The same letter: one that was sent again and has died again is another. */
	readonly letter: string;
	readonly sessionId: string;
}

/** The wakes among dead letters: a session's id and nothing else is their payload. */
export function deadWakes(letters: readonly unknown[]): DeadWake[] {
	return letters.flatMap((letter) => {
		const payload = fieldOf(letter, "payload");
		const sessionId = fieldOf(payload, "session_id");
		if (typeof sessionId !== "string" || sessionId === "") return [];
		if (sessionId.length > SESSION_ID_MAX_CHARACTERS || Object.keys(payload as object).length > 1) return [];
		return { letter: JSON.stringify([fieldOf(letter, "id"), fieldOf(letter, "failed_at")]), sessionId };
	});
}

export interface DeadLetterRoundsOptions {
	readonly monotonicMs: () => number;
	/** How long a dead holder blocks its session: TTL and skew. */
	readonly blockedMs: number;
}

/** How often a session was woken, and since when. */
interface Wakes {
	readonly count: number;
	readonly sinceMs: number;
}

/** Remembers which letters it has handled for as long as they are there. */
export class DeadLetterRounds {
	readonly #options: DeadLetterRoundsOptions;
	/** By letter. */
	#handled = new Set<string>();
	/** By session, as long as it has letters. */
	#wakes = new Map<string, Wakes>();

	constructor(options: DeadLetterRoundsOptions) {
		this.#options = options;
	}

	/** Wakes each session with a letter that is new, once. */
	async round(letters: readonly unknown[], wake: Wake): Promise<DeadLetterWakes> {
		const wakes = deadWakes(letters);
		const bySession = groupBySession(wakes);
		const present = new Set(wakes.map(({ letter }) => letter));
		this.#handled = new Set([...this.#handled].filter((letter) => present.has(letter)));
		this.#wakes = new Map([...this.#wakes].filter(([sessionId]) => bySession.has(sessionId)));
		const woken: string[] = [];
		const left: string[] = [];
		const failed: { sessionId: string; error: unknown }[] = [];
		for (const [sessionId, its] of bySession) {
			const fresh = its.filter((letter) => !this.#handled.has(letter));
			if (fresh.length === 0) continue;
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
			for (const letter of fresh) this.#handled.add(letter);
		}
		return { woken, failed, left };
	}

	#isHopeless(sessionId: string): boolean {
		const wakes = this.#wakes.get(sessionId);
		if (!wakes || wakes.count < WAKES_MAX) return false;
		const { monotonicMs, blockedMs } = this.#options;
		return monotonicMs() - wakes.sinceMs > BLOCKED_TIMES * blockedMs;
	}

	#count(sessionId: string): void {
		const { count, sinceMs } = this.#wakes.get(sessionId) ?? {
			count: 0,
			sinceMs: this.#options.monotonicMs(),
		};
		this.#wakes.set(sessionId, { count: count + 1, sinceMs });
	}
}

function groupBySession(wakes: readonly DeadWake[]): Map<string, string[]> {
	const bySession = new Map<string, string[]>();
	for (const { letter, sessionId } of wakes) {
		bySession.set(sessionId, [...(bySession.get(sessionId) ?? []), letter]);
	}
	return bySession;
}
