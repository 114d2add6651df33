// How a worker ends: what runs may finish for a while, what does not is given up, and nothing stays held.
//
// taking wakes -> draining: no new ones, those that run go on -> all have ended: drained
//                                                             -> the time is up: their leases are abandoned, cut short
// Whoever was granted a session in the last moment is heard out too: a grant that nobody knows of would block its
// session for a TTL.
import type { Activity } from "../engine/activity.ts";
import type { Wait } from "../lease/clock.ts";
import { within } from "../system/within.ts";
import type { TurnRecord } from "../turn/record.ts";
import type { HeldLeases } from "./held-leases.ts";

export interface DrainOptions {
	/** Stops taking wakes. */
	readonly stopTaking: () => void;
	readonly held: HeldLeases<TurnRecord>;
	/** The functions that are running. */
	readonly running: Pick<Activity, "idle">;
	/** The calls to the store that are under way. */
	readonly underway: Pick<Activity, "idle">;
	readonly drainMs: number;
	readonly wait: Wait;
}

export interface Drained {
	/** Whether everything that was running came to its end in time. */
	readonly finished: boolean;
	/** How many leases could not be given back, and block their session for the rest of their TTL. */
	readonly held: number;
}

/** How long it may take to give everything back after the time is up; all in all it takes `drainMs` and this. */
export const GIVE_BACK_MS_MAX = 2_000;

/** Never rejects. */
export async function drain(options: DrainOptions): Promise<Drained> {
	const { stopTaking, held, running, underway, drainMs, wait } = options;
	stopTaking();
	held.close();
	const finished = await within(wait, drainMs, running.idle());
	const gaveBack = await within(wait, GIVE_BACK_MS_MAX, giveBack({ held, running, underway, wait }));
	return { finished, held: gaveBack ? 0 : held.count };
}

async function giveBack({
	held,
	running,
	underway,
	wait,
}: Omit<DrainOptions, "stopTaking" | "drainMs">): Promise<void> {
	await held.abandonAll();
	await running.idle();
	// An answer may be followed by one more call: of a seal, or of the end of a grant that nobody waits for any more.
	for (let quiet = 0; quiet < 2; quiet++) {
		await wait(0);
		await underway.idle();
	}
}
