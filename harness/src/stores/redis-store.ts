// The store port on Redis: a hash for each record, and one script call a batch.
import type { AtomicStore, FieldOp, Fields, StoredRecord } from "../lease/atomic-store.ts";
import { SessionLeaseError } from "../lease/errors.ts";
import { isWellFormed } from "../lease/options.ts";
import { checkBatch, checkKey } from "./check-batch.ts";
import { isGone, listedRecord } from "./listed-record.ts";
import { connectionOf, type RedisClient } from "./redis-clients.ts";
import { failureOf } from "./redis-errors.ts";
import { BATCH_SCRIPT, fieldsOfAnswer, scriptArguments, WHOLE_KEY_SCRIPT } from "./redis-script.ts";
import { stepThrough } from "./step-through.ts";

export type { IoredisClient, NodeRedisClient, RedisClient } from "./redis-clients.ts";

export interface RedisStoreOptions {
	/**
	 * In front of each key. What is listed is all that begins with it, so no prefix may begin with another one's.
	 * @default "session_lease:"
	 */
	readonly prefix?: string;
}

export const PREFIX = "session_lease:";

/**
 * Records as hashes: counters as integers, everything else as JSON text. One round trip for an update and for a read,
 * which is the same script with nothing to do, so that it is answered by the master wherever a client sends reads.
 * In a cluster each record is on the node of its key; braces in it choose the slot, and nothing else.
 * `list` asks every master page by page, and drops what Redis answers twice within a page; a record that moves to another
 * place meanwhile may be listed twice.
 *
 * Not promised: durability. With `appendfsync everysec` a crash forgets a second of acknowledged writes, with
 * snapshots alone all since the last one; a replica that takes over forgets what had not reached it (WAIT is not used).
 * Give the records a server that evicts nothing (`maxmemory-policy noeviction`): an evicted record is a forgotten one.
 *
 * ioredis sends commands again by itself whose connection was lost, unless it is told otherwise. A batch that is applied
 * twice is borne by the lease; but an error says nothing then about the copy before, so that its outcome is unknown.
 * With `maxRetriesPerRequest: 0, enableOfflineQueue: false` it does not. node-redis does it only with
 * sentinels; `disableOfflineQueue` keeps it from holding back what cannot be sent.
 *
 * Give an ioredis client of your own database 0: when it connects again and the server refuses the `SELECT` of another
 * one, as while a script is too long, it goes on in database 0, where no lease of yours is, and tells only its `error` event.
 */
export function redisStore(
	client: RedisClient,
	options: RedisStoreOptions = {},
): AtomicStore & { list(): AsyncIterable<StoredRecord> } {
	const { prefix = PREFIX } = options;
	checkPrefix(prefix);
	const connection = connectionOf(client);
	const answerOf = async <T>(key: string, call: Promise<T>, sentOnce: boolean): Promise<T> => {
		try {
			return await call;
		} catch (error) {
			throw failureOf(key, { error, sentOnce });
		}
	};
	const apply = async (key: string, ops: readonly FieldOp[]): Promise<Fields> => {
		const call = connection.run(BATCH_SCRIPT, prefix + key, scriptArguments(ops));
		// Reading twice changes nothing.
		return fieldsOfAnswer(key, await answerOf(key, call, ops.length === 0 || !connection.resends()));
	};
	return {
		async update(key, ops) {
			checkBatch(key, ops);
			return apply(key, ops);
		},
		async read(key) {
			checkKey(key);
			return apply(key, []);
		},
		async *list() {
			const whole = String(await answerOf(prefix, connection.run(WHOLE_KEY_SCRIPT, prefix, []), true));
			const pages = stepThrough(
				() => connection.scan(`${escapeGlob(whole)}*`),
				(step) => answerOf(prefix, step(), true),
			);
			for await (const page of pages) {
				const keys = [...new Set(page)].map((key) => key.slice(whole.length)).filter((key) => key !== "");
				const records = await Promise.all(keys.map((key) => listedRecord(key, () => apply(key, []))));
				for (const record of records) if (!isGone(record)) yield record;
			}
		},
	};
}

function checkPrefix(prefix: string): void {
	if (typeof prefix === "string" && prefix !== "" && isWellFormed(prefix)) return;
	const message = `Expected \`prefix\` to be well-formed text that is not empty, got \`${String(prefix)}\`.`;
	throw new SessionLeaseError("option_invalid", message);
}

/** As text in a pattern of Redis. */
const escapeGlob = (text: string): string => text.replace(/[\\*?[\]^]/g, "\\$&");
