// Where workers die: at calls to the store or the queue that the seed picks.
import type { TriggerRequest } from "../stores/iii-client.ts";
import type { Random } from "../system/random.ts";

/** `before` the call is sent; once it is `applied`, before its reply; or some time `after` the reply. */
export type CrashMoment = "before" | "applied" | "after";

export interface CrashPoint {
	readonly moment: CrashMoment;
	/** How long after the reply, in milliseconds; 0 for the other moments. */
	readonly afterMs: number;
	/** How long until a replacement with the same function ids starts, in milliseconds. */
	readonly replacedAfterMs: number;
}

export interface CrashPlan {
	/** Counts a call; answers how its caller dies of it, `undefined` if it lives on. */
	at(request: TriggerRequest): CrashPoint | undefined;
}

/** A turn of five calls makes about sixty calls to the store and the queue; the gap lets a few crashes happen in it. */
const CALLS_BETWEEN_MAX = 24;
const AFTER_MS_MAX = 40;
const REPLACED_MS_MIN = 20;
const REPLACED_MS_MAX = 400;

export function createCrashPlan(crashes: number, random: Random): CrashPlan {
	let left = crashes;
	let countdown = random.integer(1, CALLS_BETWEEN_MAX);
	return {
		at(request) {
			if (left === 0 || !reachesStoreOrQueue(request) || --countdown > 0) return undefined;
			left--;
			countdown = random.integer(1, CALLS_BETWEEN_MAX);
			const moment = random.pick<CrashMoment>(["before", "applied", "after"]);
			return {
				moment,
				afterMs: moment === "after" ? random.integer(0, AFTER_MS_MAX) : 0,
				replacedAfterMs: random.integer(REPLACED_MS_MIN, REPLACED_MS_MAX),
			};
		},
	};
}

function reachesStoreOrQueue({ function_id, action }: TriggerRequest): boolean {
	return action?.type === "enqueue" || /^(state|store)::/.test(function_id);
}
