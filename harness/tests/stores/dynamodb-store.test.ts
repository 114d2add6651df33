// The store port on DynamoDB: what it asks for, and what it makes of each error.
import { describe, expect, it } from "vitest";
import { hasCode } from "../../src/index.ts";
import { type DynamodbClient, dynamodbStore } from "../../src/stores/dynamodb-store.ts";
import { openDynamodb } from "../../src/stores/open-dynamodb.ts";
import { errorOf as thrownBy } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

const errorOf = async (call: Promise<unknown>) =>
	(await thrownBy(call)) as Error & { readonly code?: string };

type Request = Parameters<DynamodbClient["updateItem"]>[0];

type Item = NonNullable<Awaited<ReturnType<DynamodbClient["getItem"]>>["Item"]>;

function answering(attributes?: Item) {
	const requests: Request[] = [];
	const client: DynamodbClient = {
		async updateItem(request) {
			requests.push(request);
			return { Attributes: attributes };
		},
		getItem: async () => ({ Item: attributes }),
		scan: async () => ({ Items: attributes ? [attributes] : [] }),
	};
	return { client, requests };
}

/** As the SDK throws it. */
function thrown(name: string, { attempts = 1, code = "" } = {}): Error {
	return Object.assign(new Error(`${name}, says the server`), { name, code, $metadata: { attempts } });
}

function failing(error: unknown): DynamodbClient {
	const fail = async () => {
		throw error;
	};
	return { updateItem: fail, getItem: fail, scan: fail };
}

const BID = [{ op: "increment", field: "bids:1", by: 1 }] as const;

describe("a read, and a list", () => {
	it("ask for what was written last", async () => {
		const asked: unknown[] = [];
		const client: DynamodbClient = {
			...answering().client,
			async getItem({ ConsistentRead }) {
				asked.push(ConsistentRead);
				return {};
			},
			async scan({ ConsistentRead }) {
				asked.push(ConsistentRead);
				return { Items: [] };
			},
		};
		const store = dynamodbStore(client);
		await store.read("s");
		await firstOf(store.list?.());
		expect(asked).toEqual([true, true]);
	});
});

describe("an update", () => {
	it("is one UpdateItem, in which every field is named once and nothing is named by itself", async () => {
		const { client, requests } = answering();
		const before = await dynamodbStore(client, { table: "leases" }).update("s", [
			...BID,
			{ op: "setOnce", field: "holder:1", value: { id: "a" } },
			{ op: "set", field: "value:0.x.1", value: "[]" },
			{ op: "set", field: "n", value: 7 },
			{ op: "remove", field: "value:0.x.1" },
		]);
		expect(before).toEqual({});
		expect(requests).toEqual([
			{
				TableName: "leases",
				Key: { _key: { S: "s" } },
				ReturnValues: "ALL_OLD",
				UpdateExpression: "SET #format = :format, #1 = if_not_exists(#1, :1), #3 = :3 ADD #0 :0 REMOVE #2",
				ConditionExpression:
					"(attribute_not_exists(#key) OR #format = :format) AND " +
					"(attribute_not_exists(#0) OR attribute_type(#0, :number))",
				ExpressionAttributeNames: {
					"#key": "_key",
					"#format": "_format",
					"#0": "bids:1",
					"#1": "holder:1",
					"#2": "value:0.x.1",
					"#3": "n",
				},
				ExpressionAttributeValues: {
					":format": { N: "1" },
					":number": { S: "N" },
					":0": { N: "1" },
					":1": { S: '{"id":"a"}' },
					":3": { N: "7" },
				},
			},
		]);
	});

	it("without ops is a read", async () => {
		const { client, requests } = answering({ _key: { S: "s" }, _format: { N: "1" }, a: { S: '"x"' } });
		expect(await dynamodbStore(client).update("s", [])).toEqual({ a: "x" });
		expect(requests).toEqual([]);
	});

	it.each([
		["another format", { _key: { S: "s" }, _format: { N: "2" }, a: { S: "1" } }],
		["no format", { _key: { S: "s" }, a: { N: "1" } }],
		["a field that is neither number nor text", { _key: { S: "s" }, _format: { N: "1" }, a: { BOOL: true } }],
		["a text that is not JSON", { _key: { S: "s" }, _format: { N: "1" }, a: { S: "x" } }],
		["a fraction", { _key: { S: "s" }, _format: { N: "1" }, a: { N: "1.5" } }],
	])("assumes nothing of a record with %s", async (_, item) => {
		const store = dynamodbStore(answering(item as Item).client);
		expect((await errorOf(store.update("s", BID))).code).toBe("record_invalid");
		expect((await errorOf(store.read("s"))).code).toBe("record_invalid");
	});
});

async function firstOf(records: AsyncIterable<unknown> = {} as never): Promise<void> {
	for await (const _ of records) return;
}

/** The error that all the others are about. */
const origin = (error: Error): unknown => (error.cause instanceof Error ? origin(error.cause) : error);

describe("an error", () => {
	it.each([
		["ProvisionedThroughputExceededException", ""],
		["ThrottlingException", ""],
		["RequestLimitExceeded", ""],
		["TransactionConflictException", ""],
		["ResourceNotFoundException", ""],
		["AccessDeniedException", ""],
		["ExpiredTokenException", ""],
		["Error", "ECONNREFUSED"],
		["Error", "ENOTFOUND"],
	])("%s %s tells that nothing was applied, if the SDK has made no other attempt", async (name, code) => {
		for (const attempts of [1, 2]) {
			const error = thrown(name, { attempts, code });
			const store = dynamodbStore(failing(error));
			for (const call of [store.update("s", BID), store.read("s"), firstOf(store.list?.())]) {
				const got = await errorOf(call);
				if (attempts === 1) expect([got.code, origin(got)]).toEqual(["store_unavailable", error]);
				else expect(got).toBe(error);
			}
		}
	});

	it.each([
		["InternalServerError", ""],
		["ServiceUnavailable", ""],
		["TimeoutError", "ECONNRESET"],
		["TimeoutError", "ETIMEDOUT"],
		["Error", "EPIPE"],
		["SyntaxError", ""],
	])("%s %s stays as it was thrown, since the batch may have been applied", async (name, code) => {
		const error = thrown(name, { code });
		expect(await errorOf(dynamodbStore(failing(error)).update("s", BID))).toBe(error);
	});

	it("that is none stays as it was thrown", async () => {
		expect(await errorOf(dynamodbStore(failing(undefined)).update("s", BID))).toBeUndefined();
	});

	it("of the SDK that it has no credentials tells that nothing was sent", async () => {
		const error = Object.assign(new Error("none found"), { name: "CredentialsProviderError" });
		expect((await errorOf(dynamodbStore(failing(error)).read("s"))).code).toBe("store_unavailable");
	});

	it.each([
		["ValidationException", "store_answer_invalid"],
		["ItemCollectionSizeLimitExceededException", "store_answer_invalid"],
		["ConditionalCheckFailedException", "record_invalid"],
	])("%s is for good, after any number of attempts", async (name, code) => {
		const error = thrown(name, { attempts: 3 });
		const got = await errorOf(dynamodbStore(failing(error)).update("s", BID));
		expect([got.code, got.cause]).toEqual([code, error]);
	});

	it("about a missing table says how it is created", async () => {
		const store = dynamodbStore(failing(thrown("ResourceNotFoundException")), { table: "leases" });
		expect((await errorOf(store.read("s"))).message).toContain("create-table --table-name leases ");
	});
});

describe("a URL of DynamoDB", () => {
	it.each([
		"dynamodb:///session_lease",
		"dynamodb://localhost/session_lease",
		"dynamodb://me:secret@127.0.0.1:8000/session_lease",
		"dynamodb://eu-central-1/a/b",
		"dynamodb://eu-central-1/a%20b",
		"dynamodb://eu-central-1/ab",
		"dynamodb://eu-central-1/session_lease?create=yes",
		"dynamodb://eu-central-1/session_lease?creat=true",
		"http://127.0.0.1:8000/session_lease",
		"session_lease",
	])("is refused if it is none: %s", async (url) => {
		const error = await errorOf(openDynamodb(url));
		expect(hasCode(error, "option_invalid")).toBe(true);
		expect(error.message).not.toContain("secret");
	});
});
