// The records of a world: a store whose every batch is applied at one moment.
import { applyOps, type FieldOp, type Fields } from "../lease/atomic-store.ts";
import type { Resource } from "./resource.ts";

/** One batch, as it was applied. */
export interface RecordUpdate {
	readonly key: string;
	readonly ops: readonly FieldOp[];
	readonly before: Fields;
	readonly after: Fields;
}

const NOTHING: Fields = Object.freeze({});

export class Records implements Resource {
	#records = new Map<string, Fields>();
	readonly #onUpdate: (update: RecordUpdate) => void;

	constructor(onUpdate: (update: RecordUpdate) => void) {
		this.#onUpdate = onUpdate;
	}

	get(key: string): Fields {
		return this.#records.get(key) ?? NOTHING;
	}

	set(key: string, fields: Fields): void {
		this.#records.set(key, Object.freeze({ ...fields }));
	}

	update(key: string, ops: readonly FieldOp[]): Fields {
		const before = this.get(key);
		const after = Object.freeze(applyOps(before, ops));
		this.#records.set(key, after);
		this.#onUpdate({ key, ops, before, after });
		return before;
	}

	/** Sorted: the order in which fields were written is no part of a record. */
	key(): string {
		return [...this.#records.keys()]
			.sort()
			.map((key) => `${key}=${fieldsKey(this.get(key))}`)
			.join("\n");
	}

	save(): () => void {
		const saved = new Map(this.#records);
		return () => {
			this.#records = new Map(saved);
		};
	}
}

export function fieldsKey(fields: Fields): string {
	const names = Object.keys(fields).sort();
	return names.map((name) => `${name}:${JSON.stringify(fields[name])}`).join(";");
}
