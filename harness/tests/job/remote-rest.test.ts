import { beforeEach, describe, expect, it } from "vitest";
import { EngineLostError } from "../../src/job/engine-lost-error.ts";
import { type RestOptions, remoteLoss, remoteRest } from "../../src/job/remote-rest.ts";
import type { SessionLook } from "../../src/job/session-reader.ts";
import { createWakeLedger, type WakeLedger } from "../../src/job/wake-ledger.ts";
import { createVirtualTime, type VirtualTime } from "../../src/system/virtual-time.ts";
import { newTurn, type TurnState } from "../../src/turn/record.ts";

const message = { role: "assistant", content: [], stop_reason: "function_call" } as const;
const TTL_MS = 2_000;

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
	/** What happens meanwhile. */
	readonly meanwhile?: () => Promise<void>;
}

function restOptions({ look, letters = [], serialize = true }: Watched): RestOptions {
	return {
		...time,
		client: { trigger: async () => letters },
		ledger,
		sessionId: "s",
		ttlMs: TTL_MS,
		serialize,
		look: look ?? (async () => found("stopped")),
	};
}

/** Answers when it was at rest, in milliseconds. */
async function restAtMs({ meanwhile, ...watched }: Watched): Promise<number> {
	const rest = remoteRest(restOptions(watched));
	await time.run(Promise.all([rest, meanwhile?.()]), { limitMs: 60_000 });
	return time.clock.monotonicMs();
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
