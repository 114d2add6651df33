// What a record says of its session: who heads it, until when, which value stands, and whether a wake is owed.
import type { Epoch, Holder, LeaseRecord, Statement } from "./record.ts";

/** An epoch that has a holder, with what that holder has stated. */
export interface HeldEpoch {
	readonly epoch: number;
	readonly bids: number;
	readonly holder: Holder;
	readonly statement: Statement;
}

const NOTHING_STATED: Statement = { done: false };

function withHolder(epoch: Epoch): HeldEpoch | undefined {
	const { holder } = epoch;
	if (!holder) return undefined;
	return {
		epoch: epoch.epoch,
		bids: epoch.bids,
		holder,
		statement: epoch.statements.get(holder.id) ?? NOTHING_STATED,
	};
}

/** Every epoch that has a holder, highest first. */
export function heldEpochs(record: LeaseRecord): HeldEpoch[] {
	return record
		.map(withHolder)
		.filter((epoch) => epoch !== undefined)
		.reverse();
}

/** The highest epoch that has a holder; with `below`, the highest under that epoch. */
export function headOf(record: LeaseRecord, below: number = Number.POSITIVE_INFINITY): HeldEpoch | undefined {
	for (let index = record.length - 1; index >= 0; index--) {
		const epoch = record[index] as Epoch;
		if (epoch.epoch < below && epoch.holder) return withHolder(epoch);
	}
	return undefined;
}

/** Wall clock, milliseconds since 1970; 0 = abandoned. */
export function deadlineMsOf(epoch: HeldEpoch): number {
	return epoch.statement.until?.value ?? epoch.holder.untilMs;
}

/** Whether a rival has to stay away: not released, and its deadline, with the skew allowed, has not passed. */
export function isHeld(epoch: HeldEpoch, now: { readonly wallMs: number; readonly skewMs: number }): boolean {
	return !epoch.statement.done && now.wallMs <= deadlineMsOf(epoch) + now.skewMs;
}

export interface StandingValue {
	readonly epoch: number;
	/** JSON text; empty text = none. */
	readonly text: string;
	/** JSON text of events committed with the value and not known delivered; empty text = none. */
	readonly outbox: string;
	/** The store forgot the bid and kept the value: whoever loads it seals it. */
	readonly unheld: boolean;
}

/** The session's value: that of the highest epoch whose holder wrote one, else the highest that nobody holds. */
export function standingValue(record: LeaseRecord): StandingValue | undefined {
	for (const held of heldEpochs(record)) {
		const { value, outbox } = held.statement;
		if (value) return { epoch: held.epoch, text: value.value, outbox: outbox?.value ?? "", unheld: false };
	}
	for (const epoch of [...record].reverse()) {
		const orphan = [...epoch.statements]
			.filter(([, statement]) => statement.value)
			.sort(([a], [b]) => (a < b ? 1 : -1))[0]?.[1];
		if (orphan?.value) {
			return {
				epoch: epoch.epoch,
				text: orphan.value.value,
				outbox: orphan.outbox?.value ?? "",
				unheld: true,
			};
		}
	}
	return undefined;
}

/** How many were turned away while this epoch was current. */
export function bouncesOn(epoch: { readonly bids: number; readonly holder?: Holder }): number {
	return Math.max(0, epoch.bids - (epoch.holder ? 1 : 0));
}

/** Bids of one acquire that came too late and turned nobody away but itself, by epoch. */
export type OwnMarks = ReadonlyMap<number, number>;

const NO_MARKS: OwnMarks = new Map();

/** Whether the session is owed a wake: as the last epoch that said so has it, or bounces on that one or any since. */
export function isOwed(record: LeaseRecord, ownMarks: OwnMarks = NO_MARKS): boolean {
	for (const epoch of [...record].reverse()) {
		if (bouncesOn(epoch) > (ownMarks.get(epoch.epoch) ?? 0)) return true;
		const owed = withHolder(epoch)?.statement.owed;
		if (owed) return owed.value;
	}
	return false;
}
