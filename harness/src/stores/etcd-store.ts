// The store port on etcd, through anything that has the methods of etcd3's client that are used here.
import type { AtomicStore, StoredRecord } from "../lease/atomic-store.ts";
import { hasCode, StoreAnswerError, TransientError } from "../lease/errors.ts";
import { realClock } from "../system/real-time.ts";
import { type Swapped, type SwapServer, swapStore, type Versioned } from "./swap-store.ts";

/** The part of etcd3's client (`Etcd3`, or a namespace of one) that this store uses. */
export interface EtcdClient {
	get(key: Buffer): EtcdGet;
	getAll(): EtcdGetAll;
	put(key: Buffer): { value(text: string): EtcdOperation };
	if(key: Buffer, column: "Mod", comparison: "==", value: string): EtcdTransaction;
}

interface EtcdOperation {
	op(): Promise<object>;
}

interface EtcdGet extends EtcdOperation {
	options(options: EtcdCallOptions): EtcdGet;
	exec(): Promise<EtcdRange>;
}

interface EtcdGetAll {
	inRange(range: { readonly start: Buffer; readonly end: Buffer }): EtcdGetAll;
	limit(count: number): EtcdGetAll;
	options(options: EtcdCallOptions): EtcdGetAll;
	keyBuffers(): Promise<Buffer[]>;
}

interface EtcdTransaction {
	then(...operations: EtcdOperation[]): EtcdTransaction;
	else(...operations: EtcdOperation[]): EtcdTransaction;
	options(options: EtcdCallOptions): EtcdTransaction;
	commit(): Promise<{
		readonly succeeded: boolean;
		readonly header: { readonly revision: string };
		readonly responses: readonly { readonly response_range?: EtcdRange }[];
	}>;
}

interface EtcdRange {
	readonly kvs: readonly { readonly value: Uint8Array; readonly mod_revision: string }[];
}

/** Options of grpc-js for one call. */
interface EtcdCallOptions {
	/** Milliseconds since 1970. */
	readonly deadline: number;
	interceptors: Interceptor[];
}

// biome-ignore lint/suspicious/noExplicitAny: what is passed on is grpc-js's own, of types that differ on the way
type Interceptor = (options: any, call: (options: any) => any) => any;

interface StatusListener {
	onReceiveMetadata(received: unknown): void;
	onReceiveMessage(received: unknown): void;
	onReceiveStatus(status: object): void;
}

export interface EtcdStoreOptions {
	/** What the keys of all records begin with; no prefix of another store may begin with it. @default "session_lease/" */
	readonly prefix?: string;
	/**
	 * How long one call to etcd may take, in milliseconds.
	 * @default 2_000: a lease with the default TTL has sent another copy by then
	 */
	readonly timeoutMs?: number;
}

const PREFIX = "session_lease/";
const TIMEOUT_MS = 2_000;
/** Of at most 1,536 bytes and the prefix, each: well under the 4 MiB that a client takes for one answer. */
const KEYS_A_PAGE = 1_000;

/**
 * Records in etcd, each the JSON of its fields under one key. A batch is a transaction that compares the key's
 * `mod_revision`, and answers what is there if that has changed: one round trip, or two for a record that this client
 * has not seen as it is. Reads are linearizable: what was answered before is seen.
 *
 * Promised in a crash: what was acknowledged is on the disks of a majority. Not promised: records of more than etcd
 * takes in one request (1.5 MiB, unless it is started with another `--max-request-bytes`).
 * Needed of whoever restores a snapshot while clients live: `etcdutl snapshot restore --bump-revision 1000000000
 * --mark-compacted`, as etcd advises for clients that remember revisions (etcd.io, op-guide/recovery; etcd 3.5.10 and
 * up). Otherwise revisions come a second time, and a client may overwrite what was acknowledged after the restore.
 */
export function etcdStore(
	client: EtcdClient,
	{ prefix = PREFIX, timeoutMs = TIMEOUT_MS }: EtcdStoreOptions = {},
): AtomicStore & { list(): AsyncIterable<StoredRecord> } {
	const bytesOf = (key: string) => Buffer.from(prefix + key);
	const limits = () => limitsOfCall(realClock.wallMs() + timeoutMs);
	const server: SwapServer<string> = {
		async load(key) {
			const { options, errorOf } = limits();
			try {
				return versioned(await client.get(bytesOf(key)).options(options).exec());
			} catch (error) {
				throw errorOf(error);
			}
		},
		async swap(key, text, version) {
			const { options, errorOf, copies } = limits();
			const at = bytesOf(key);
			try {
				const transaction = client
					.if(at, "Mod", "==", version)
					.then(client.put(at).value(text))
					.else(client.get(at));
				const { succeeded, header, responses } = await transaction.options(options).commit();
				if (succeeded) return { version: header.revision };
				if (copies() > 1) throw new Error("The client has sent the swap twice: the first may have counted.");
				return conflict(responses[0]?.response_range);
			} catch (error) {
				throw errorOf(error);
			}
		},
		async *keys() {
			const end = afterAll(Buffer.from(prefix));
			for (let start = Buffer.from(prefix); ; ) {
				const page = client.getAll().inRange({ start, end }).limit(KEYS_A_PAGE).options(limits().options);
				const keys = await page.keyBuffers();
				for (const key of keys) {
					const text = key.toString();
					// Bytes that are no text are nobody's key.
					if (Buffer.from(text).equals(key)) yield text.slice(prefix.length);
				}
				const last = keys.at(-1);
				if (last === undefined || keys.length < KEYS_A_PAGE) return;
				start = Buffer.concat([last, Buffer.from([0])]);
			}
		},
	};
	return swapStore(server);
}

/** etcd's revision of what is not there is 0. */
function versioned({ kvs }: EtcdRange): Versioned<string> {
	const [record] = kvs;
	if (record === undefined) return { text: undefined, version: "0" };
	return { text: Buffer.from(record.value).toString(), version: record.mod_revision };
}

function conflict(current: EtcdRange | undefined): Swapped<string> {
	return { conflict: true, ...(current === undefined ? {} : { current: versioned(current) }) };
}

/** The first bytes that no key with this prefix comes after. */
function afterAll(prefix: Buffer): Buffer {
	for (let length = prefix.length; length > 0; length--) {
		const last = prefix[length - 1] ?? 0;
		if (last < 0xff) return Buffer.concat([prefix.subarray(0, length - 1), Buffer.from([last + 1])]);
	}
	return Buffer.from([0]);
}

/**
 * A deadline, and a count of the copies that were sent: by default etcd3 repeats by itself, up to three times, what
 * failed in almost any way. A repeated swap that is told that the record has changed may have changed it itself. What
 * found no connection is no copy.
 */
function limitsOfCall(deadline: number) {
	let sent = 0;
	const count: Interceptor = (callOptions, call) => {
		sent++;
		const next = call(callOptions);
		const start = next.start.bind(next);
		next.start = (metadata: unknown, listener: StatusListener) =>
			start(metadata, {
				onReceiveMetadata: (received: unknown) => listener.onReceiveMetadata(received),
				onReceiveMessage: (received: unknown) => listener.onReceiveMessage(received),
				onReceiveStatus(status: { readonly details: string }) {
					if (NO_CONNECTION.test(status.details)) sent--;
					listener.onReceiveStatus(status);
				},
			});
		return next;
	};
	const options: EtcdCallOptions = { deadline, interceptors: [count] };
	return { options, copies: () => sent, errorOf: (error: unknown) => toldApart(error, sent) };
}

/** As grpc-js says that there was no connection to send a call on. */
const NO_CONNECTION = /^(No connection established|Name resolution failed)/;

/** Whether a call was certainly not sent, so that another member may be asked. */
export function neverSent(error: unknown): boolean {
	const [, details = ""] = /^14 UNAVAILABLE: (.*)/s.exec(error instanceof Error ? error.message : "") ?? [];
	return NO_CONNECTION.test(details);
}

/**
 * What etcd refused before it proposed it, or every member when it came to it. Not among them is a database that is full:
 * a transaction that finds it so when it is applied is carried out all the same, and answered with that error
 * (`quotaApplierV3`, server/etcdserver/apply.go). Of all that is `UNAVAILABLE` only what was never sent is certain.
 */
const NOT_CARRIED_OUT = /etcdserver: (too many requests|permission denied|user name is empty)/;
/** By etcd: the request as a whole (`--max-request-bytes`), or its gRPC server when it is larger still. */
const TOO_LARGE = /etcdserver: request is too large|grpc: received message larger than max/;

function toldApart(error: unknown, sent: number): unknown {
	if (!(error instanceof Error) || hasCode(error, "store_unavailable")) return error;
	const { message } = error;
	if (TOO_LARGE.test(message)) {
		const refusal = `The record is larger than etcd takes in one request, and was left as it is: ${message}`;
		return new StoreAnswerError(refusal, { cause: error });
	}
	const isRefused = neverSent(error) ? sent === 0 : sent <= 1 && NOT_CARRIED_OUT.test(message);
	if (!isRefused) return error;
	const refusal = `etcd carried nothing out: ${message}`;
	return new TransientError(refusal, { code: "store_unavailable", cause: error });
}
