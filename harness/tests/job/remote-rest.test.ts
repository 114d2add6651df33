import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Engine } from "../../src/engine/index.ts";
import type { QueueSettings } from "../../src/engine/queue-config.ts";
import { EngineLostError } from "../../src/job/engine-lost-error.ts";
import { deadLetters, type RestOptions, remoteLoss, remoteRest } from "../../src/job/remote-rest.ts";
import type { SessionLook } from "../../src/job/session-reader.ts";
import { createWakeLedger, type WakeLedger } from "../../src/job/wake-ledger.ts";
import { createVirtualTime, type VirtualTime } from "../../src/system/virtual-time.ts";
import { newTurn, type TurnState } from "../../src/turn/record.ts";
import { remotely, SHOWN_URL } from "./remote-setup.ts";
import { readExample, runSeededJob } from "./seeded-job.ts";

const message = { role: "assistant", content: [], stop_reason: "function_call" } as const;
const TTL_MS = 2_000;
/** How long a wake is waited for that shows nowhere. */
const UNSEEN_MS = 16_000 + TTL_MS;

function found(state: TurnState, change: Partial<SessionLook> = {}): SessionLook {
	return { record: { ...newTurn("s", message, 0), state }, heldBy: null, owed: false, ...change };
}

let time: VirtualTime;
let ledger: WakeLedger;
beforeEach(() => {
	time = createVirtualTime();
	ledger = createWakeLedger(time.clock.monotonicMs);
});

interface Watched {
	readonly look?: () => Promise<SessionLook>;
	readonly letters?: readonly object[];
	readonly serialize?: boolean;
	readonly queue?: QueueSettings;
	/** What happens meanwhile. */
	readonly meanwhile?: () => Promise<void>;
}

function restOptions({ look, letters = [], serialize = true, queue }: Watched): RestOptions {
	return {
		...time,
		client: { trigger: async () => letters },
		ledger,
		sessionId: "s",
		ttlMs: TTL_MS,
		serialize,
		queue,
		look: look ?? (async () => found("stopped")),
	};
}

/** Answers when it was at rest, in milliseconds. */
async function restAtMs({ meanwhile, ...watched }: Watched): Promise<number> {
	const rest = remoteRest(restOptions(watched));
	await time.run(Promise.all([rest, meanwhile?.()]), { limitMs: 120_000 });
	return time.clock.monotonicMs();
}

const SEEDS = 12;

/** As an engine does whose queue is served by another worker. */
function hidesDeadLetters(engine: Engine): void {
	const connect = engine.connect.bind(engine);
	vi.spyOn(engine, "connect").mockImplementation((options) => {
		const client = connect(options);
		return {
			...client,
			trigger: async (request) =>
				request.function_id === "engine::queue::dlq_messages" ? [] : client.trigger(request),
		};
	});
}

const soon = { least: 500, most: 700 };
function expectBetween(actualMs: number, { least, most }: { least: number; most: number }): void {
	expect(actualMs).toBeGreaterThanOrEqual(least);
	expect(actualMs).toBeLessThanOrEqual(most);
}

describe("a job behind a URL is at rest", () => {
	it.each(["stopped", "failed", "function_awaiting_approval"] as const)(
		"soon, where nothing is under way in %s",
		async (state) => expectBetween(await restAtMs({ look: async () => found(state) }), soon),
	);

	it("not before a function has ended that runs for no wake", async () => {
		const end = ledger.begin(undefined);
		const meanwhile = () => time.wait(10_000).then(() => end("handled"));
		expectBetween(await restAtMs({ meanwhile }), { least: 10_500, most: 10_700 });
	});

	it("not while a wake comes again and again, and soon after it was handled", async () => {
		ledger.sent("w");
		const meanwhile = async () => {
			for (let delivery = 1; delivery <= 3; delivery++) {
				await time.wait(5_000);
				ledger.begin("w")("failed");
			}
			await time.wait(5_000);
			ledger.begin("w")("handled");
		};
		expectBetween(await restAtMs({ meanwhile }), { least: 20_500, most: 21_200 });
	});

	it("after the longest backoff and the TTL, where a wake is on no queue any more and no dead letter", async () => {
		ledger.sent("w");
		expectBetween(await restAtMs({}), { least: UNSEEN_MS, most: UNSEEN_MS + 1_300 });
		expect(ledger).toMatchObject({ underWay: 0, unseen: 1 });
	});

	it("not before, where the queue says that its backoffs are longer", async () => {
		ledger.sent("w");
		const queue = { deliveriesMax: 4, backoffMs: 10_000, concurrency: 10, groupField: undefined };
		const least = 40_000 + TTL_MS;
		expectBetween(await restAtMs({ queue }), { least, most: least + 1_300 });
	});

	it("not while the engine does not answer for its dead letters", async () => {
		ledger.sent("w");
		let silent = true;
		const trigger = async () => {
			if (silent) throw new Error("No answer.");
			return [];
		};
		let restedAtMs = 0;
		const rest = remoteRest({ ...restOptions({}), client: { trigger } }).then(() => {
			restedAtMs = time.clock.monotonicMs();
		});
		const meanwhile = time.wait(60_000).then(() => {
			silent = false;
		});
		await time.run(Promise.all([rest, meanwhile]), { limitMs: 120_000 });
		expectBetween(restedAtMs, { least: 60_000, most: 61_300 });
	});

	it("not where the wake comes while the dead letters are looked at", async () => {
		ledger.sent("w");
		let isRunning = false;
		const trigger = async () => {
			if (!isRunning && time.clock.monotonicMs() >= UNSEEN_MS) {
				isRunning = true;
				const end = ledger.begin("w");
				void time.wait(5_000).then(() => end("handled"));
			}
			return [];
		};
		await time.run(remoteRest({ ...restOptions({}), client: { trigger } }), { limitMs: 120_000 });
		expect(time.clock.monotonicMs()).toBeGreaterThanOrEqual(UNSEEN_MS + 5_500);
		expect(ledger).toMatchObject({ underWay: 0, unseen: 0 });
	});

	it("not while a wake comes again after the longest backoff, or a function takes longer than that", async () => {
		ledger.sent("w");
		const meanwhile = async () => {
			await time.wait(UNSEEN_MS - 100);
			const end = ledger.begin("w");
			await time.wait(40_000);
			end("failed");
			await time.wait(UNSEEN_MS - 100);
			ledger.begin("w")("handled");
		};
		const handledAtMs = 2 * (UNSEEN_MS - 100) + 40_000;
		expectBetween(await restAtMs({ meanwhile }), { least: handledAtMs + 500, most: handledAtMs + 1_300 });
		expect(ledger).toMatchObject({ underWay: 0, unseen: 0 });
	});

	it("not before a wake was handled that comes after all, when it was not waited for any more", async () => {
		ledger.sent("w");
		let ends = () => {};
		const look = async () => {
			if (ledger.unseen > 0) {
				ledger.begin("w")("failed");
				void time.wait(5_000).then(() => ends());
			}
			return found("stopped");
		};
		ends = () => ledger.begin("w")("handled");
		const least = UNSEEN_MS + 5_500;
		expectBetween(await restAtMs({ look }), { least, most: least + 2_500 });
		expect(ledger).toMatchObject({ underWay: 0, unseen: 0 });
	});

	it("not while something happens every now and then", async () => {
		const meanwhile = async () => {
			for (let count = 1; count <= 10; count++) {
				await time.wait(400);
				ledger.begin(undefined)("handled");
			}
		};
		expectBetween(await restAtMs({ meanwhile }), { least: 4_500, most: 4_700 });
	});

	it("not if something happened while it was being looked at", async () => {
		let looks = 0;
		const look = async () => {
			if (++looks === 1) ledger.begin(undefined)("handled");
			return found("stopped");
		};
		expectBetween(await restAtMs({ look }), { least: 1_000, most: 1_300 });
	});

	it("soon after its last wake is found among the dead letters", async () => {
		ledger.sent("w");
		const letters = [{ payload: { session_id: "s", wake_id: "w" }, error: "no" }];
		expectBetween(await restAtMs({ letters }), { least: 500, most: 1_700 });
	});

	it("not by a dead letter of another session", async () => {
		ledger.sent("w");
		const letters = [{ payload: { session_id: "other", wake_id: "w" }, error: "no" }];
		const meanwhile = () => time.wait(10_000).then(() => ledger.refused("w"));
		expect(await restAtMs({ letters, meanwhile })).toBeGreaterThan(10_000);
	});

	it("not while the engine gives no answer", async () => {
		let silent = true;
		const look = async () => {
			if (silent) throw new Error("No answer.");
			return found("stopped");
		};
		const meanwhile = () =>
			time.wait(30_000).then(() => {
				silent = false;
			});
		expectBetween(await restAtMs({ look, meanwhile }), { least: 30_000, most: 30_200 });
	});

	it.each([
		["in no state to rest in", found("steering_check")],
		["in somebody's hand", found("stopped", { heldBy: "worker 1" })],
		["owed a wake", found("function_awaiting_approval", { owed: true })],
		["without a record", found("stopped", { record: undefined })],
	])("after more than the TTL, where it stands still %s", async (_where, look) => {
		expectBetween(await restAtMs({ look: async () => look }), {
			least: TTL_MS + 5_000,
			most: TTL_MS + 5_200,
		});
	});

	it("soon without leases, wherever it stands still: nobody takes over", async () => {
		const look = async () => found("steering_check");
		expectBetween(await restAtMs({ look, serialize: false }), soon);
	});
});

describe("the dead letters of a job behind a URL", () => {
	const letters = [{ payload: { session_id: "s", wake_id: "w" }, error: "no" }];

	it("are those that the engine tells", async () => {
		ledger.sent("w");
		expect(await deadLetters(restOptions({ letters }))).toEqual([{ wakeId: "w", error: "no" }]);
		expect(await deadLetters(restOptions({ letters: [] }))).toEqual([]);
	});

	it("are unknown where a wake was not seen again, until the engine tells of it", async () => {
		ledger.sent("w");
		ledger.loseSight();
		expect(await deadLetters(restOptions({ letters: [] }))).toBeUndefined();
		expect(await deadLetters(restOptions({ letters }))).toEqual([{ wakeId: "w", error: "no" }]);
	});
});

describe("a job on an engine that tells no dead letters", () => {
	it("ends soon, and says that it does not know them", async () => {
		const example = await readExample();
		let unknown = 0;
		for (let seed = 1; seed <= SEEDS; seed++) {
			const options = { engineUrl: SHOWN_URL, seed, crashes: 2, duplicate: true };
			const report = await runSeededJob(example, options, remotely({ onEngine: hidesDeadLetters }));
			expect(report.verdict.violations, `seed ${seed}`).toEqual([]);
			expect(report.elapsedMs).toBeLessThan(60_000);
			if (report.deadLetters === null) unknown++;
			else expect(report.deadLetters).toEqual([]);
		}
		expect(unknown).toBeGreaterThan(0);
		expect(unknown).toBeLessThan(SEEDS);
	});
});

describe("an engine behind a URL is lost", () => {
	/** The engine gives no answer in these seconds. Answers when it was called lost, in milliseconds. */
	async function lostAtMs(isSilentAtS: (second: number) => boolean): Promise<number | undefined> {
		const look = async () => {
			if (isSilentAtS(time.clock.monotonicMs() / 1_000)) throw new Error("No answer.");
			return found("stopped");
		};
		const lost = remoteLoss("ws://e:1", restOptions({ look })).catch((error: unknown) => {
			expect(error).toBeInstanceOf(EngineLostError);
			return time.clock.monotonicMs();
		});
		return time.run(Promise.race([lost, time.wait(120_000).then(() => undefined)]));
	}

	it("after 15 s in which it gave no answer, counted from its last one", async () => {
		expect(await lostAtMs((second) => second > 40)).toBe(55_000);
	});

	it("not by a look that fails now and then, however long it has been watched", async () => {
		expect(await lostAtMs((second) => second % 15 !== 0)).toBeUndefined();
	});
});
