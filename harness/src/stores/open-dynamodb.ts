// A DynamoDB table opened by URL, over @aws-sdk/client-dynamodb, which is loaded when it is first needed.
import type { DynamoDB, DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { SessionLeaseError } from "../lease/errors.ts";
import { KEY_ATTRIBUTE } from "./dynamodb-item.ts";
import { dynamodbStore, TABLE } from "./dynamodb-store.ts";
import {
	loadPeer,
	OPEN_TIMEOUT_MS,
	type OpenStore,
	type OpenStoreOptions,
	reached,
	shownUrl,
} from "./opening.ts";

/** A request that hangs, or an answer that stops, keeps one of the SDK's 50 sockets: by default it would for ever. */
const REQUEST_TIMEOUT_MS = 5_000;
const CONNECTION_TIMEOUT_MS = 2_000;
/** On AWS a new table takes some 10 s. */
const CREATION_MS_MAX = 60_000;

/**
 * `dynamodb://<region>/<table>` is a table on AWS, with the credentials that the SDK finds by itself:
 * `dynamodb://eu-central-1/session_lease`. `dynamodb://<host>:<port>/<table>` is one of another server, over http and
 * with made-up credentials: `dynamodb://127.0.0.1:8000/session_lease`. Without a table it is `session_lease`.
 * `?create=true` creates the table if it is missing, billed by request; it may take a minute more to open then.
 * @throws SessionLeaseError (`option_invalid`): the URL, or the package is not installed
 * @throws TransientError (`store_unavailable`): nobody answers, or there is no table
 */
export async function openDynamodb(url: string, options: OpenStoreOptions = {}): Promise<OpenStore> {
	const { config, table, create } = parse(url);
	const { DynamoDB } = await loadPeer(
		() => import("@aws-sdk/client-dynamodb"),
		"@aws-sdk/client-dynamodb",
		"DynamoDB",
	);
	const client = new DynamoDB({
		...config,
		// Leases repeat by themselves, and are told the truth about the one attempt.
		maxAttempts: 1,
		requestHandler: {
			requestTimeout: REQUEST_TIMEOUT_MS,
			socketTimeout: REQUEST_TIMEOUT_MS,
			connectionTimeout: CONNECTION_TIMEOUT_MS,
			throwOnRequestTimeout: true,
		},
	});
	const store = { ...dynamodbStore(client, { table }), close: async () => client.destroy() };
	if (!create) return reached(store, { ...options, url, what: "DynamoDB" });
	const timeoutMs = (options.timeoutMs ?? OPEN_TIMEOUT_MS) + CREATION_MS_MAX;
	return reached(store, { timeoutMs, url, what: "DynamoDB", connect: () => createTable(client, table) });
}

/** Unless it is there, and whoever else does so at the same time. */
async function createTable(client: DynamoDB, table: string): Promise<void> {
	try {
		await client.describeTable({ TableName: table });
	} catch (error) {
		if ((error as Error).name !== "ResourceNotFoundException") throw error;
		await client
			.createTable({
				TableName: table,
				BillingMode: "PAY_PER_REQUEST",
				AttributeDefinitions: [{ AttributeName: KEY_ATTRIBUTE, AttributeType: "S" }],
				KeySchema: [{ AttributeName: KEY_ATTRIBUTE, KeyType: "HASH" }],
			})
			.catch((refusal: Error) => {
				if (refusal.name !== "ResourceInUseException") throw refusal;
			});
	}
	const { waitUntilTableExists } = await import("@aws-sdk/client-dynamodb");
	const limits = { minDelay: 0.1, maxDelay: 2, maxWaitTime: CREATION_MS_MAX / 1_000 };
	await waitUntilTableExists({ client, ...limits }, { TableName: table });
}

interface Place {
	readonly config: DynamoDBClientConfig;
	readonly table: string;
	readonly create: boolean;
}

const REGION = /^[a-z]{2,}(-[a-z]+)+-\d+$/;
/** As AWS has it. */
const TABLE_NAME = /^[\w.-]{3,255}$/;

function parse(url: string): Place {
	const { protocol, hostname, port, host, pathname, searchParams, username } = URL.canParse(url)
		? new URL(url)
		: new URL("none:");
	const table = pathname === "" || pathname === "/" ? TABLE : pathname.slice(1);
	const create = searchParams.get("create") ?? "false";
	const isKnown = ["true", "false"].includes(create) && [...searchParams.keys()].every((k) => k === "create");
	const isPlace = port === "" ? REGION.test(hostname) : hostname !== "";
	if (protocol !== "dynamodb:" || username !== "" || !isPlace || !TABLE_NAME.test(table) || !isKnown) {
		const expected =
			"`dynamodb://<region>/<table>` or `dynamodb://<host>:<port>/<table of 3 characters or more>`";
		const message = `Expected a URL such as ${expected}, with nothing but \`?create=true\` behind it, got \`${shownUrl(url)}\`.`;
		throw new SessionLeaseError("option_invalid", message);
	}
	const config = port === "" ? { region: hostname } : { ...LOCAL, endpoint: `http://${host}` };
	return { config, table, create: create === "true" };
}

/** Other servers check no signature; DynamoDB Local keeps the tables of each access key and region apart. */
const LOCAL: DynamoDBClientConfig = {
	region: "us-east-1",
	credentials: { accessKeyId: "local", secretAccessKey: "local" },
};
