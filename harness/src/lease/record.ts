// A session's record, read: the flat fields of the store as epochs, holders and what each holder has stated.
import type { Fields, FlatObject, Scalar } from "./atomic-store.ts";
import { StoreAnswerError } from "./errors.ts";

export interface Holder {
	/** The lease id whose bid won. */
	readonly id: string;
	/** Readable name of the process. */
	readonly owner: string;
	/** First deadline, wall clock, milliseconds since 1970. */
	readonly untilMs: number;
}

/** One kind of field that a holder writes again and again: only its highest batch number counts. */
export interface Numbered<T> {
	readonly batch: number;
	readonly value: T;
}

/** What one lease id has written under one epoch. It counts only if that id holds the epoch. */
export interface Statement {
	until?: Numbered<number>;
	value?: Numbered<string>;
	owed?: Numbered<boolean>;
	outbox?: Numbered<string>;
	done: boolean;
}

export interface Epoch {
	readonly epoch: number;
	bids: number;
	holder?: Holder;
	readonly statements: Map<string, Statement>;
}

/** The epochs that the record knows, lowest first. */
export type LeaseRecord = readonly Epoch[];

export type NumberedKind = "until" | "value" | "owed" | "outbox";

export const bidsField = (epoch: number): string => `bids:${epoch}`;
export const holderField = (epoch: number): string => `holder:${epoch}`;
export const doneField = (epoch: number, id: string): string => `done:${epoch}.${id}`;
export const numberedField = (kind: NumberedKind, epoch: number, id: string, batch: number): string =>
	`${kind}:${epoch}.${id}.${batch}`;

const FIELD =
	/^(bids|holder|until|value|owed|outbox|done):([1-9]\d{0,14})(?:\.([\w-]+))?(?:\.([1-9]\d{0,8}))?$/;

const KIND_TYPES = { until: "number", value: "string", owed: "boolean", outbox: "string" } as const;

/** The epoch that a field belongs to, 0 if it is no field of this protocol. */
export function epochOfField(field: string): number {
	return Number(FIELD.exec(field)?.[2] ?? 0);
}

/**
 * Reads a record.
 * @throws StoreAnswerError (`record_invalid`) if somebody else has written it: nothing may be assumed then.
 */
export function parseRecord(sessionId: string, fields: Fields): LeaseRecord {
	const epochs = new Map<number, Epoch>();
	for (const [field, value] of Object.entries(fields)) {
		const [, kind, epochText, id, batchText] = FIELD.exec(field) ?? [];
		if (kind === undefined) throw foreign(sessionId, field, "is no field of a lease");
		const number = Number(epochText);
		let epoch = epochs.get(number);
		if (!epoch) {
			epoch = { epoch: number, bids: 0, statements: new Map() };
			epochs.set(number, epoch);
		}
		readField(epoch, { kind, id, batch: Number(batchText ?? 0) }, value, (why) =>
			foreign(sessionId, field, why),
		);
	}
	return [...epochs.values()].sort((a, b) => a.epoch - b.epoch);
}

interface FieldName {
	readonly kind: string;
	readonly id: string | undefined;
	readonly batch: number;
}

function readField(
	epoch: Epoch,
	name: FieldName,
	value: Scalar | FlatObject,
	invalid: (why: string) => StoreAnswerError,
): void {
	const { kind, id, batch } = name;
	if (kind === "bids" || kind === "holder") {
		if (id !== undefined) throw invalid("is no field of a lease");
		if (kind === "holder") epoch.holder = readHolder(value, invalid);
		else if (Number.isSafeInteger(value)) epoch.bids = value as number;
		else throw invalid("is not an integer");
		return;
	}
	if (id === undefined || (kind === "done") !== (batch === 0)) throw invalid("is no field of a lease");
	const statement = epoch.statements.get(id) ?? { done: false };
	epoch.statements.set(id, statement);
	if (kind === "done") {
		if (value !== true) throw invalid("is not `true`");
		statement.done = true;
		return;
	}
	const numberedKind = kind as NumberedKind;
	if (typeof value !== KIND_TYPES[numberedKind]) throw invalid(`is not a ${KIND_TYPES[numberedKind]}`);
	if (batch > (statement[numberedKind]?.batch ?? 0)) {
		Object.assign(statement, { [numberedKind]: { batch, value } });
	}
}

function readHolder(value: Scalar | FlatObject, invalid: (why: string) => StoreAnswerError): Holder {
	const { id, owner, until } = typeof value === "object" && value !== null ? value : {};
	if (typeof id !== "string" || typeof owner !== "string" || !Number.isSafeInteger(until)) {
		throw invalid("is not `{id, owner, until}`");
	}
	return { id, owner, untilMs: until as number };
}

function foreign(sessionId: string, field: string, why: string): StoreAnswerError {
	return new StoreAnswerError(
		`The record of session "${sessionId}" was written by somebody else: field "${field}" ${why}. ` +
			"Nothing is assumed of it; give the lease a scope of its own, or remove the record.",
		{ code: "record_invalid" },
	);
}
