// How a session is acquired: judge the record, mark a bounce or bid for the next epoch, seal what is taken over.
import { type AtomicStore, applyOps, type FieldOp, type Fields } from "./atomic-store.ts";
import { type CallLimits, callUntilAnswered } from "./bounded-call.ts";
import { type Moment, momentOf } from "./clock.ts";
import { hasCode, LeaseHeldError, OutcomeUnknownError, TransientError } from "./errors.ts";
import type { EpochHints } from "./hints.ts";
import { HolderBatches } from "./holder.ts";
import { marginMs } from "./lifetime.ts";
import type { ObserveLease } from "./observe.ts";
import type { HoldSettings, LeasePorts } from "./options.ts";
import { bidsField, holderField, type LeaseRecord, parseRecord } from "./record.ts";
import {
	deadlineMsOf,
	type HeldEpoch,
	headOf,
	isHeld,
	isOwed,
	type OwnMarks,
	type StandingValue,
	standingValue,
} from "./standing.ts";

export interface AcquireContext {
	readonly store: AtomicStore;
	readonly ports: LeasePorts;
	readonly hints: EpochHints;
	readonly observe: ObserveLease;
	readonly sessionId: string;
	/** One id for every bid of this acquire. */
	readonly id: string;
	readonly settings: HoldSettings;
	/** Whether an attempt that finds the session held leaves its mark; not while it is to be tried again soon. */
	readonly marksBounce: () => boolean;
	/** The epoch that is taken over although it is held; 0: none. */
	readonly breaks: number;
	/** Gives up: nothing more is sent, and only a bid that is under way is still waited for. */
	readonly signal?: AbortSignal;
}

/** A lease as it was won. */
export interface Grant {
	readonly epoch: number;
	/** When the winning bid was first sent. */
	readonly sentAt: Moment;
	readonly batches: HolderBatches;
	readonly standing: StandingValue | undefined;
	/** Whether the standing value is written under this grant's own epoch. */
	readonly sealed: boolean;
	/** Whether the epoch before was never released. */
	readonly takeover: boolean;
	readonly owed: boolean;
}

interface Bid {
	readonly epoch: number;
	readonly sentAt: Moment;
	/** The record as the bid found it. */
	readonly before: Fields;
	/** The record as the bid left it, and what it says. */
	readonly fields: Fields;
	readonly record: LeaseRecord;
}

/**
 * One attempt to be granted the session.
 * @throws LeaseHeldError (`lease_held`): turned away. @throws OutcomeUnknownError (`outcome_unknown`): no answer.
 * @throws TransientError (`acquire_exhausted`): `attemptsMax` rounds were not enough.
 */
export async function acquireGrant(context: AcquireContext): Promise<Grant> {
	const { hints, sessionId, id, settings, breaks } = context;
	let hint = breaks > 0 ? undefined : hints.get(sessionId);
	let record = hint === undefined ? await readRecord(context) : undefined;
	const ownMarks = new Map<number, number>();
	const noteMark = (epoch: number) => ownMarks.set(epoch, (ownMarks.get(epoch) ?? 0) + 1);
	for (let round = 0; round < settings.attemptsMax; round++) {
		const head = record && headOf(record);
		if (head && head.epoch !== breaks && held(context, head)) {
			if (!context.marksBounce()) throw heldError(context, head);
			record = await markBounce(context, head);
			noteMark(head.epoch);
			continue;
		}
		context.signal?.throwIfAborted();
		const bid = await sendBid(context, (record ? (head?.epoch ?? 0) : (hint as number)) + 1);
		const newHead = headOf(bid.record);
		if (newHead?.epoch === bid.epoch && newHead.holder.id === id) {
			if (hint !== undefined && headEpoch(sessionId, bid.before) < hint) hints.forget(sessionId);
			return await grant(context, bid, ownMarks);
		}
		hints.forget(sessionId);
		hint = undefined;
		record = bid.record;
		if (newHead?.epoch === bid.epoch && held(context, newHead)) throw turnedAway(context, newHead);
		noteMark(bid.epoch);
	}
	throw new TransientError(
		`Session "${sessionId}" changed hands ${settings.attemptsMax} times while it was being acquired. Nothing ran; try again.`,
		{ code: "acquire_exhausted" },
	);
}

async function readRecord(context: AcquireContext): Promise<LeaseRecord> {
	const { store, ports, sessionId } = context;
	const answer = await callUntilAnswered(ports, () => store.read(sessionId), limitsOfTtl(context));
	return parseRecord(sessionId, answer.fields);
}

/** Counts one who was turned away, unless the answer shows that the lease has moved on meanwhile. */
async function markBounce(context: AcquireContext, head: HeldEpoch): Promise<LeaseRecord> {
	const { store, ports, sessionId } = context;
	const ops: FieldOp[] = [{ op: "increment", field: bidsField(head.epoch), by: 1 }];
	const answer = await callUntilAnswered(ports, () => store.update(sessionId, ops), limitsOfTtl(context));
	const record = parseRecord(sessionId, applyOps(answer.fields, ops));
	const now = headOf(record);
	if (now?.epoch === head.epoch && held(context, now)) throw turnedAway(context, now);
	return record;
}

async function sendBid(context: AcquireContext, epoch: number): Promise<Bid> {
	const { store, ports, sessionId, id, settings } = context;
	const sentAt = momentOf(ports.clock);
	const until = sentAt.wallMs + settings.ttlMs;
	const ops: FieldOp[] = [
		{ op: "increment", field: bidsField(epoch), by: 1 },
		{ op: "setOnce", field: holderField(epoch), value: { id, owner: settings.owner, until } },
	];
	const answer = await callUntilAnswered(
		ports,
		() => store.update(sessionId, ops),
		limitsOfBid(context, sentAt),
	);
	const fields = applyOps(answer.fields, ops);
	return { epoch, sentAt, before: answer.fields, fields, record: parseRecord(sessionId, fields) };
}

const headEpoch = (sessionId: string, fields: Fields): number =>
	headOf(parseRecord(sessionId, fields))?.epoch ?? 0;

/** Puts what is inherited under the new epoch first, if its holder may still write: then nothing late can surface. */
async function grant(context: AcquireContext, bid: Bid, ownMarks: OwnMarks): Promise<Grant> {
	const { store, ports, sessionId, id, settings, observe } = context;
	const { epoch, sentAt, fields, record } = bid;
	const standing = standingValue(record);
	const standingEpoch = standing?.epoch ?? 0;
	const batches = new HolderBatches({ store, ...ports, sessionId, epoch, id, fields, standingEpoch });
	const takeover = headOf(record, epoch)?.statement.done === false;
	const sealed = takeover || standing?.unheld === true;
	if (sealed) {
		const { text = "", outbox = "" } = standing ?? {};
		const seal = { value: text, owed: true, ...(outbox === "" ? {} : { outbox }) };
		try {
			await batches.send(seal, limitsOfBid(context, sentAt));
		} catch (cause) {
			if (!hasCode(cause, "lease_lost")) throw cause;
			const message = `The takeover of session "${sessionId}" could not be sealed. Nothing ran; try again.`;
			throw new OutcomeUnknownError(message, { cause });
		}
	}
	observe({ type: "granted", sessionId, epoch, owner: settings.owner, takeover });
	return { epoch, sentAt, batches, standing, sealed, takeover, owed: sealed || isOwed(record, ownMarks) };
}

function held(context: AcquireContext, head: HeldEpoch): boolean {
	return isHeld(head, { wallMs: context.ports.clock.wallMs(), skewMs: context.settings.skewMs });
}

/** Counted in the record: somebody has to wake the session for this one, or it has to come again. */
function turnedAway(context: AcquireContext, head: HeldEpoch): LeaseHeldError {
	const { sessionId, settings } = context;
	context.observe({ type: "turned_away", sessionId, epoch: head.epoch, owner: settings.owner });
	return heldError(context, head);
}

function heldError({ sessionId, settings, ports }: AcquireContext, head: HeldEpoch): LeaseHeldError {
	const { epoch, holder } = head;
	const leftMs = deadlineMsOf(head) + settings.skewMs + 1 - ports.clock.wallMs();
	const retryAfterMs = Math.min(Math.max(1, leftMs), settings.ttlMs + settings.skewMs + 1);
	return new LeaseHeldError({ sessionId, epoch, holder: holder.owner, retryAfterMs });
}

/** A bid is worth nothing once its own deadline is near, and so is what follows from it. */
function limitsOfBid({ settings }: AcquireContext, sentAt: Moment): CallLimits {
	const { ttlMs, callTimeoutMs } = settings;
	return { giveUpAtMs: sentAt.monotonicMs + ttlMs - marginMs(ttlMs), callTimeoutMs };
}

/** Nothing runs out while one reads, or leaves a mark: a TTL is long enough. */
function limitsOfTtl({ settings, ports, signal }: AcquireContext): CallLimits {
	const { ttlMs, callTimeoutMs } = settings;
	return { giveUpAtMs: ports.clock.monotonicMs() + ttlMs, callTimeoutMs, ...(signal ? { signal } : {}) };
}
