// SQS on a real server: no wake is lost when a holder is killed, although a message is received a few times at most.
import { SQS } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, it } from "vitest";
import { openDynamodb } from "../../src/stores/open-dynamodb.ts";
import { startDynalite } from "../servers/dynamodb-server.ts";
import { motoProgram, startMoto } from "../servers/sqs-server.ts";
import { notTested, type TestServer } from "../servers/test-server.ts";
import { expectEachEndsOnce, expectHeldIsLost, type QueueSite, takesLong } from "./killed-holder.ts";

if (motoProgram === undefined) notTested("SQS", "there is no moto_server");

/** Of the queue, and of the handler: a killed worker's message is back while its lease is still held. */
const VISIBILITY_SECONDS = 2;
/** A message that was visible again at once would be received so often within a moment. */
const RECEIVES_MAX = 5;

describe.skipIf(!takesLong || motoProgram === undefined)("messages of SQS", () => {
	let queues: TestServer;
	let tables: TestServer;
	beforeAll(async () => {
		[queues, tables] = await Promise.all([startMoto(), startDynalite()]);
	}, 30_000);
	afterAll(async () => {
		await Promise.all([queues?.stop(), tables?.stop()]);
	});

	/** With a queue for what was received too often. */
	async function onQueue(name: string, body: (site: QueueSite) => Promise<void>) {
		const client = {
			endpoint: `http://${queues.host}:${queues.port}`,
			region: "us-east-1",
			credentials: { accessKeyId: "local", secretAccessKey: "local" },
		};
		const sqs = new SQS(client);
		const { QueueUrl: deadUrl = "" } = await sqs.createQueue({ QueueName: `${name}-dead` });
		const dead = await sqs.getQueueAttributes({ QueueUrl: deadUrl, AttributeNames: ["QueueArn"] });
		const { QueueUrl: queueUrl = "" } = await sqs.createQueue({
			QueueName: name,
			Attributes: {
				VisibilityTimeout: String(VISIBILITY_SECONDS),
				RedrivePolicy: JSON.stringify({
					deadLetterTargetArn: dead.Attributes?.QueueArn,
					maxReceiveCount: RECEIVES_MAX,
				}),
			},
		});
		const storeUrl = `dynamodb://${tables.host}:${tables.port}/${name}`;
		const store = await openDynamodb(`${storeUrl}?create=true`);
		const counted = async (url: string): Promise<number> => {
			const answer = await sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ["All"] });
			const { Attributes: counts = {} } = answer;
			const { ApproximateNumberOfMessages: visible } = counts;
			const { ApproximateNumberOfMessagesNotVisible: hidden, ApproximateNumberOfMessagesDelayed: delayed } =
				counts;
			return Number(visible) + Number(hidden) + Number(delayed);
		};
		const site: QueueSite = {
			program: "sqs",
			plan: { client, queueUrl, store: storeUrl, visibilityTimeoutMs: VISIBILITY_SECONDS * 1_000 },
			store,
			workers: 2,
			add: (message) => sqs.sendMessage({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message) }),
			pending: () => counted(queueUrl),
			buried: () => counted(deadUrl),
		};
		try {
			await body(site);
		} finally {
			await store.close();
			sqs.destroy();
		}
	}

	it("bring every session to its end, each effect once, although a holder is killed", async () => {
		await onQueue("delays", expectEachEndsOnce);
	});

	it("come back from a killed holder, although nothing else of its session is there", async () => {
		await onQueue("alone", (site) => expectEachEndsOnce(site, { alone: true }));
	});

	it("lose the killed holder's session if contention makes them visible at once", async () => {
		await onQueue("bare", expectHeldIsLost);
	});
});
