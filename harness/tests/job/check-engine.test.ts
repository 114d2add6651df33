import { describe, expect, it } from "vitest";
import { createEngine, type QueueConfig } from "../../src/engine/index.ts";
import { checkEngine } from "../../src/job/check-engine.ts";
import { reachEngine } from "../../src/job/remote-engine.ts";
import type { IIIClient } from "../../src/stores/iii-client.ts";
import { EngineUnfitError } from "../../src/survey/engine-unfit-error.ts";
import { createVirtualTime } from "../../src/system/virtual-time.ts";
import { virtualPorts } from "../support/virtual-ports.ts";

interface Trial {
	readonly queues?: Readonly<Record<string, QueueConfig>>;
	/** Answers instead of the engine, `undefined` for what it is to answer itself. */
	readonly instead?: (functionId: string) => Error | undefined;
	readonly prepare?: (iii: IIIClient) => Promise<unknown>;
}

/** Why the engine is refused, `undefined` if it is fit. */
async function refusalOf({
	queues = { "turn-step": {} },
	instead,
	prepare,
}: Trial): Promise<string | undefined> {
	const time = createVirtualTime();
	const ports = virtualPorts(time);
	const engine = createEngine({ ...ports, queues });
	const client = engine.connect();
	const iii: IIIClient = {
		...client,
		async trigger(request) {
			const error = instead?.(request.action ? "enqueue" : request.function_id);
			if (error) throw error;
			return client.trigger(request);
		},
	};
	const check = async () => {
		await prepare?.(client);
		const options = {
			url: "ws://engine",
			sessionId: "s-1",
			nameSuffix: "-1",
			blockedMs: 2_000,
			patienceMs: 3_000,
		};
		await checkEngine(iii, options, ports);
	};
	const checked = check().then(
		() => undefined,
		(error: unknown) => {
			expect(error).toBeInstanceOf(EngineUnfitError);
			return (error as Error).message;
		},
	);
	return time.run(checked, { limitMs: 60_000 });
}

const absent = (prefix: string) => (functionId: string) =>
	functionId.startsWith(prefix)
		? Object.assign(new Error("none"), { code: "function_not_found" })
		: undefined;
const failing = (message: string) => (functionId: string) =>
	functionId === "enqueue" ? Object.assign(new Error(message), { code: "enqueue_error" }) : undefined;

describe("an engine is fit for a job", () => {
	it("if it has state, streams, and a queue that delivers", async () => {
		expect(await refusalOf({})).toBeUndefined();
	});

	it("if these come a moment later, as when it has just started", async () => {
		let asked = 0;
		const instead = (functionId: string) => (++asked < 5 ? absent("state::")(functionId) : undefined);
		expect(await refusalOf({ instead })).toBeUndefined();
	});

	it("if its queue is one of groups", async () => {
		const fifo = { type: "fifo", message_group_field: "session_id" } as const;
		expect(await refusalOf({ queues: { "turn-step": fifo } })).toBeUndefined();
	});
});

describe("an engine is refused, with what is missing and how to get it,", () => {
	it.each<[string, Trial, readonly string[]]>([
		["without state", { instead: absent("state::") }, ["has no state", "state::get", "iii-state"]],
		["without streams", { instead: absent("stream::") }, ["has no streams", "stream::set", "iii-stream"]],
		["without the queue", { queues: {} }, ['has no queue "turn-step"', "max_retries", "queue_configs"]],
		[
			"without anybody who serves Enqueue",
			{ instead: failing("enqueue_error: No queue provider is installed.") },
			["nobody who serves Enqueue", "iii worker add queue", "iii-queue"],
		],
		[
			"whose queue refuses for a reason of its own",
			{ instead: failing("The disk is full.") },
			["The disk is full."],
		],
	])("%s", async (_what, trial, named) => {
		const refusal = await refusalOf(trial);
		for (const text of ["ws://engine", ...named]) expect(refusal).toContain(text);
	});

	it("if its queue does not deliver", async () => {
		const queues = { "turn-step": { concurrency: 1 } };
		const prepare = async (iii: IIIClient) => {
			iii.registerFunction("blocks", () => new Promise(() => undefined));
			const action = { type: "enqueue", queue: "turn-step" } as const;
			await iii.trigger({ function_id: "blocks", payload: {}, action });
		};
		expect(await refusalOf({ queues, prepare })).toContain("has not delivered it within 5 s");
	});

	it.each(["turn_state", "session_lease"])("if it has the session already, in %s", async (scope) => {
		const payload = { scope, key: "s-1", value: { e: 1 } };
		const prepare = (iii: IIIClient) => iii.trigger({ function_id: "state::set", payload });
		expect(await refusalOf({ prepare })).toContain('has a session "s-1" already');
	});

	it.each(["http://127.0.0.1:1", "ws:", "127.0.0.1:49134"])("at %j, which is no web socket", async (url) => {
		const { clock, wait } = createVirtualTime();
		const { signal } = new AbortController();
		const options = { sessionId: "s", blockedMs: 2_000, clock, wait, newId: () => "id", signal };
		const reached = reachEngine(url, options);
		await expect(reached).rejects.toThrow(`got \`${url}\``);
		await expect(reached).rejects.toBeInstanceOf(EngineUnfitError);
	});
});
