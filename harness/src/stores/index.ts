// The entry point for stores: the port on each server, opened by URL or given a client of the caller's, and the parts
// that ports of your own are made of.
export { checkBatch, checkKey } from "./check-batch.ts";
export { type DynamodbClient, type DynamodbStoreOptions, dynamodbStore } from "./dynamodb-store.ts";
export { type EtcdClient, type EtcdStoreOptions, etcdStore } from "./etcd-store.ts";
export { type IIIStoreOptions, iiiStore } from "./iii-store.ts";
export { memoryStore } from "./memory-store.ts";
export type { NatsStatus } from "./nats-connection.ts";
export { type NatsBucket, type NatsStoreOptions, natsStore } from "./nats-store.ts";
export { openStore } from "./open-store.ts";
export type { OpenStore, OpenStoreOptions } from "./opening.ts";
export { postgresSchema } from "./postgres-schema.ts";
export { type PostgresClient, type PostgresStoreOptions, postgresStore } from "./postgres-store.ts";
export { fieldsOfRecordText, fieldsOfTexts, recordText, valueText } from "./record-text.ts";
export {
	type IoredisClient,
	type NodeRedisClient,
	type RedisClient,
	type RedisStoreOptions,
	redisStore,
} from "./redis-store.ts";
export {
	type SqliteClient,
	type SqliteStatement,
	type SqliteStoreOptions,
	sqliteStore,
} from "./sqlite-store.ts";
export {
	type SwapOptions,
	type Swapped,
	type SwapServer,
	swapStore,
	type Versioned,
} from "./swap-store.ts";
