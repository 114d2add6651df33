// What a worker looks after beside its wakes: sessions that were left behind, when it starts, and dead letters.
import type { Clock, Wait } from "../lease/clock.ts";
import { hasCode } from "../lease/errors.ts";
import type { SweepReport } from "../lease/leases.ts";
import type { Wake } from "../lease/wake.ts";
import { DeadLetterRounds, type DeadLetterWakes, type ReadLetters, readLetters } from "./dead-letters.ts";

export interface HousekeepingOptions {
	readonly queue: string;
	readonly sweep: (options: { readonly wake: Wake }) => Promise<SweepReport>;
	readonly read: ReadLetters;
	/** Wakes a session for the state that it is in. */
	readonly wake: Wake;
	readonly everyMs: number;
	/** How long a dead holder blocks its session: TTL and skew. */
	readonly blockedMs: number;
	readonly clock: Clock;
	readonly wait: Wait;
	/** Ends it. */
	readonly signal: AbortSignal;
	readonly say: (line: string) => void;
}

/** What still fails then needs somebody who looks at it. */
const SWEEPS_MAX = 10;

/** Sweeps, and again until nobody was left out; looks at the dead letters, then and every so often. Never rejects. */
export async function keepHouse(given: HousekeepingOptions): Promise<void> {
	const { everyMs, blockedMs, clock, wait, signal } = given;
	// What fails because the worker ends is no news.
	const say = (line: string) => {
		if (!signal.aborted) given.say(line);
	};
	const options = { ...given, say };
	const rounds = new DeadLetterRounds({ monotonicMs: clock.monotonicMs, blockedMs });
	let sweeps = 0;
	let swept = false;
	let unread: string | undefined;
	while (!signal.aborted) {
		if (!swept && sweeps++ < SWEEPS_MAX) swept = await sweepOnce(options);
		const failure = await letterRound(options, rounds);
		if (failure !== undefined && failure !== unread) say(failure);
		unread = failure;
		await wait(everyMs, { signal }).catch(() => undefined);
	}
}

async function sweepOnce({ sweep, wake, say }: HousekeepingOptions): Promise<boolean> {
	try {
		const report = await sweep({ wake });
		say(sweepText(report));
		// A record that nobody can read stays so; whoever could not be woken is found once more.
		return report.failed.every(({ error }) => hasCode(error, "record_invalid"));
	} catch (error) {
		say(`sweep: not done, and tried again with the next look at dead letters: ${messageOf(error)}`);
		return false;
	}
}

/** Answers why the letters could not be looked at. */
async function letterRound(
	{ queue, read, wake, say }: HousekeepingOptions,
	rounds: DeadLetterRounds,
): Promise<string | undefined> {
	try {
		const line = lettersText(queue, await rounds.round(await readLetters(read), wake));
		if (line !== undefined) say(line);
		return undefined;
	} catch (error) {
		return `dead letters of ${queue}: not read, their sessions are not woken: ${messageOf(error)}`;
	}
}

const SESSIONS_SHOWN = 5;

export function sweepText({ woken, failed }: SweepReport): string {
	const failures = failed.map(({ sessionId, error }) => `"${sessionId}" (${messageOf(error)})`);
	return `sweep: ${woken.length} woken, ${failed.length} failed${some(failures)}`;
}

/** One line, `undefined` if there is nothing to say. */
export function lettersText(queue: string, { woken, failed, left }: DeadLetterWakes): string | undefined {
	if (woken.length + failed.length + left.length === 0) return undefined;
	const failures = failed.map(({ sessionId, error }) => `"${sessionId}" (${messageOf(error)})`);
	const parts = [
		`${woken.length} woken${some(woken.map(quoted))}`,
		...(failed.length > 0 ? [`${failed.length} failed, tried again${some(failures)}`] : []),
		...(left.length > 0 ? [`${left.length} left alone, died too often${some(left.map(quoted))}`] : []),
	];
	return `dead letters of ${queue}: sessions ${parts.join("; ")}; the letters stay where they are`;
}

const quoted = (sessionId: string): string => `"${sessionId}"`;

function some(texts: readonly string[]): string {
	if (texts.length === 0) return "";
	const more = texts.length > SESSIONS_SHOWN ? ", …" : "";
	return `: ${texts.slice(0, SESSIONS_SHOWN).join(", ")}${more}`;
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
