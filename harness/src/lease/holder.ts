// What one holder tells the store: numbered batches under its epoch and id, each answer judged for a lost lease.
import { type AtomicStore, applyOps, type FieldOp, type Fields, type Scalar } from "./atomic-store.ts";
import { type CallLimits, callUntilAnswered } from "./bounded-call.ts";
import type { Clock, Wait } from "./clock.ts";
import { hasCode, type LastWrite, LeaseLostError } from "./errors.ts";
import { doneField, epochOfField, type NumberedKind, numberedField, parseRecord } from "./record.ts";
import { bouncesOn, headOf, heldEpochs } from "./standing.ts";

/** One batch: each kind that is given is stated anew. */
export interface Batch {
	/** Renewed deadline, wall clock ms; 0 abandons. */
	readonly until?: number;
	/** JSON text; empty text = none. A batch with a value also says `owed`. */
	readonly value?: string;
	readonly owed?: boolean;
	/** JSON text of events; empty text = none. */
	readonly outbox?: string;
	/** The lease is released. */
	readonly done?: true;
}

export interface HolderContext {
	readonly store: AtomicStore;
	readonly clock: Clock;
	readonly wait: Wait;
	readonly sessionId: string;
	readonly epoch: number;
	readonly id: string;
	/** The record as the winning bid left it. */
	readonly fields: Fields;
	/** The epoch whose value stands there; 0: none does. */
	readonly standingEpoch: number;
}

const KINDS = ["value", "owed", "outbox", "until"] as const satisfies readonly NumberedKind[];

export class HolderBatches {
	readonly #context: HolderContext;
	readonly #latest = new Map<NumberedKind, string>();
	/** What an answer has acknowledged and no later batch of ours removes: it has to be there. */
	readonly #acknowledged = new Map<string, Scalar>();
	/** Fields of older epochs that are still to be removed. */
	readonly #older: Set<string>;
	#batches = 0;
	/** Unknown while a batch with `owed` is under way, and after one that was not answered. */
	#lastWrite: LastWrite = "none";

	constructor(context: HolderContext) {
		this.#context = context;
		this.#older = new Set(Object.keys(context.fields).filter((field) => epochOfField(field) < context.epoch));
	}

	/** What a loss that is found now has to say of the last batch with `owed`. */
	get lastWrite(): LastWrite {
		return this.#lastWrite;
	}

	/**
	 * Sends one batch until it is answered, and answers how many were turned away on this epoch so far.
	 * @throws LeaseLostError (`lease_lost`): somebody else is the head, the store forgot what it had acknowledged,
	 * or no answer came in time.
	 */
	async send(batch: Batch, limits: CallLimits): Promise<number> {
		const { store, sessionId, epoch, id } = this.#context;
		const ops = this.#opsOf(batch);
		const expected = new Map(this.#acknowledged);
		const writes = batch.owed !== undefined;
		if (writes) this.#lastWrite = "unknown";
		const { answer, record } = await callUntilAnswered(
			this.#context,
			() => store.update(sessionId, ops),
			limits,
		)
			.then((answer) => ({ answer, record: parseRecord(sessionId, applyOps(answer.fields, ops)) }))
			.catch((error: unknown) => {
				const absent = hasCode(error, "store_unavailable");
				if (writes && absent) this.#lastWrite = "void";
				throw this.#lost(silenceOf(error), error);
			});
		const head = headOf(record);
		if (head?.epoch !== epoch || head.holder.id !== id) {
			const superseded = heldEpochs(record).some((held) => held.epoch > epoch && held.statement.owed);
			if (writes && superseded && answer.sends === 1) this.#lastWrite = "void";
			throw this.#lost(`epoch ${head?.epoch ?? 0} of ${head?.holder.owner ?? "nobody"} has taken over`);
		}
		for (const [field, value] of expected) {
			if (this.#acknowledged.has(field) && answer.fields[field] !== value) {
				throw this.#lost("the store forgot what it had acknowledged");
			}
		}
		for (const op of ops) if (op.op === "set") this.#acknowledged.set(op.field, op.value);
		if (writes) this.#lastWrite = "none";
		return bouncesOn(head);
	}

	#opsOf(batch: Batch): FieldOp[] {
		const { epoch, id } = this.#context;
		const number = ++this.#batches;
		const ops: FieldOp[] = [];
		const removed: string[] = [];
		for (const kind of KINDS) {
			const value = batch[kind];
			if (value === undefined) continue;
			const field = numberedField(kind, epoch, id, number);
			ops.push({ op: "set", field, value });
			const earlier = this.#latest.get(kind);
			if (earlier) removed.push(earlier);
			this.#latest.set(kind, field);
		}
		if (batch.done) ops.push({ op: "set", field: doneField(epoch, id), value: true });
		if (batch.owed !== undefined) removed.push(...this.#takeOlder(batch.value !== undefined));
		for (const field of removed) {
			this.#acknowledged.delete(field);
			ops.push({ op: "remove", field });
		}
		return ops;
	}

	/** Housekeeping: the older epochs' fields, all but those of the epoch whose value still stands. */
	#takeOlder(hasValue: boolean): string[] {
		const taken = [...this.#older].filter(
			(field) => hasValue || epochOfField(field) !== this.#context.standingEpoch,
		);
		for (const field of taken) this.#older.delete(field);
		return taken;
	}

	#lost(why: string, cause?: unknown): LeaseLostError {
		const { sessionId, epoch } = this.#context;
		const lastWrite = this.#lastWrite;
		return new LeaseLostError({ sessionId, epoch, lastWrite, why }, cause === undefined ? {} : { cause });
	}
}

function silenceOf(error: unknown): string {
	if (hasCode(error, "store_unavailable")) return "the store was not there";
	return hasCode(error, "outcome_unknown")
		? "the store gave no answer in time"
		: "the store's answer is invalid";
}
