// The store port on a bucket of NATS KV, through anything that has the methods of @nats-io/kv's `KV` that are used here.
import type { AtomicStore, StoredRecord } from "../lease/atomic-store.ts";
import { StoreAnswerError, TransientError } from "../lease/errors.ts";
import { endingWith, type NatsBucket, type NatsStatus } from "./nats-connection.ts";
import { type SwapServer, swapStore } from "./swap-store.ts";

export type { NatsBucket };

export interface NatsStoreOptions {
	/**
	 * The connection that the bucket was opened on. With it calls end when it is lost, and records are remembered from
	 * call to call until then.
	 * @default none: nothing is remembered, as the loss would not be seen, and a batch takes two round trips
	 */
	readonly connection?: NatsStatus;
	/**
	 * How long a write may take, in milliseconds. Reads take the client's own limit.
	 * @default 2_000: a lease with the default TTL has sent another copy by then
	 */
	readonly timeoutMs?: number;
}

export const NATS_TIMEOUT_MS = 2_000;

/**
 * Records in a bucket, each the JSON of its fields. A batch is a put that names the revision it replaces: one round
 * trip, or two for a record that this client has not seen as it is, and two for each without its `connection`.
 *
 * `read` may answer a record as it was a moment ago: any replica answers if the bucket allows direct gets, and one that
 * does not know yet that it leads no more answers too (nats-server #4710, #6557). Leases bear that: what they have read
 * only tells them what to try, and the answer to a put decides. A put that builds on an old record is refused.
 *
 * Promised when the server's process is killed: what was acknowledged is there. Not promised when its machine loses
 * power: by default the server writes through to the disk every 2 minutes, and what was acknowledged since may be
 * forgotten (docs.nats.io on `sync_interval`; nats-server #7564). `sync_interval: always` in its `jetstream` section is
 * the cure; three replicas are one as long as they do not lose power at once. A server that has forgotten gives
 * revisions a second time, so what is known of a record is forgotten with the connection. What is not seen is a loss on
 * another server of a cluster than the one that this client is connected to: an acknowledged write that follows on one
 * that was lost there may be overwritten by a client that still knows the lost one. Neither is, without `connection`, a
 * loss between the two round trips of a batch.
 * Not promised: records of more than the server's `max_payload` (1 MiB, headers included).
 */
export function natsStore(
	bucket: NatsBucket,
	{ timeoutMs = NATS_TIMEOUT_MS, connection }: NatsStoreOptions = {},
): AtomicStore & { list(): AsyncIterable<StoredRecord> } {
	if (connection === undefined) return swapStore(serverOf(bucket, timeoutMs), { rememberedCharactersMax: 0 });
	const connected = endingWith(connection, bucket);
	return swapStore({ ...serverOf(connected, timeoutMs), incarnation: connected.losses });
}

function serverOf(bucket: NatsBucket, timeoutMs: number): SwapServer<number> {
	return {
		async load(key) {
			const entry = await bucket.get(bucketKey(key));
			if (entry === null) return { text: undefined, version: 0 };
			return { text: entry.operation === "PUT" ? entry.string() : undefined, version: entry.revision };
		},
		async swap(key, text, version) {
			try {
				const options = { previousSeq: version, timeout: timeoutMs };
				return { version: await bucket.put(bucketKey(key), text, options) };
			} catch (error) {
				if (isCode(error, ...WRONG_LAST_SEQUENCE)) return { conflict: true };
				throw toldApart(error);
			}
		},
		async *keys() {
			for await (const name of await bucket.keys()) {
				const key = keyOfName(name);
				if (key !== undefined) yield key;
			}
		},
	};
}

const OTHER_CHARACTERS = /[^\w-]+/gu;
const ESCAPED = /=([\w-]+)=/g;

/** Names in a bucket are of a few characters, and part of a subject: whatever else there is becomes `=<base64url>=`. */
function bucketKey(key: string): string {
	return key.replace(OTHER_CHARACTERS, (characters) => `=${Buffer.from(characters).toString("base64url")}=`);
}

/** `undefined`: somebody else's. */
function keyOfName(name: string): string | undefined {
	const key = name.replace(ESCAPED, (_, bytes: string) => Buffer.from(bytes, "base64url").toString());
	return bucketKey(key) === name ? key : undefined;
}

/** JetStream's codes for a put that names another revision than the last; the second does not say which that is. */
const WRONG_LAST_SEQUENCE = [10_071, 10_164];
/** The bucket's own limit to the size of a value. */
const EXCEEDS_MAXIMUM = 10_054;

function isCode(error: unknown, ...codes: readonly number[]): boolean {
	const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
	return name === "JetStreamApiError" && codes.some((known) => known === code);
}

/**
 * What was certainly not stored: nobody listened for it (no such bucket, JetStream is off, or the bucket has no leader
 * just now), or it was too large for the client, or for the bucket.
 */
function toldApart(error: unknown): unknown {
	if (!(error instanceof Error)) return error;
	const { name, message, cause } = error;
	const isTooLargeToSend = name === "InvalidArgumentError" && message.includes("max_payload");
	if (isTooLargeToSend || isCode(error, EXCEEDS_MAXIMUM)) {
		const refusal = `The record is larger than NATS takes, and was left as it is: ${message}`;
		return new StoreAnswerError(refusal, { cause: error });
	}
	if (name === "JetStreamNotEnabled" && isNoResponders(cause)) {
		const nobody =
			"No stream listens for the bucket, so nothing was written: it does not exist, it has no leader just now, or " +
			"JetStream is off.";
		return new TransientError(nobody, { code: "store_unavailable", cause: error });
	}
	return error;
}

/** The client wraps it, in versions that trace where a request began. */
function isNoResponders(error: unknown): boolean {
	if (!(error instanceof Error)) return false;
	return error.name === "NoResponders" || (error.cause as Error | undefined)?.name === "NoResponders";
}
