import { describe, expect, it } from "vitest";
import type { EngineOptions } from "../../src/engine/index.ts";
import type { IIIClient, TriggerRequest } from "../../src/stores/iii-client.ts";
import { adapterOf } from "../../src/survey/state-adapter.ts";
import { enqueueRefusal, settingsOf } from "../../src/survey/survey-engine.ts";
import { surveyText, unfitText } from "../../src/survey/survey-text.ts";
import { type Fit, surveyForWorker } from "../../src/worker/survey-for-worker.ts";
import { BLOCKED_MS, createWorkerBench, type WorkerBench } from "./setup.ts";

interface Asking {
	readonly servesQueue?: boolean;
	/** What the engine answers otherwise: a value, or a code to reject with. */
	readonly instead?: Readonly<Record<string, () => unknown>>;
}

function failing(code: string): () => never {
	return () => {
		throw Object.assign(new Error(`${code}: no`), { code });
	};
}

/** Surveys an engine as the worker "a". */
function surveyOf(options: Partial<EngineOptions>, asking: Asking = {}): Promise<[Fit, WorkerBench]> {
	const bench = createWorkerBench(options);
	const client = bench.engine.connect({ name: "a" });
	const { instead = {}, servesQueue = false } = asking;
	const iii: IIIClient = {
		...client,
		async trigger(request: TriggerRequest) {
			const id = request.action ? "enqueue" : request.function_id;
			return instead[id] ? instead[id]() : client.trigger(request);
		},
	};
	const given = { name: "a", queue: "turn-step", patienceMs: 2_000, servesQueue, blockedMs: BLOCKED_MS };
	return bench.time.run(surveyForWorker(iii, given, bench.ports).then((fit) => [fit, bench]));
}

const TEXT = { queue: "turn-step", ttlMs: 15_000, skewMs: 1_000, slots: 5 };

async function lineOf(options: Partial<EngineOptions>, asking?: Asking): Promise<string> {
	const [fit] = await surveyOf(options, asking);
	return "unfit" in fit ? fit.unfit.why : surveyText(fit.survey, TEXT);
}

/** iii-sdk 0.11.2 tells its own timeout by no code. */
const timingOutOf0_11 = () => {
	throw new Error("Invocation timeout after 2000ms: engine::functions::info");
};
const unknownHere = failing("function_not_found");
const silent = { "engine::functions::info": unknownHere, "configuration::get": unknownHere };

describe("the line on an engine that has what a worker needs", () => {
	it("says who serves what, and that the queue's retries outlast a dead holder", async () => {
		expect(await lineOf({})).toBe(
			"state: builtin iii-state, kv in memory (gone with it); queue turn-step: builtin iii-queue, delivers; " +
				"its retries end after 127000 ms and outlast a dead holder's lease (15000 + 1000 ms)",
		);
	});

	it("says that losers wait where the retries end before", async () => {
		const line = await lineOf({ queues: { "turn-step": { max_retries: 3 } } });
		expect(line).toMatch(
			/its retries end after 3000 ms, before a dead holder's lease .*: up to 5 losers wait/,
		);
	});

	it("calls unknown what the engine does not tell, but for what a look at its state shows", async () => {
		expect(await lineOf({}, { instead: silent })).toBe(
			"state: provider unknown, adapter unknown, not redis; queue turn-step: provider unknown, delivers; " +
				"whether its retries outlast a dead holder's lease (15000 + 1000 ms) is unknown: " +
				"up to 5 losers wait in place",
		);
		const redis = { ...silent, "state::get": () => ({ list: {} }) };
		expect(await lineOf({}, { instead: redis })).toContain("state: provider unknown, redis;");
	});

	it("leaves nothing behind", async () => {
		const [, bench] = await surveyOf({}, { instead: silent });
		await bench.time.run(bench.engine.idle());
		expect(bench.engine.state("session_lease_probe")).toEqual({});
		expect([...bench.engine.owners().keys()]).toEqual([]);
		expect(bench.engine.deadLetters("turn-step")).toEqual([]);
	});

	it("goes on with a queue that is busy, and says so", async () => {
		const busy = { enqueue: async () => ({ messageReceiptId: "1" }) };
		expect(await lineOf({}, { instead: busy })).toContain("took a message, and has not delivered it yet");
	});
});

describe("what an engine lacks", () => {
	it.each<[string, Partial<EngineOptions>, Asking]>([
		["no_engine", {}, { instead: { "engine::functions::info": failing("TIMEOUT") } }],
		["no_engine", {}, { instead: { "engine::functions::info": timingOutOf0_11 } }],
		["no_state", {}, { instead: { "state::get": unknownHere } }],
		["name_taken", {}, { instead: { "turn::get_state::a": failing("TIMEOUT") } }],
		["name_taken", {}, { instead: { "turn::get_state::a": failing("invocation_failed") } }],
		["no_streams", {}, { instead: { "stream::list": unknownHere } }],
		["no_enqueue", { like: "0.23" }, {}],
		["no_queue", { queues: { other: {} } }, {}],
		["refused", { queues: { "turn-step": { type: "fifo", message_group_field: "tenant" } } }, {}],
		["refused", {}, { instead: { "state::get": failing("GET_ERROR") } }],
	])("is told: %s", async (why, options, asking) => {
		expect(await lineOf(options, asking)).toBe(why);
	});

	it("is not told while its workers may still be starting", async () => {
		let asked = 0;
		const starting = { "state::get": () => (++asked < 4 ? unknownHere() : undefined) };
		expect(await lineOf({}, { instead: starting })).toContain("delivers");
		expect(asked).toBe(4);
	});

	it("is not told of an engine that is restarted meanwhile: a question that is lost is asked again", async () => {
		const bench = createWorkerBench();
		const client = bench.engine.connect({ name: "a" });
		const heard = new Set<string>();
		const iii: IIIClient = {
			...client,
			async trigger(request: TriggerRequest) {
				const question = request.action ? "enqueue" : request.function_id;
				if (heard.has(question)) return client.trigger(request);
				heard.add(question);
				await bench.time.wait(request.timeoutMs ?? 30_000);
				return failing("TIMEOUT")();
			},
		};
		const given = {
			name: "a",
			queue: "turn-step",
			patienceMs: 3_000,
			servesQueue: false,
			blockedMs: BLOCKED_MS,
		};
		const fit = await bench.time.run(surveyForWorker(iii, given, bench.ports));
		expect(heard.size).toBeGreaterThan(4);
		expect(fit).toMatchObject({ survey: { state: { adapter: "kv in memory" }, queue: { delivered: true } } });
	});

	it("is a name, if a worker of that name is there", async () => {
		const bench = createWorkerBench();
		bench.worker("a");
		const client = bench.engine.connect();
		const given = { name: "a", queue: "turn-step", patienceMs: 500, servesQueue: false, blockedMs: 1 };
		const fit = await bench.time.run(surveyForWorker(client, given, bench.ports));
		expect(fit).toEqual({ unfit: { why: "name_taken" } });
	});

	it("is told with how to get it", () => {
		const options = { url: "ws://e:1", name: "a", queue: "turn-step", patienceMs: 9, blockedMs: BLOCKED_MS };
		const text = (unfit: Parameters<typeof unfitText>[0]) => unfitText(unfit, options);
		expect(text({ why: "no_engine" })).toContain("ws://e:1");
		expect(text({ why: "name_taken" })).toContain("--name");
		expect(text({ why: "no_state" })).toMatch(/iii worker add state[\s\S]*name: iii-state/);
		expect(text({ why: "no_streams" })).toContain("name: iii-stream");
		expect(text({ why: "no_enqueue" })).toMatch(/iii worker add queue[\s\S]*--serve-queue/);
		const yaml = /queue_configs:\n {4}turn-step: \{.*max_retries: 6.*\}/;
		expect(text({ why: "no_queue", provider: "iii-queue" })).toMatch(yaml);
		expect(text({ why: "no_queue", provider: "queue" })).toMatch(/worker queue:[\s\S]*or call queue::define/);
		expect(text({ why: "refused", what: "queue", reason: "it is full" })).toContain("it is full");
	});
});

describe("what configurations tell", () => {
	it.each([
		[{ adapter: { name: "kv", config: { store_method: "file_based" } } }, "kv in a file"],
		[{ adapter: { name: "kv" } }, "kv"],
		[{ adapter: { name: "redis", config: {} } }, "redis"],
		[{ adapter: { name: "bridge" } }, { name: "bridge" }],
		[{}, "unknown"],
		[undefined, "unknown"],
	])("of state: %j is %j", (configuration, adapter) => expect(adapterOf(configuration)).toEqual(adapter));

	it("of a queue: its settings with iii's defaults, unless another transport or form decides", () => {
		const config = { queue_configs: { q: { max_retries: 5, message_group_field: null } } };
		const settings = { deliveriesMax: 5, backoffMs: 1_000, concurrency: 10, groupField: undefined };
		expect(settingsOf("q", config)).toEqual(settings);
		expect(settingsOf("q", { ...config, adapter: { name: "builtin" } })).toEqual(settings);
		expect(settingsOf("q", { ...config, adapter: { name: "rabbitmq" } })).toBeUndefined();
		expect(settingsOf("other", config)).toBeUndefined();
		expect(settingsOf("q", { queue_configs: { q: { max_retries: "many" } } })).toBeUndefined();
		expect(settingsOf("q", null)).toBeUndefined();
	});

	it.each([
		["enqueue_error: QueueModule not loaded", "no_enqueue"],
		["enqueue_error: No queue provider is installed. `TriggerAction::Enqueue` routes …", "no_enqueue"],
		["enqueue_error: Queue 'turn-step' not found", "no_queue"],
		["queue 'turn-step' is not defined; call queue::define before enqueueing", "no_queue"],
		["enqueue_error: disk full", "refused"],
	])("of a refusal: %s", (message, why) => expect(enqueueRefusal(message, "queue").why).toBe(why));
});

describe("a worker that is the queue itself", () => {
	const serving = { servesQueue: true };

	it("is it where nobody is, and knows its settings: they outlast a dead holder", async () => {
		expect(await lineOf({ like: "0.23" }, serving)).toContain(
			"queue turn-step: worker a, delivers; its retries end after 31000 ms and outlast",
		);
		const [fit] = await surveyOf({ queues: { "turn-step": {} } }, serving);
		expect("served" in fit && fit.served).toBeUndefined();
	});

	it("runs a turn to its end, and keeps dead letters where others read them", async () => {
		const [fit, bench] = await surveyOf({ like: "0.23" }, serving);
		expect("served" in fit && fit.served).toBeDefined();
		const { time, worker, start, other, engine } = bench;
		await time.run(
			(async () => {
				const b = worker("b");
				await start(b, "s", { c1: "note", c2: "note" });
				const action = { type: "enqueue", queue: "turn-step" } as const;
				await other.trigger({ function_id: "nobody", payload: { session_id: "t" }, action });
				while ((await b.record("s")).state !== "stopped") await time.wait(10);
				await time.wait(60_000);
				expect(b.lines).toContain("sweep: 0 woken, 0 failed");
				const dead = await other.trigger({
					function_id: "engine::queue::dlq_messages",
					payload: { queue: "turn-step" },
				});
				expect(dead).toMatchObject([{ payload: { session_id: "t" }, retries: 6 }]);
				const owners = engine.owners();
				expect(owners.get("engine::queue::enqueue")).toBe("a");
				expect(owners.get("iii::queue::redrive")).toBe("a");
			})(),
		);
	});
});
