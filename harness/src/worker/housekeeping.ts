// What a worker looks after beside its wakes: its name, sessions that were left behind, and dead letters.
import type { Clock, Wait } from "../lease/clock.ts";
import { hasCode } from "../lease/errors.ts";
import type { SweepReport } from "../lease/leases.ts";
import type { Wake } from "../lease/wake.ts";
import { refusalOf } from "../survey/ask.ts";
import { LETTERS_MAX, type ReadLetters } from "../survey/dead-letters.ts";
import { DeadLetterRounds, type DeadLetterWakes } from "./dead-letters.ts";

export interface HousekeepingOptions {
	readonly queue: string;
	/** Looks whether the worker still has its name to itself. Never rejects. */
	readonly lookAtName: () => Promise<unknown>;
	readonly sweep: (options: { readonly wake: Wake }) => Promise<SweepReport>;
	/** 0: sweeps when it starts only. */
	readonly sweepEveryMs: number;
	readonly read: ReadLetters;
	/** Wakes a session for the state that it is in. */
	readonly wake: Wake;
	/** How often the name and the dead letters are looked at. */
	readonly everyMs: number;
	/** How long a dead holder blocks its session: TTL and skew. */
	readonly blockedMs: number;
	/** How long after its first delivery a message has its last one. */
	readonly retriesMs: number;
	readonly clock: Clock;
	readonly wait: Wait;
	/** Ends it. */
	readonly signal: AbortSignal;
	readonly say: (line: string) => void;
}

/** What still fails then needs somebody who looks at it, or comes in the next turn of sweeping. */
const SWEEPS_MAX = 10;
/** A row of dead wakes ends after so many times as long as the next one takes to die and to be found. */
const ROW_TIMES = 4;

/** Looks after everything, every so often, until the signal ends it. Never rejects. */
export async function keepHouse(given: HousekeepingOptions): Promise<void> {
	// What fails because the worker ends is no news.
	const say = (line: string) => {
		if (!given.signal.aborted) given.say(line);
	};
	const options = { ...given, say };
	await Promise.all([keepSweeping(options), keepLooking(options)]);
}

/** Sessions may be left behind later too: by a worker that died, or by an engine that has forgotten its messages. */
async function keepSweeping(options: HousekeepingOptions): Promise<void> {
	const { everyMs, sweepEveryMs, wait, signal, say } = options;
	let found: string | undefined;
	let failures = 0;
	while (!signal.aborted) {
		const { isDone, line, sessionIds } = await sweepOnce(options);
		// What ended while others were turned away stays among them, though it is never woken: that is told once.
		const before = found;
		found = JSON.stringify([line, sessionIds]);
		if (found !== before) say(line);
		failures = isDone ? 0 : failures + 1;
		const soonMs = failures > 0 && failures < SWEEPS_MAX ? everyMs : sweepEveryMs;
		const nextMs = sweepEveryMs > 0 ? Math.min(soonMs, sweepEveryMs) : soonMs;
		if (nextMs === 0) return;
		await wait(nextMs, { signal }).catch(() => undefined);
	}
}

interface Swept {
	/** Nobody was left out whom another sweep might reach. */
	readonly isDone: boolean;
	/** Who was woken. */
	readonly sessionIds: readonly string[];
	readonly line: string;
}

async function sweepOnce({ sweep, wake }: HousekeepingOptions): Promise<Swept> {
	try {
		const report = await sweep({ wake });
		// A record that nobody can read stays so; whoever could not be woken is found once more.
		const isDone = report.failed.every(({ error }) => hasCode(error, "record_invalid"));
		return { isDone, sessionIds: report.woken, line: sweepText(report) };
	} catch (error) {
		return { isDone: false, sessionIds: [], line: `sweep: not done, and tried again: ${messageOf(error)}` };
	}
}

async function keepLooking(options: HousekeepingOptions): Promise<void> {
	const { queue, everyMs, blockedMs, retriesMs, clock, wait, signal, say, lookAtName } = options;
	const rounds = new DeadLetterRounds({
		monotonicMs: clock.monotonicMs,
		blockedMs,
		rowEndsAfterMs: ROW_TIMES * (blockedMs + retriesMs + everyMs),
	});
	let unread: string | undefined;
	let wasPart = false;
	while (!signal.aborted) {
		await lookAtName();
		const round = await letterRound(options, rounds);
		const { failure } = round;
		const isPart: boolean = round.isPart ?? wasPart;
		if (isPart && !wasPart) {
			say(`dead letters of ${queue}: more than ${LETTERS_MAX}, each look goes on where the last one ended`);
		}
		if (failure !== undefined && failure !== unread) say(failure);
		wasPart = isPart;
		unread = failure;
		await wait(everyMs, { signal }).catch(() => undefined);
	}
}

interface LetterRound {
	/** Why the letters could not be looked at. */
	readonly failure?: string;
	/** Whether there are more letters than are looked at in one round. */
	readonly isPart?: boolean;
}

async function letterRound(
	{ queue, read, wake, say }: HousekeepingOptions,
	rounds: DeadLetterRounds,
): Promise<LetterRound> {
	try {
		const wakes = await rounds.round(read, wake);
		const line = lettersText(queue, wakes);
		if (line !== undefined) say(line);
		return { isPart: wakes.isPart };
	} catch (error) {
		return {
			failure: `dead letters of ${queue}: not read, their sessions are not woken: ${messageOf(error)}`,
		};
	}
}

const SESSIONS_SHOWN = 5;

export function sweepText({ woken, failed }: SweepReport): string {
	const failures = failed.map(({ sessionId, error }) => `"${sessionId}" (${messageOf(error)})`);
	return `sweep: ${woken.length} woken, ${failed.length} failed${some(failures)}`;
}

/** One line, `undefined` if there is nothing to say. */
export function lettersText(
	queue: string,
	{ woken, failed, left }: Omit<DeadLetterWakes, "isPart">,
): string | undefined {
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
	return refusalOf(error).message;
}
