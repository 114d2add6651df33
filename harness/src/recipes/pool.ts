// Claims on the members of a pool: machines, or the places of a limit. No member has two tasks, no task two members.
//
// idle --claim--> claimed --renew--> claimed    claimed --free--> idle
// claimed --(nobody has renewed it until its deadline)--> may be claimed for another task, with a higher token
// A claim belongs to a task, not to a process: whoever works on the task after a crash claims again and gets the same one.
import type { Leases } from "../lease/leases.ts";
import { type DecideOptions, type DecidePorts, type Decision, decide } from "./decide.ts";

export interface Claim {
	readonly taskId: string;
	/** Fencing token: higher than that of every earlier claim in the pool. A member refuses what bears a lower one. */
	readonly token: number;
	/** Wall clock, milliseconds since 1970: until then nobody else gets it. */
	readonly untilMs: number;
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
 * all, for another `claimMs`, unless it is no member any more. Rejects as `decide` does.
 */
export function claimMember(
	ports: PoolPorts,
	poolId: string,
	{ taskId, members, ...options }: ClaimOptions,
): Promise<ClaimAnswer> {
	return decidePool<ClaimAnswer>(ports, poolId, options, (pool) => {
		const own = memberOf(pool, taskId);
		const kept = own !== undefined && members.includes(own) ? pool.claims[own] : undefined;
		const memberId = kept ? own : members.find((member) => leftMs(ports, pool.claims[member]) === 0);
		if (memberId === undefined)
			return { answer: { claimed: false, retryAfterMs: shortestMs(ports, pool, members) } };
		const token = kept?.token ?? pool.token + 1;
		const claim = { taskId, token, untilMs: ports.nowMs() + ports.claimMs };
		return {
			value: { claims: { ...without(pool, own), [memberId]: claim }, token: Math.max(token, pool.token) },
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
	return decidePool(ports, poolId, options, (pool) => {
		const own = memberOf(pool, taskId);
		if (own === undefined || pool.claims[own]?.token !== token) return { answer: false };
		const claim = { taskId, token, untilMs: ports.nowMs() + ports.claimMs };
		return { value: { ...pool, claims: { ...pool.claims, [own]: claim } }, answer: true };
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
	return decidePool(ports, poolId, options, (pool) => {
		const own = memberOf(pool, taskId);
		const isMeant = token === undefined || (own !== undefined && pool.claims[own]?.token === token);
		if (own === undefined || !isMeant) return { answer: false };
		return { value: { ...pool, claims: without(pool, own) }, answer: true };
	});
}

export interface DispatchOptions extends ClaimOptions {
	/**
	 * Whether the command has certainly not started: only then is the member free again at once.
	 * @default every error but an unknown outcome: `outcome_unknown`, an abort, a timeout
	 */
	readonly hasNotStarted?: (error: unknown) => boolean;
}

/**
 * Claims a member and has `dispatch` start the command there. A dispatch that has failed is undone, and its error passed
 * on; of one that nobody knows about, the claim stays, and the task's next attempt gets the same member and token.
 */
export async function dispatchToMember(
	ports: PoolPorts,
	poolId: string,
	{ hasNotStarted = isNotUnknown, ...options }: DispatchOptions,
	dispatch: (claim: { readonly memberId: string; readonly token: number }) => Promise<void>,
): Promise<ClaimAnswer> {
	const answer = await claimMember(ports, poolId, options);
	if (!answer.claimed) return answer;
	const { memberId, token } = answer;
	try {
		await dispatch({ memberId, token });
		return answer;
	} catch (error) {
		const { taskId } = options;
		// If it cannot be freed now, its deadline frees it: the dispatch's error says more.
		if (hasNotStarted(error)) await freeMember(ports, poolId, { taskId, token }).catch(() => false);
		throw error;
	}
}

const UNKNOWN = [
	"outcome_unknown",
	"AbortError",
	"TimeoutError",
	"ABORT_ERR",
	"TIMEOUT",
	"ETIMEDOUT",
	"ECONNRESET",
];

function isNotUnknown(error: unknown): boolean {
	const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
	return !UNKNOWN.some((unknown) => unknown === code || unknown === name);
}

const EMPTY: Pool = { claims: {}, token: 0 };

/** A pool sends nothing. */
const send: DecidePorts<Pool>["send"] = () => Promise.resolve();

function decidePool<A>(
	{ leases }: PoolPorts,
	poolId: string,
	options: DecideOptions,
	step: (pool: Pool) => Decision<Pool, A>,
): Promise<A> {
	return decide({ leases, send }, poolId, (pool = EMPTY) => step(pool), options);
}

const memberOf = ({ claims }: Pool, taskId: string): string | undefined =>
	Object.keys(claims).find((member) => claims[member]?.taskId === taskId);

function without({ claims }: Pool, member: string | undefined): Pool["claims"] {
	return Object.fromEntries(Object.entries(claims).filter(([claimed]) => claimed !== member));
}

/** For how long nobody else gets it; 0: it is free. */
function leftMs({ nowMs, skewMs = SKEW_MS }: PoolPorts, claim: Claim | undefined): number {
	return claim ? Math.max(0, claim.untilMs + skewMs + 1 - nowMs()) : 0;
}

const shortestMs = (ports: PoolPorts, { claims }: Pool, members: readonly string[]): number =>
	Math.min(ports.claimMs, ...members.map((member) => leftMs(ports, claims[member])));

const SKEW_MS = 1_000;
