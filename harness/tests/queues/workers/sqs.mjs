// A worker on an SQS queue: one message at a time. Its leases are in DynamoDB.
import { SQS } from "@aws-sdk/client-sqs";
import { sqsHandler } from "../../../dist/queues/sqs.js";
import { openDynamodb } from "../../../dist/stores/open-dynamodb.js";
import { advanceByTransitions, leasesOn, plan } from "./advance.mjs";

const sqs = new SQS(plan.client);
const { queueUrl } = plan;
const wake = async (sessionId, state) =>
	void (await sqs.sendMessage({ QueueUrl: queueUrl, MessageBody: JSON.stringify({ sessionId, state }) }));
const advance = advanceByTransitions(leasesOn(await openDynamodb(plan.store)), wake);
const handle = ({ Body }) => advance(JSON.parse(Body));
const patient = sqsHandler(sqs, { queueUrl, visibilityTimeoutMs: plan.visibilityTimeoutMs }, handle);

/** Whatever the error, the message is visible again at once. */
async function bare(message) {
	const receipt = { QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle };
	try {
		await handle(message);
		await sqs.deleteMessage(receipt);
	} catch (error) {
		await sqs.changeMessageVisibility({ ...receipt, VisibilityTimeout: 0 });
		throw error;
	}
}

const request = { QueueUrl: queueUrl, MaxNumberOfMessages: 1, WaitTimeSeconds: 1 };
for (;;) {
	try {
		const { Messages = [] } = await sqs.receiveMessage(request);
		for (const message of Messages) await (plan.bare ? bare : patient)(message);
	} catch (error) {
		console.error(error);
	}
}
