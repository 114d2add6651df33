// The SQS handler, on a client that notes what it is asked for, in virtual time.
import type { Message, SQS } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { createVirtualTime, LeaseHeldError } from "../../src/index.ts";
import { type SQSClient, type SQSOptions, sqsHandler } from "../../src/queues/sqs.ts";
import { errorOf } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

const MESSAGE = { ReceiptHandle: "r", Body: "s" };
const heldFor = (retryAfterMs: number) =>
	new LeaseHeldError({ sessionId: "s", epoch: 1, holder: "a", retryAfterMs });

/** Each call as a line: when it was made, and what for. */
function createBench(
	options: Partial<SQSOptions> = {},
	refuse: (line: string) => Promise<void> | void = () => {},
) {
	const { clock, wait, run } = createVirtualTime();
	const lines: string[] = [];
	const note = async (line: string) => {
		lines.push(`${clock.monotonicMs()} ${line}`);
		await refuse(line);
	};
	const client: SQSClient = {
		deleteMessage: ({ QueueUrl, ReceiptHandle }) => note(`delete ${ReceiptHandle} of ${QueueUrl}`),
		changeMessageVisibility: ({ QueueUrl, ReceiptHandle, VisibilityTimeout }) =>
			note(`hide ${ReceiptHandle} of ${QueueUrl} for ${VisibilityTimeout}`),
	};
	const all = { queueUrl: "q", clock, wait, random: () => 0, ...options };
	return {
		lines,
		wait,
		handle: (work: (message: typeof MESSAGE) => Promise<unknown>) =>
			run(sqsHandler(client, all, work)(MESSAGE)),
	};
}

describe("a message of SQS", () => {
	it("is deleted when it was handled, and not before", async () => {
		const { handle, lines, wait } = createBench();
		const seen: unknown[] = [];
		const end = await handle(async (message) => {
			seen.push(message);
			await wait(5_000);
		});
		expect({ end, seen, lines }).toEqual({ end: "deleted", seen: [MESSAGE], lines: ["5000 delete r of q"] });
	});

	it("that met a held session is hidden until the session may be taken, in full seconds", async () => {
		const { handle, lines } = createBench();
		expect(await handle(() => Promise.reject(heldFor(4_001)))).toBe("delayed");
		expect(lines).toEqual(["0 hide r of q for 5"]);
	});

	it("comes as much later than that as contention says", async () => {
		const { handle, lines } = createBench({ random: () => 0.99 });
		await handle(() => Promise.reject(heldFor(10_000)));
		expect(lines).toEqual(["0 hide r of q for 12"]);
	});

	it("is left alone after any other error", async () => {
		const { handle, lines } = createBench();
		const error = new Error("The card was refused.");
		expect(await errorOf(handle(() => Promise.reject(error)))).toBe(error);
		expect(lines).toEqual([]);
	});

	it("is not passed for deleted or delayed if SQS has refused that", async () => {
		const refusal = new Error("ReceiptHandleIsInvalid");
		const bench = () => createBench({}, () => Promise.reject(refusal));
		expect(await errorOf(bench().handle(async () => undefined))).toBe(refusal);
		expect(await errorOf(bench().handle(() => Promise.reject(heldFor(1))))).toBe(refusal);
	});

	it("without a receipt is none", async () => {
		const handler = sqsHandler({} as SQSClient, { queueUrl: "q" }, async () => undefined);
		expect(await errorOf(handler({}))).toMatchObject({ code: "option_invalid" });
	});
});

describe("a message that is being handled", () => {
	const work =
		(wait: (delayMs: number) => Promise<void>, delayMs: number, error?: unknown) =>
		async (): Promise<void> => {
			await wait(delayMs);
			if (error) throw error;
		};

	it("is hidden anew each third of its visibility timeout, and no more when it was handled", async () => {
		const { handle, lines, wait } = createBench({ visibilityTimeoutMs: 6_000 });
		await handle(work(wait, 5_000));
		expect(lines).toEqual(["2000 hide r of q for 6", "4000 hide r of q for 6", "5000 delete r of q"]);
	});

	it("is hidden once more at its end, if it met a held session", async () => {
		const { handle, lines, wait } = createBench({ visibilityTimeoutMs: 6_000 });
		await handle(work(wait, 3_000, heldFor(9_000)));
		expect(lines).toEqual(["2000 hide r of q for 6", "3000 hide r of q for 9"]);
	});

	it("stays hidden although a beat fails, and another is never answered", async () => {
		let beats = 0;
		const refuse = async (line: string) => {
			if (!line.startsWith("hide")) return;
			beats++;
			if (beats === 1) throw new Error("no connection");
			if (beats === 2) await new Promise(() => undefined);
		};
		const { handle, lines, wait } = createBench({ visibilityTimeoutMs: 3_000 }, refuse);
		expect(await handle(work(wait, 5_500))).toBe("deleted");
		expect(lines.map((line) => line.split(" ")[0])).toEqual(["1000", "2000", "4000", "5000", "5500"]);
	});

	it("is handled all the same by a client that throws instead of rejecting", async () => {
		const { wait, clock, run } = createVirtualTime();
		const changeMessageVisibility = () => {
			throw new Error("It is closed.");
		};
		const client = { deleteMessage: async () => undefined, changeMessageVisibility };
		const options = { queueUrl: "q", visibilityTimeoutMs: 3_000, clock, wait };
		expect(await run(sqsHandler(client, options, work(wait, 2_500))(MESSAGE))).toBe("deleted");
	});

	it("waits for a beat that is under way, which would take back the delay", async () => {
		const landed: string[] = [];
		const bench = createBench({ visibilityTimeoutMs: 3_000 }, async (line) => {
			if (line.endsWith(" 3")) await bench.wait(600);
			landed.push(line);
		});
		await bench.handle(work(bench.wait, 1_200, heldFor(9_000)));
		expect(landed).toEqual(["hide r of q for 3", "hide r of q for 9"]);
	});

	it("is never hidden for more than the twelve hours that SQS allows after its receive", async () => {
		const hourMs = 3_600_000;
		const { handle, lines, wait } = createBench({ visibilityTimeoutMs: 4 * hourMs });
		await handle(work(wait, 11 * hourMs, heldFor(2 * hourMs)));
		const ends = lines.map((line) => {
			const [atMs, ...words] = line.split(" ");
			return Number(atMs) / 1_000 + Number(words.at(-1));
		});
		expect(lines.length).toBeGreaterThan(3);
		expect(Math.max(...ends)).toBeLessThan(12 * 3_600);
	});
});

it.each([0, -1, 999, 1.5, Number.NaN, 43_200_001])(
	"refuses a visibility timeout of %s",
	(visibilityTimeoutMs) => {
		const create = () =>
			sqsHandler({} as SQSClient, { queueUrl: "q", visibilityTimeoutMs }, async () => undefined);
		expect(create).toThrow(expect.objectContaining({ code: "option_invalid" }));
	},
);

it("takes the client and the messages of the SDK", () => {
	const handlerOf = (sqs: SQS) =>
		sqsHandler(sqs, { queueUrl: "q" }, async (message: Message) => message.Body);
	expect(handlerOf).toBeTypeOf("function");
});
