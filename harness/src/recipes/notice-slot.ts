// A slot for a notice: one per task, channel and class of event, so that one thing is said once.
//
// free --claim--> posting --posted--> posted, for good    posting --failed--> free again: the claim is given back
// posting --(its worker died, or hears no more)--> unknown, for good; or posted again, if the channel bears that
// The slot is held while its notice is posted, so nobody else posts it, and what is under way is never taken for done.
import { SessionLeaseError } from "../lease/errors.ts";
import type { Lease } from "../lease/lease.ts";
import type { Leases } from "../lease/leases.ts";
import { untilAborted } from "../lease/until-aborted.ts";
import { acquireOptions, comesAgain, type DecideOptions, takeTurn } from "./decide.ts";
import { expectText, invalid } from "./expect.ts";
import { mayHaveHappened } from "./may-have-happened.ts";

export interface Notice {
	readonly taskId: string;
	readonly channel: string;
	/** The type of the event, as `task_failed`. */
	readonly event: string;
	/** Types that end a task: they share one slot, so that a task's end is told once, whatever it is called. */
	readonly terminalEvents?: readonly string[];
}

/** The slot's session: `notice/<task>/<channel>/<class>`, each part encoded. @throws SessionLeaseError (`option_invalid`) */
export function noticeSlot({ taskId, channel, event, terminalEvents = [] }: Notice): string {
	const parts = Object.entries({ taskId, channel, event }).map(([name, part]) => expectText(name, part));
	const isWellFormed = parts.every((part) => !LONE_SURROGATE.test(part));
	if (!isWellFormed) throw invalid("notice", "of well-formed texts", parts.join("/"));
	const eventClass = terminalEvents.includes(event) ? "terminal" : `event:${event}`;
	return ["notice", ...[taskId, channel, eventClass].map(encodeURIComponent)].join("/");
}

const LONE_SURROGATE = /\p{Surrogate}/u;

export type SlotState = "free" | "posting" | "posted" | "unknown";

const STATES: readonly SlotState[] = ["free", "posting", "posted", "unknown"];

export type Posted =
	| "posted"
	/** By an earlier call; `post` was not run. */
	| "already_posted"
	/** An earlier `post` was cut short, or this one does not know: it may be out, and is not posted again. */
	| "unknown";

export interface PostOptions extends DecideOptions {
	/**
	 * Whether the channel bears a notice that comes twice, or counts by a key: then one whose outcome is unknown is
	 * posted again. @default false
	 */
	readonly repeatable?: boolean;
}

/**
 * Runs `post` unless the slot's notice was posted. Its rejection gives the claim back and is passed on: try again, if it
 * is one that may be tried again. Where nobody knows whether it is out (`outcome_unknown`, an abort, a timeout, a
 * connection that was cut, a 5xx) this answers "unknown" instead, or if it is `repeatable` rejects too. `signal` aborts
 * with the lease, and with the caller's own; a post that does not heed it is not waited for.
 * @throws TransientError (`transient`: somebody is posting; `outcome_unknown`, `lease_lost` …): try again.
 */
export async function postOnce(
	leases: Leases<SlotState>,
	slot: string,
	post: (key: string, signal: AbortSignal) => Promise<void>,
	{ repeatable = false, ...options }: PostOptions = {},
): Promise<Posted> {
	await using lease = await takeTurn(() => leases.acquire(slot, acquireOptions(options)));
	const { value: state = "free" } = lease;
	if (!STATES.includes(state)) {
		throw new SessionLeaseError(
			"record_invalid",
			`Session "${slot}" is no slot: give slots keys of their own.`,
		);
	}
	if (state === "posted") return leave(lease, "already_posted");
	if (state === "unknown" && !repeatable) return leave(lease, "unknown");
	if (state === "posting" && !repeatable) return settle(lease, "unknown");
	await lease.write("posting");
	const signal = options.signal ? AbortSignal.any([lease.signal, options.signal]) : lease.signal;
	if (signal.aborted) {
		await lease.release({ value: "free" });
		throw signal.reason;
	}
	try {
		await untilAborted(async () => post(slot, signal), signal);
	} catch (error) {
		lease.signal.throwIfAborted();
		if (!repeatable && (signal.aborted || mayHaveHappened(error))) return settle(lease, "unknown");
		// If the store does not hear of it, the slot stays as after a crash: what the post says of itself says more.
		await lease.release({ value: "free" }).catch(() => undefined);
		throw comesAgain(error);
	}
	return settle(lease, "posted");
}

async function leave(lease: Lease<SlotState>, posted: Posted): Promise<Posted> {
	await lease.release();
	return posted;
}

async function settle(lease: Lease<SlotState>, state: "posted" | "unknown"): Promise<Posted> {
	await lease.release({ value: state });
	return state;
}
