// The store on a real DynamoDB server: the conformance kit, and what is particular to this store.
//
// dynalite is the server: its updates are atomic, and it checks expressions as DynamoDB does. It does not hold requests to
// DynamoDB's limits on expressions (4 KB, 300 operators). moto's server reads the API a second time, but one request after
// the other only: it works on several at once and its UpdateItem is not atomic then, as the kit finds within a second.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { conform } from "../../src/conformance/conform.ts";
import { startRelay } from "../../src/conformance/relay.ts";
import { applyOps, type FieldOp, type Fields, hasCode, type StoredRecord } from "../../src/index.ts";
import { dynamodbStore } from "../../src/stores/dynamodb-store.ts";
import { openDynamodb } from "../../src/stores/open-dynamodb.ts";
import type { OpenStore } from "../../src/stores/opening.ts";
import { errorOf } from "../support/bench.ts";
import { dynamodbPort, localClient, urlOf } from "./dynamodb-port.ts";
import { startDynalite } from "./dynamodb-server.ts";
import { motoProgram, startMoto } from "./sqs-server.ts";
import { notTested, type TestServer } from "./test-server.ts";

const KEY = "session";
const BID: readonly FieldOp[] = [{ op: "increment", field: "bids:1", by: 1 }];

describe("DynamoDB, as dynalite serves it", () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startDynalite();
	});
	afterAll(() => server.stop());

	conform(
		{ describe, it, expect },
		dynamodbPort("a DynamoDB table", () => server),
	);

	/** A table of its own for each test. */
	async function withTable(
		table: string,
		use: (store: OpenStore, client: ReturnType<typeof localClient>) => Promise<void>,
	): Promise<void> {
		const store = await openDynamodb(`${urlOf(server, table)}?create=true`);
		const client = localClient(server);
		try {
			await use(store, client);
		} finally {
			client.destroy();
			await store.close();
		}
	}

	it("does what the model does with every op on every field", () =>
		withTable("any_ops", (store) => expectModel(store, 60)));

	it("leaves an item of somebody else's as it is, and out of the list", () =>
		withTable("foreign", async (store, client) => {
			const place = { TableName: "foreign", Key: { _key: { S: KEY } } };
			await client.putItem({ ...place, Item: { ...place.Key, "bids:1": { N: "7" } } });
			expect(hasCode(await errorOf(store.update(KEY, BID)), "record_invalid")).toBe(true);
			expect((await client.getItem(place)).Item).toEqual({ ...place.Key, "bids:1": { N: "7" } });
			expect(await listed(store)).toEqual([]);
		}));

	it("lists nothing of a record without fields", () =>
		withTable("emptied", async (store) => {
			await store.update("never", [{ op: "remove", field: "a" }]);
			await store.update("once", BID);
			await store.update("once", [{ op: "remove", field: "bids:1" }]);
			expect([await store.read("never"), await store.read("once")]).toEqual([{}, {}]);
			await store.update("now", BID);
			expect(await listed(store)).toEqual([{ key: "now", fields: { "bids:1": 1 } }]);
		}));

	it("lists more records than one answer of the server holds, page by page", () =>
		withTable("paged", async (store, client) => {
			const value = "x".repeat(350_000);
			const keys = ["a", "b", "c", "d", "e"];
			for (const key of keys) await store.update(key, [{ op: "set", field: "large", value }]);
			let pages = 0;
			const counting = dynamodbStore(
				{
					updateItem: (request) => client.updateItem(request),
					getItem: (request) => client.getItem(request),
					scan(request) {
						pages++;
						return client.scan(request);
					},
				},
				{ table: "paged" },
			);
			expect((await listed(counting)).map(({ key }) => key).sort()).toEqual(keys);
			expect(pages).toBeGreaterThan(1);
		}));

	it("takes one round trip for an update, and for a read", () =>
		withTable("trips", async () => {
			const relay = await startRelay(server);
			const store = await openDynamodb(urlOf(relay, "trips"));
			const trips = [relay.counts().roundTrips];
			await store.update(KEY, BID);
			trips.push(relay.counts().roundTrips);
			await store.read(KEY);
			trips.push(relay.counts().roundTrips);
			await store.close();
			await relay.close();
			expect(trips).toEqual([trips[0], Number(trips[0]) + 1, Number(trips[0]) + 2]);
		}));

	it("opens a table that is missing only if it is to be created, by whoever comes first", async () => {
		const url = urlOf(server, "new_table");
		const error = (await errorOf(openDynamodb(url))) as Error;
		expect(hasCode(error, "store_unavailable")).toBe(true);
		expect(error.message).toContain("aws dynamodb create-table --table-name new_table");
		const stores = await Promise.all([1, 2, 3].map(() => openDynamodb(`${url}?create=true`)));
		for (const store of stores) await store.update(KEY, BID);
		const again = await openDynamodb(url);
		expect(await again.read(KEY)).toEqual({ "bids:1": 3 });
		for (const store of [again, ...stores]) await store.close();
	});

	it("says of a table with another key that it is not for leases", async () => {
		const client = localClient(server);
		await client.createTable({
			TableName: "other_key",
			BillingMode: "PAY_PER_REQUEST",
			AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
			KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
		});
		client.destroy();
		const error = (await errorOf(openDynamodb(`${urlOf(server, "other_key")}?create=true`))) as Error;
		expect(error.message).toContain("cannot be used");
		expect(error.message).toContain("key element does not match the schema");
	});

	it("did nothing while the server is down, and goes on when it is back", () =>
		withTable("outage", async (store) => {
			await store.update(KEY, BID);
			await server.kill();
			try {
				const error = await errorOf(openDynamodb(urlOf(server, "outage")));
				expect(hasCode(error, "store_unavailable")).toBe(true);
				// The first one may find that its idle connection is gone.
				await errorOf(store.update(KEY, BID));
				expect(hasCode(await errorOf(store.update(KEY, BID)), "store_unavailable")).toBe(true);
			} finally {
				await server.restart();
			}
			expect(await store.update(KEY, BID)).toEqual({ "bids:1": 1 });
		}));
});

describe.skipIf(process.env.SESSION_LEASE_SERVERS !== "all")("DynamoDB, as moto serves it", () => {
	it("does what the model does with every op on every field", async () => {
		if (motoProgram === undefined) return notTested("moto's DynamoDB", "there is no moto_server");
		const server = await startMoto();
		try {
			const store = await openDynamodb(`${urlOf(server, "any_ops")}?create=true`);
			await expectModel(store, 100);
			await store.close();
		} finally {
			await server.stop();
		}
	});
});

async function listed(store: { list?(): AsyncIterable<StoredRecord> }): Promise<StoredRecord[]> {
	const records: StoredRecord[] = [];
	for await (const record of store.list?.() ?? []) records.push(record);
	return records;
}

const field = fc.constantFrom("a", "b");
const anyOp: fc.Arbitrary<FieldOp> = fc.oneof(
	fc.record({ op: fc.constant("increment" as const), field, by: fc.integer({ min: -3, max: 3 }) }),
	fc.record({ op: fc.constant("set" as const), field, value: fc.constantFrom(1, "12", "") }),
	fc.record({
		op: fc.constant("setOnce" as const),
		field,
		value: fc.record({ id: fc.constantFrom("x", "y") }),
	}),
	fc.record({ op: fc.constant("remove" as const), field }),
);

/** Batch after batch on one record, also such as the record cannot bear: these change nothing. */
async function expectModel(store: OpenStore, count: number): Promise<void> {
	const batches = fc.sample(fc.array(anyOp, { minLength: 1, maxLength: 5 }), { numRuns: count, seed: 7 });
	let model: Fields = {};
	let refused = 0;
	for (const ops of batches) {
		const expected = modelOf(model, ops);
		const got = await store.update(KEY, ops).catch((error: { code?: unknown }) => error.code);
		expect({ ops, got }).toEqual({ ops, got: expected === undefined ? "record_invalid" : model });
		if (expected === undefined) refused++;
		else model = expected;
		expect({ ops, after: await store.read(KEY) }).toEqual({ ops, after: model });
	}
	expect(refused).toBeGreaterThan(5);
}

function modelOf(before: Fields, ops: readonly FieldOp[]): Fields | undefined {
	try {
		return applyOps(before, ops);
	} catch {
		return undefined;
	}
}
