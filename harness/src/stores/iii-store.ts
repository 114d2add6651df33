// The store port on iii's `state::update`, through anything that has iii-sdk's `trigger`.

import type {
	AtomicStore,
	FieldOp,
	Fields,
	FlatObject,
	Scalar,
	StoredRecord,
} from "../lease/atomic-store.ts";
import type { Retry, RetryPlan } from "../lease/clock.ts";
import { StoreAnswerError, TransientError } from "../lease/errors.ts";
import { CALL_TIMEOUT_MS } from "./call-timeout.ts";
import { checkBatch, checkKey } from "./check-batch.ts";
import type { IIIClient } from "./iii-client.ts";
import { callFailure } from "./iii-errors.ts";
import { listedRecord } from "./listed-record.ts";

export interface IIIStoreOptions {
	/** Where the records are. @default "session_lease" */
	readonly scope?: string;
	/** How long one call to the engine may take, in milliseconds; well under the TTL. @default 5_000 */
	readonly timeoutMs?: number;
	/**
	 * Repeats the first calls, four times a second, while nobody has registered iii's state functions yet.
	 * @default no retry; 20 attempts
	 */
	readonly startup?: { readonly retry: Retry; readonly attemptsMax?: number };
}

/** The field in which this store keeps a record's own key, since `state::list` answers values without keys. */
const KEY_FIELD = "key";
const STARTUP_ATTEMPTS_MAX = 20;
const STARTUP_DELAY_MS = 250;

/**
 * Records in iii's state. `setOnce` is an `append` of which the first element counts.
 * Not promised: durability (the engine's `kv` adapter may forget acknowledged writes in a crash).
 */
export function iiiStore(iii: Pick<IIIClient, "trigger">, options: IIIStoreOptions = {}): AtomicStore {
	const { scope = "session_lease", timeoutMs = CALL_TIMEOUT_MS } = options;
	const call = createCall(iii, { timeoutMs, ...options });
	return {
		async update(key, ops) {
			checkBatch(key, ops);
			const stored = [...ops.map(toIIIOp), { type: "set", path: KEY_FIELD, value: key }];
			const answer = await call("state::update", { scope, key, ops: stored });
			if (typeof answer !== "object" || answer === null || !("old_value" in answer)) {
				throw invalidAnswer("state::update", answer);
			}
			if ("errors" in answer && Array.isArray(answer.errors) && answer.errors.length > 0) {
				throw invalidAnswer("state::update", answer.errors);
			}
			return toFields(key, answer.old_value);
		},
		async read(key) {
			checkKey(key);
			return toFields(key, await call("state::get", { scope, key }));
		},
		async *list(): AsyncIterable<StoredRecord> {
			const records = await call("state::list", { scope });
			if (!Array.isArray(records)) throw invalidAnswer("state::list", records);
			for (const record of records) {
				const key = (record as { [KEY_FIELD]?: unknown } | null)?.[KEY_FIELD];
				if (typeof key === "string") yield await listedRecord(key, () => toFields(key, record));
			}
		},
	};
}

function toIIIOp(op: FieldOp): object {
	switch (op.op) {
		case "increment":
			return { type: "increment", path: op.field, by: op.by };
		case "set":
			return { type: "set", path: op.field, value: op.value };
		case "setOnce":
			return { type: "append", path: op.field, value: op.value };
		case "remove":
			return { type: "remove", path: op.field };
	}
}

function toFields(key: string, record: unknown): Fields {
	if (record === undefined || record === null) return {};
	if (typeof record !== "object" || Array.isArray(record)) {
		throw new StoreAnswerError(`The record "${key}" is not an object: somebody else has written it.`, {
			code: "record_invalid",
		});
	}
	const fields: Record<string, Scalar | FlatObject> = {};
	for (const [field, value] of Object.entries(record)) {
		if (field !== KEY_FIELD) fields[field] = Array.isArray(value) ? value[0] : value;
	}
	return fields;
}

type Call = (function_id: string, payload: object) => Promise<unknown>;

/** One of iii's functions, its failures told apart: what is not known stays as it was thrown. */
function createCall(
	iii: Pick<IIIClient, "trigger">,
	{ timeoutMs, startup }: Pick<IIIStoreOptions, "startup"> & { readonly timeoutMs: number },
): Call {
	let started = startup === undefined;
	return async (function_id, payload) => {
		const request = () => iii.trigger({ function_id, payload, timeoutMs });
		try {
			const answer =
				startup && !started
					? await startup.retry(request, whileAbsent(startup.attemptsMax))
					: await request();
			started = true;
			return answer;
		} catch (cause) {
			const failure = callFailure(cause);
			if (failure === "absent") throw unavailable(function_id, cause);
			if (failure === "refused") throw refused(function_id, cause);
			throw cause;
		}
	};
}

const whileAbsent = (attemptsMax: number = STARTUP_ATTEMPTS_MAX): RetryPlan => ({
	delayMs: (error, attempt) =>
		callFailure(error) === "absent" && attempt < attemptsMax ? STARTUP_DELAY_MS : undefined,
});

function unavailable(function_id: string, cause: unknown): TransientError {
	const message =
		`The iii engine has no \`${function_id}\`, so nothing was done. It comes with iii-state in the engine's ` +
		"configuration, or with `iii worker add state`.";
	return new TransientError(message, { code: "store_unavailable", cause });
}

function refused(function_id: string, cause: unknown): StoreAnswerError {
	const message = `iii's \`${function_id}\` refused the request, and nothing was done: ${(cause as Error).message}`;
	return new StoreAnswerError(message, { cause });
}

function invalidAnswer(function_id: string, answer: unknown): StoreAnswerError {
	const shown = JSON.stringify(answer)?.slice(0, 200);
	return new StoreAnswerError(
		`Expected an answer of \`${function_id}\`, got ${shown}. Nothing is assumed of it.`,
	);
}
