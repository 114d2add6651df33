// Polls of something that is watched: so many bad ones in a row, and it is said once.
//
// counting --(a poll reads as the last one did)--> counting, one more    --(it reads otherwise)--> counting from 1
// counting --(as many in a row as the reading's threshold)--> reached, for good: `threshold_reached` is sent
// A reading is named for what is seen, never for the backend that is polled: whoever reacts to it knows one list of names.
import type { OutboxEvent } from "../lease/outbox.ts";
import { type DecideOptions, type DecidePorts, decide } from "./decide.ts";
import { expectInteger, expectText } from "./expect.ts";

/** What is kept. */
export interface Polls {
	/** Number of the last poll that was counted. */
	readonly poll: number;
	readonly reading: string;
	/** How many polls in a row have read so. */
	readonly inARow: number;
	/** The reading whose threshold was reached: nothing is counted any more. */
	readonly reached?: string;
}

/** Sent once, under the id `reached`. */
export interface ThresholdReached {
	readonly type: "threshold_reached";
	readonly watchId: string;
	readonly reading: string;
	readonly inARow: number;
}

export interface PollPorts extends DecidePorts<Polls> {
	/** By reading: after how many in a row. A reading that is not listed is a good one. @default `POLL_THRESHOLDS` */
	readonly thresholds?: Readonly<Record<string, number>>;
}

/** `poll_failed`: no usable answer. `done_without_end`: the backend says done, and the record has not ended. */
export const POLL_THRESHOLDS: Readonly<Record<"poll_failed" | "done_without_end", number>> = {
	poll_failed: 3,
	done_without_end: 3,
};

export interface PollReading extends DecideOptions {
	/** 1, 2, 3 … per watch: one that is told again counts once, one that comes after a later one not at all. */
	readonly poll: number;
	readonly reading: string;
}

/**
 * Counts one poll, and answers what is kept now. When a threshold is reached `threshold_reached` is sent: end what is
 * watched because of that event, not of the answer. Rejects as `decide` does, or with `option_invalid`.
 */
export async function notePoll(
	{ thresholds = POLL_THRESHOLDS, ...ports }: PollPorts,
	watchId: string,
	{ poll, reading, ...options }: PollReading,
): Promise<Polls> {
	expectInteger("poll", poll, 1);
	expectText("reading", reading);
	for (const [name, inARow] of Object.entries(thresholds)) expectInteger(`thresholds.${name}`, inARow, 1);
	return decide(
		ports,
		watchId,
		(polls = NO_POLLS) => {
			if (polls.reached !== undefined || poll <= polls.poll) return { answer: polls };
			const inARow = reading === polls.reading ? polls.inARow + 1 : 1;
			const threshold = Object.hasOwn(thresholds, reading) ? thresholds[reading] : undefined;
			const counted: Polls = { poll, reading, inARow };
			if (threshold === undefined || inARow < threshold) return { value: counted, answer: counted };
			const reached: Polls = { ...counted, reached: reading };
			return { value: reached, answer: reached, events: [reachedEvent(watchId, counted)] };
		},
		options,
	);
}

const NO_POLLS: Polls = { poll: 0, reading: "", inARow: 0 };

function reachedEvent(watchId: string, { reading, inARow }: Polls): OutboxEvent {
	const event: ThresholdReached = { type: "threshold_reached", watchId, reading, inARow };
	return { id: "reached", event };
}
