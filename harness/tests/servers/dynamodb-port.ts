// DynamoDB as the conformance kit sees it: a table for each case, and every client behind one relay.
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Port } from "../../src/conformance/port.ts";
import { startRelay } from "../../src/conformance/relay.ts";
import { openDynamodb } from "../../src/stores/open-dynamodb.ts";
import type { TestServer } from "./test-server.ts";

/** The server is started by the test that runs the kit, before its first case. */
export function dynamodbPort(name: string, server: () => TestServer): Port {
	let cases = 0;
	return {
		name,
		capabilities: { recordBytesMax: 400 * 1_024 },
		async open() {
			const table = `case_${++cases}`;
			const direct = await openDynamodb(`${urlOf(server(), table)}?create=true`);
			const relay = await startRelay(server());
			return {
				relay,
				connect: () => openDynamodb(urlOf(relay, table)),
				spoil: (key) => writeForeign(server(), { table, key }),
				async close() {
					await direct.close();
					await relay.close();
				},
			};
		},
	};
}

export const urlOf = (
	{ host, port }: { readonly host: string; readonly port: number },
	table: string,
): string => `dynamodb://${host}:${port}/${table}`;

export function localClient({ host, port }: { readonly host: string; readonly port: number }): DynamoDB {
	return new DynamoDB({
		endpoint: `http://${host}:${port}`,
		region: "us-east-1",
		credentials: { accessKeyId: "local", secretAccessKey: "local" },
		maxAttempts: 1,
	});
}

/** An item as any other program may have put it. */
async function writeForeign(
	server: TestServer,
	{ table, key }: { table: string; key: string },
): Promise<void> {
	const client = localClient(server);
	await client.putItem({ TableName: table, Item: { _key: { S: key }, n: { N: "1" } } });
	client.destroy();
}
