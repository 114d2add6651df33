// When a job on an engine behind a URL is at rest, and when that engine is lost: found out by asking it.
//
// Such an engine does not tell when nothing is under way, so the job keeps account of it. Each wake has an id; it is
// under way from when it is sent until its function has resolved, or it is found among the dead letters. What no account
// can know is that a wake which was handled is delivered once more, as "at least once" permits, or that a state trigger
// is late. Neither finds anything to do in a session that rests, so a short quiet is enough there. One that stands still
// where it should not is watched for longer than any holder, dead or alive, can keep it to itself.
// A wake may also be gone without a trace: an engine whose queue is another worker's tells no dead letters of it (iii 0.23),
// and what was sent by a worker that died may never have arrived. So one that the queue would have brought by now is not
// waited for any more, and then nobody says that there are no dead letters.
// No answer is never rest: then the job goes on until its limit, or until the engine is called lost.
import type { QueueSettings } from "../engine/queue-config.ts";
import type { Clock, Wait } from "../lease/clock.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import { fieldOf } from "../survey/ask.ts";
import { lettersOf, readLetters } from "../survey/dead-letters.ts";
import { turnMachine } from "../turn/turn-machine.ts";
import { EngineLostError } from "./engine-lost-error.ts";
import { WAKE_QUEUE } from "./job-engine.ts";
import type { SessionLook } from "./session-reader.ts";
import type { WakeLedger } from "./wake-ledger.ts";

export interface RestOptions {
	readonly client: Pick<IIIClient, "trigger">;
	readonly clock: Clock;
	readonly wait: Wait;
	readonly ledger: WakeLedger;
	readonly sessionId: string;
	readonly ttlMs: number;
	readonly serialize: boolean;
	readonly look: () => Promise<SessionLook>;
	/** Of the wakes, as far as its provider tells. */
	readonly queue?: QueueSettings | undefined;
}

const LOOK_EVERY_MS = 50;
/** Five polls of iii's queue. */
const QUIET_MS = 500;
const ASK_LETTERS_EVERY_MS = 500;
/** Over the TTL: what a repeated delivery may come later than that, by the default backoffs. */
const STUCK_QUIET_MS = 5_000;
/**
 * The longest backoff that is reckoned with where the queue does not tell: iii's of 1 s, doubled until it outlasts the
 * default TTL of 15 s, has deliveries at 0, 1, 3, 7, 15 and 31 s. Besides, one delivery may go unseen for a TTL: to a worker
 * that died, whose answer the queue awaits that long. After both a wake that is on the queue has been seen, unless wakes of
 * others keep it waiting.
 */
const LONGEST_BACKOFF_MS = 16_000;

function longestBackoffMs(queue: QueueSettings | undefined): number {
	if (!queue) return LONGEST_BACKOFF_MS;
	return Math.max(LONGEST_BACKOFF_MS, queue.backoffMs * 2 ** (queue.deliveriesMax - 2));
}

/** Resolves when the job is at rest. */
export async function remoteRest(options: RestOptions): Promise<void> {
	const { clock, wait, ledger, ttlMs } = options;
	const backoffMs = longestBackoffMs(options.queue);
	for (;;) {
		await wait(LOOK_EVERY_MS);
		const quietSinceMs = ledger.changedAtMs;
		const quietMs = clock.monotonicMs() - quietSinceMs;
		if (ledger.running > 0 || quietMs < QUIET_MS) continue;
		if (ledger.underWay > 0) {
			const letters = await noteLetters(options);
			const isQuiet = ledger.changedAtMs === quietSinceMs;
			if (letters && isQuiet && quietMs >= backoffMs + ttlMs) ledger.loseSight();
			else await wait(ASK_LETTERS_EVERY_MS);
			continue;
		}
		const found = await options.look().catch(() => undefined);
		if (!found || ledger.changedAtMs !== quietSinceMs) continue;
		if (!options.serialize || isWell(found) || quietMs >= ttlMs + STUCK_QUIET_MS) return;
	}
}

/** Ended or parked, in nobody's hand, and nobody has to be woken. */
function isWell({ record, heldBy, owed }: SessionLook): boolean {
	const { terminal, waiting } = turnMachine;
	return (
		heldBy === null &&
		!owed &&
		record !== undefined &&
		(terminal.includes(record.state) || waiting.includes(record.state))
	);
}

export interface JobDeadLetter {
	readonly wakeId: string;
	readonly error: string;
}

/** The job's own, of those that are newest; `undefined`: the engine does not tell, or not of all that may be. */
export async function deadLetters(
	options: Pick<RestOptions, "client" | "sessionId" | "ledger">,
): Promise<JobDeadLetter[] | undefined> {
	const letters = await noteLetters(options);
	return options.ledger.unseen > 0 ? undefined : letters;
}

/** Reads them, and takes those wakes off the ledger. */
async function noteLetters({
	client,
	sessionId,
	ledger,
}: Pick<RestOptions, "client" | "sessionId" | "ledger">): Promise<JobDeadLetter[] | undefined> {
	try {
		const { letters } = await readLetters(lettersOf(client, WAKE_QUEUE));
		const own = letters.flatMap((letter) => {
			const payload = fieldOf(letter, "payload");
			if (fieldOf(payload, "session_id") !== sessionId) return [];
			return { wakeId: String(fieldOf(payload, "wake_id")), error: String(fieldOf(letter, "error")) };
		});
		ledger.givenUp(own.map(({ wakeId }) => wakeId));
		return own;
	} catch {
		// Whatever the reason, it is not known, and called that.
		return undefined;
	}
}

const PULSE_EVERY_MS = 1_000;
const SILENCE_MS_MAX = 15_000;

/** Rejects when the engine has answered nothing for a while; never resolves. @throws EngineLostError */
export async function remoteLoss(url: string, { clock, wait, look }: RestOptions): Promise<never> {
	let answeredAtMs = clock.monotonicMs();
	for (;;) {
		await wait(PULSE_EVERY_MS, { background: true });
		try {
			await look();
			answeredAtMs = clock.monotonicMs();
		} catch (cause) {
			const silenceMs = clock.monotonicMs() - answeredAtMs;
			if (silenceMs < SILENCE_MS_MAX) continue;
			const message = `The engine at ${url} gives no answer any more, and what became of the turn is not known.`;
			throw new EngineLostError(message, { cause });
		}
	}
}
