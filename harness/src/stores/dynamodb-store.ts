// The store port on a DynamoDB table: one UpdateItem a batch.
import type { AtomicStore, StoredRecord } from "../lease/atomic-store.ts";
import { checkBatch, checkKey } from "./check-batch.ts";
import { failureOf } from "./dynamodb-errors.ts";
import {
	type DynamodbItem,
	type DynamodbUpdate,
	type DynamodbValue,
	fieldsOfItem,
	isRecord,
	KEY_ATTRIBUTE,
	updateOf,
} from "./dynamodb-item.ts";
import { isGone, listedRecord } from "./listed-record.ts";
import { mergeOps } from "./merge-ops.ts";

/** The part of the class `DynamoDB` of @aws-sdk/client-dynamodb that this store uses. */
export interface DynamodbClient {
	updateItem(request: UpdateItemRequest): Promise<{ readonly Attributes?: DynamodbItem | undefined }>;
	getItem(request: GetItemRequest): Promise<{ readonly Item?: DynamodbItem | undefined }>;
	scan(request: ScanRequest): Promise<{
		readonly Items?: readonly DynamodbItem[] | undefined;
		readonly LastEvaluatedKey?: DynamodbItem | undefined;
	}>;
}

type Key = Record<string, DynamodbValue>;
type UpdateItemRequest = DynamodbUpdate & { TableName: string; Key: Key; ReturnValues: "ALL_OLD" };
type GetItemRequest = { TableName: string; Key: Key; ConsistentRead: true };
type ScanRequest = { TableName: string; ConsistentRead: true; ExclusiveStartKey?: Key };

export interface DynamodbStoreOptions {
	/**
	 * Its partition key is the text `_key`, and it has no sort key. What else is in it is left alone.
	 * @default "session_lease"
	 */
	readonly table?: string;
}

export const TABLE = "session_lease";

/**
 * Records as items: an attribute a field, numbers as numbers, everything else as JSON text. One round trip for an update
 * and for a read, which is consistent; `list` reads the whole table, a page at a time. An update that was answered is on
 * the disks of more than one data centre.
 *
 * All clients use one Region: the Regions of a global table that is eventually consistent would each grant an epoch.
 * A record takes 400 KB at most, and a batch an expression of 4 KB: some 200 fields.
 *
 * Give the client `maxAttempts: 1`. Leases repeat their calls themselves; what the SDK repeats may be applied twice, which
 * they bear, but an error after it says nothing about the attempts before, so that its outcome is unknown.
 */
export function dynamodbStore(client: DynamodbClient, options: DynamodbStoreOptions = {}): AtomicStore {
	const { table = TABLE } = options;
	const place = (key: string) => ({ TableName: table, Key: { [KEY_ATTRIBUTE]: { S: key } } });
	const answerOf = async <T>(key: string, call: Promise<T>): Promise<T> => {
		try {
			return await call;
		} catch (error) {
			throw failureOf(key, { table, error });
		}
	};
	const read: AtomicStore["read"] = async (key) => {
		checkKey(key);
		const answer = await answerOf(key, client.getItem({ ...place(key), ConsistentRead: true }));
		return fieldsOfItem(key, answer.Item);
	};
	return {
		async update(key, ops) {
			checkBatch(key, ops);
			if (ops.length === 0) return read(key);
			const request = { ...place(key), ...updateOf(mergeOps(ops)), ReturnValues: "ALL_OLD" } as const;
			const answer = await answerOf(key, client.updateItem(request));
			return fieldsOfItem(key, answer.Attributes);
		},
		read,
		async *list(): AsyncIterable<StoredRecord> {
			let from: Key | undefined;
			do {
				const start = from === undefined ? {} : { ExclusiveStartKey: from };
				const scan = client.scan({ TableName: table, ConsistentRead: true, ...start });
				const page = await answerOf(table, scan);
				for (const item of page.Items ?? []) {
					const key = item[KEY_ATTRIBUTE]?.S;
					if (key === undefined || !isRecord(item)) continue;
					const listed = await listedRecord(key, () => fieldsOfItem(key, item));
					if (!isGone(listed)) yield listed;
				}
				from = page.LastEvaluatedKey as Key | undefined;
			} while (from !== undefined);
		},
	};
}
