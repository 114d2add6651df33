import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import type { JobClient } from "../../src/job/job-engine.ts";
import { createRemoteClient } from "../../src/job/remote-client.ts";
import { createWakeLedger, type WakeLedger } from "../../src/job/wake-ledger.ts";
import type { FunctionHandler, TriggerRequest } from "../../src/stores/iii-client.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

const state = { function_id: "state::get", payload: {} };
const wake = {
	function_id: "turn::x",
	payload: { session_id: "s" },
	action: { type: "enqueue", queue: "q" },
} as const;

/** The other end of the connection: what was sent, and how it is answered. */
let sent: TriggerRequest[];
let linked: TriggerRequest[];
let answer: (request: TriggerRequest) => Promise<unknown>;
let rejectOpen: (() => void) | undefined;
let handlers: Map<string, FunctionHandler>;
let ledger: WakeLedger;
let client: JobClient;

beforeEach(() => {
	sent = [];
	linked = [];
	answer = async () => "answer";
	rejectOpen = undefined;
	handlers = new Map();
	ledger = createWakeLedger(() => 0);
	let ids = 0;
	client = createRemoteClient({
		connection: {
			trigger(request) {
				sent.push(request);
				return answer(request);
			},
			registerFunction(id, handler) {
				handlers.set(id, handler);
				return { unregister: () => undefined };
			},
			registerTrigger: () => ({ unregister: () => undefined }),
			async shutdown() {
				rejectOpen?.();
			},
		},
		link(request, apply) {
			linked.push(request);
			return apply();
		},
		sessionId: "s",
		ledger,
		newId: () => `wake-${++ids}`,
		duplicate: false,
		calls: new Map(),
	});
});

/** Whether it has settled by the time nothing else can. */
async function isSettled(promise: Promise<unknown> | undefined): Promise<boolean> {
	let settled = false;
	const mark = () => {
		settled = true;
	};
	promise?.then(mark, mark);
	await setImmediate();
	return settled;
}

describe("a worker that has died", () => {
	it("sends nothing, and waits for ever", async () => {
		client.crash();
		expect(await isSettled(client.trigger(state))).toBe(false);
		expect(sent).toEqual([]);
		// Nor is it counted as a call at which somebody dies.
		expect(linked).toEqual([]);
	});

	it("hears no answer to what it had asked, nor that its connection was closed", async () => {
		answer = () =>
			new Promise((_resolve, reject) => {
				rejectOpen = () => reject(new Error("iii is shutting down"));
			});
		const open = client.trigger(state);
		await setImmediate();
		client.crash();
		expect(rejectOpen).toBeDefined();
		expect(await isSettled(open)).toBe(false);
	});

	it("hears no answer that comes after its death", async () => {
		let arrive = () => {};
		answer = () =>
			new Promise((resolve) => {
				arrive = () => resolve("late");
			});
		const open = client.trigger(state);
		await setImmediate();
		client.crash();
		arrive();
		expect(await isSettled(open)).toBe(false);
	});

	it("answers nothing that was asked of it before or after, and its wakes stay under way", async () => {
		let finish = () => {};
		client.registerFunction(
			"turn::x",
			() =>
				new Promise<void>((resolve) => {
					finish = resolve;
				}),
		);
		await client.trigger(wake);
		const running = handlers.get("turn::x")?.(sent[0]?.payload);
		expect(ledger).toMatchObject({ underWay: 1, running: 1 });
		client.crash();
		expect(ledger).toMatchObject({ underWay: 1, running: 0 });
		finish();
		expect(await isSettled(running)).toBe(false);
		expect(await isSettled(handlers.get("turn::x")?.({ session_id: "s" }))).toBe(false);
		expect(ledger).toMatchObject({ underWay: 1, running: 0 });
	});

	it("leaves a wake that it was just sending under way: it may be on the queue", async () => {
		answer = () =>
			new Promise((_resolve, reject) => {
				rejectOpen = () => reject(new Error("iii is shutting down"));
			});
		void client.trigger(wake);
		await setImmediate();
		client.crash();
		await setImmediate();
		expect(ledger.underWay).toBe(1);
	});
});

describe("a wake", () => {
	it("is under way until a function has handled it", async () => {
		let fails = true;
		client.registerFunction("turn::x", async () => {
			if (fails) throw new Error("held");
		});
		await client.trigger(wake);
		const deliver = () => handlers.get("turn::x")?.(sent[0]?.payload);
		await expect(deliver()).rejects.toThrow("held");
		expect(ledger).toMatchObject({ underWay: 1, running: 0 });
		fails = false;
		await deliver();
		expect(ledger).toMatchObject({ underWay: 0, running: 0 });
	});

	it("that was refused is not", async () => {
		answer = () => Promise.reject(new Error("Queue 'q' not found"));
		await expect(client.trigger(wake)).rejects.toThrow("not found");
		expect(ledger.underWay).toBe(0);
	});
});
