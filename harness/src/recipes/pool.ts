// Claims on the members of a pool: machines, or the places of a limit. No member has two tasks, no task two members.
//
// idle --claim--> claimed --renew--> claimed    claimed --free--> idle
// claimed --(nobody has renewed it until its deadline)--> may be claimed for another task, with a higher token
// A claim belongs to a task, not to a process: whoever works on the task after a crash claims again and gets the same one.
//
// Three rules for whoever uses it, so that a start that comes late, or twice, runs nothing and keeps no member for good:
// - End the task in its own record first, then free. In `dispatch`, so under the claim, look at that record: if the task has
//   ended, stop the command instead of starting it, then free. A claim whose maker dies before that, and that nobody comes
//   back for, is another task's after its deadline.
// - Cancel in this order: end the task's record, `claimMember` (the claim that it has), stop the command, `freeMember`.
// - A member refuses a token lower than one that it was told, runs each token once, never one that was stopped, and ends
//   what it runs when it is told a higher one: a claim may pass its deadline while its command runs, or is on its way.
import type { Leases } from "../lease/leases.ts";
import { comesAgain, type DecideOptions, type DecidePorts, type Decision, decide } from "./decide.ts";
import { expectInteger, expectText, invalid } from "./expect.ts";
import { mayHaveHappened } from "./may-have-happened.ts";

export interface Claim {
	readonly taskId: string;
	/** Fencing token: higher than that of every earlier claim in the pool. A member refuses what bears a lower one. */
	readonly token: number;
	/** Wall clock, milliseconds since 1970: until then nobody else gets it. */
	readonly untilMs: number;
	/** How many attempts of the task have claimed it that did not certainly fail: each of them may have started the command. */
	readonly attempts: number;
}

/** What is kept. */
export interface Pool {
	/** By member; one that is not here is idle. */
	readonly claims: Readonly<Record<string, Claim>>;
	/** The highest token so far. */
	readonly token: number;
}

export interface PoolPorts {
	readonly leases: Leases<Pool>;
	/** Wall clock, milliseconds since 1970. */
	readonly nowMs: () => number;
	/** How long a claim stands unless it is renewed, in milliseconds. */
	readonly claimMs: number;
	/** What the wall clocks of the processes may differ by, in milliseconds. @default 1_000 */
	readonly skewMs?: number;
}

export type ClaimAnswer =
	| { readonly claimed: true; readonly memberId: string; readonly token: number }
	/** All are busy: the first claim may end after so long. */
	| { readonly claimed: false; readonly retryAfterMs: number };

export interface ClaimOptions extends DecideOptions {
	readonly taskId: string;
	/** The members that there are now, the most wanted first. */
	readonly members: readonly string[];
}

/**
 * Claims the first member that is idle, or whose claim has passed its deadline. A task that has one keeps it, token and
 * all, for another `claimMs`, unless it is no member any more. Rejects as `decide` does, or with `option_invalid`.
 */
export async function claimMember(
	ports: PoolPorts,
	poolId: string,
	{ taskId, members, ...options }: ClaimOptions,
): Promise<ClaimAnswer> {
	if (!Array.isArray(members)) throw invalid("members", "a list", members);
	return decidePool<ClaimAnswer>(ports, poolId, { taskId, ...options }, (pool) => {
		const own = claimOf(pool, taskId);
		const kept = own && members.includes(own.memberId) ? own : undefined;
		const memberId = kept?.memberId ?? members.find((member) => leftMs(ports, pool, member) === 0);
		if (memberId === undefined)
			return { answer: { claimed: false, retryAfterMs: shortestMs(ports, pool, members) } };
		const token = kept?.claim.token ?? pool.token + 1;
		const claim = {
			taskId,
			token,
			untilMs: deadlineMs(ports),
			attempts: (kept?.claim.attempts ?? 0) + 1,
		};
		return {
			value: {
				claims: { ...without(pool, own?.memberId), [memberId]: claim },
				token: Math.max(token, pool.token),
			},
			answer: { claimed: true, memberId, token },
		};
	});
}

/** Keeps a claim for another `claimMs`. Answers whether it was still there: if not, stop. Rejects as `decide` does. */
export function renewClaim(
	ports: PoolPorts,
	poolId: string,
	{ taskId, token, ...options }: DecideOptions & Pick<Claim, "taskId" | "token">,
): Promise<boolean> {
	return decidePool(ports, poolId, { taskId, ...options }, (pool) => {
		const own = claimOf(pool, taskId);
		if (!own || own.claim.token !== token) return { answer: false };
		const renewed = { ...own.claim, untilMs: deadlineMs(ports) };
		return { value: { ...pool, claims: { ...pool.claims, [own.memberId]: renewed } }, answer: true };
	});
}

/**
 * Frees the member that the task has, if it has one: once its command has ended, or was stopped. May be repeated. With
 * a token, only that claim: not the one of a later attempt. Answers whether there was one. Rejects as `decide` does.
 */
export function freeMember(
	ports: PoolPorts,
	poolId: string,
	{ taskId, token, ...options }: DecideOptions & Pick<Claim, "taskId"> & Partial<Pick<Claim, "token">>,
): Promise<boolean> {
	return decidePool(ports, poolId, { taskId, ...options }, (pool) => {
		const own = claimOf(pool, taskId);
		if (!own || (token !== undefined && own.claim.token !== token)) return { answer: false };
		return { value: { ...pool, claims: without(pool, own.memberId) }, answer: true };
	});
}

export interface DispatchOptions extends ClaimOptions {
	/**
	 * Whether the command has certainly not started: only then is the member free again at once.
	 * @default every error but an unknown outcome: `outcome_unknown`, an abort, a timeout, a connection that was cut, a 5xx
	 */
	readonly hasNotStarted?: (error: unknown) => boolean;
}

/**
 * Claims a member and has `dispatch` start the command there. A dispatch that has failed is undone, and its error passed
 * on. The claim stays if nobody knows whether it has failed, or if another attempt at the task may have started the
 * command under it: the task's next attempt gets the same member and token. Rejects as `claimMember` and `dispatch` do.
 */
export async function dispatchToMember(
	ports: PoolPorts,
	poolId: string,
	{ hasNotStarted = (error) => !mayHaveHappened(error), ...options }: DispatchOptions,
	dispatch: (claim: { readonly memberId: string; readonly token: number }) => Promise<void>,
): Promise<ClaimAnswer> {
	const answer = await claimMember(ports, poolId, options);
	if (!answer.claimed) return answer;
	const { memberId, token } = answer;
	try {
		await dispatch({ memberId, token });
		return answer;
	} catch (error) {
		const { taskId, waitMs = UNDO_WAIT_MS } = options;
		const isUndone = async () =>
			hasNotStarted(error) && (await undo(ports, poolId, { taskId, token, waitMs }));
		// If that is not possible now, the deadline frees it: the dispatch's error says more.
		await isUndone().catch(() => undefined);
		throw comesAgain(error);
	}
}

/** Takes one attempt back: the last one frees the member. */
function undo(
	ports: PoolPorts,
	poolId: string,
	{ taskId, token, ...options }: DecideOptions & Pick<Claim, "taskId" | "token">,
): Promise<void> {
	return decidePool(ports, poolId, { taskId, ...options }, (pool) => {
		const own = claimOf(pool, taskId);
		if (!own || own.claim.token !== token) return { answer: undefined };
		const { memberId, claim } = own;
		const { attempts } = claim;
		const others = attempts > 1 ? { [memberId]: { ...claim, attempts: attempts - 1 } } : {};
		return { value: { ...pool, claims: { ...without(pool, memberId), ...others } }, answer: undefined };
	});
}

/** Longer than a dead worker holds the pool, if its leases have the default TTL. */
const UNDO_WAIT_MS = 20_000;

const EMPTY: Pool = { claims: {}, token: 0 };

/** A pool sends nothing. */
const send: DecidePorts<Pool>["send"] = () => Promise.resolve();

/** @throws SessionLeaseError (`option_invalid`) */
async function decidePool<A>(
	{ leases, claimMs, skewMs = SKEW_MS }: PoolPorts,
	poolId: string,
	{ taskId, ...options }: DecideOptions & Pick<Claim, "taskId">,
	step: (pool: Pool) => Decision<Pool, A>,
): Promise<A> {
	expectText("taskId", taskId);
	expectInteger("claimMs", claimMs, 1);
	expectInteger("skewMs", skewMs, 0);
	return decide({ leases, send }, poolId, (pool = EMPTY) => step(pool), options);
}

const deadlineMs = ({ nowMs, claimMs }: PoolPorts): number => expectInteger("nowMs()", nowMs(), 0) + claimMs;

/** The claim that the task has, and on whom. */
function claimOf(
	{ claims }: Pool,
	taskId: string,
): { readonly memberId: string; readonly claim: Claim } | undefined {
	const found = Object.entries(claims).find(([, claim]) => claim.taskId === taskId);
	return found && { memberId: found[0], claim: found[1] };
}

function without({ claims }: Pool, member: string | undefined): Pool["claims"] {
	return Object.fromEntries(Object.entries(claims).filter(([claimed]) => claimed !== member));
}

/** For how long nobody else gets it; 0: it is free. */
function leftMs({ nowMs, skewMs = SKEW_MS }: PoolPorts, { claims }: Pool, member: string): number {
	const claim = Object.hasOwn(claims, member) ? claims[member] : undefined;
	return claim ? Math.max(0, claim.untilMs + skewMs + 1 - expectInteger("nowMs()", nowMs(), 0)) : 0;
}

const shortestMs = (ports: PoolPorts, pool: Pool, members: readonly string[]): number =>
	Math.min(ports.claimMs, ...members.map((member) => leftMs(ports, pool, member)));

const SKEW_MS = 1_000;
