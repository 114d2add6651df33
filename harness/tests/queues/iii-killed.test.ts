// iii over its real SDK: no wake is lost when a holder is killed, although its queue gives up long before the lease ends.
import { setTimeout as pause } from "node:timers/promises";
import type { IIIClient } from "iii-sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { iiiStore } from "../../src/stores/iii-store.ts";
import {
	engineBinary,
	engineHasQueues,
	type RunningEngine,
	startEngine,
	tellNotTested,
} from "../real/iii-engine.ts";
import { type Bench, serve } from "../wire/setup.ts";
import { expectHeldIsLost, killHolder, type QueueSite, takesLong } from "./killed-holder.ts";

const QUEUE = "turn-step";
/** Deliveries at 0, 200, 600, 1,400 and 3,000 ms. */
const SETTINGS = { deliveriesMax: 5, backoffMs: 200, concurrency: 4 };
const ASKED = { max_retries: 5, backoff_ms: 200, concurrency: 4 };

type Site = Omit<QueueSite, "pending" | "buried">;

function siteOf(iii: Pick<IIIClient, "trigger">, url: string, scope: string): Site {
	const function_id = `advance::${scope}`;
	const action = { type: "enqueue", queue: QUEUE } as const;
	return {
		program: "iii",
		plan: { url, queue: QUEUE, settings: SETTINGS, scope },
		store: iiiStore(iii as IIIClient, { scope }),
		workers: 1,
		isOneForAll: true,
		add: ({ sessionId, state }) =>
			iii.trigger({ function_id, payload: { session_id: sessionId, state }, action }),
	};
}

async function goesOn(site: QueueSite): Promise<void> {
	// A loser may be dropped as long as somebody else of its session waits: letters there may be.
	const { unfinished, notOnce, printed } = await killHolder(site, { bare: false });
	expect({ unfinished, notOnce }, printed).toEqual({ unfinished: [], notOnce: [] });
}

describe.skipIf(!takesLong)("messages of the engine of this package, delivered 5 times within 3 s,", () => {
	let bench: Bench;
	beforeAll(async () => {
		bench = await serve({ queues: { [QUEUE]: ASKED } });
	});
	afterAll(() => bench[Symbol.asyncDispose]());

	function site(scope: string): QueueSite {
		const { url, engine } = bench.served;
		const isIdle = () => Promise.race([engine.idle().then(() => true), pause(20).then(() => false)]);
		return {
			...siteOf(bench.connect(), url, scope),
			pending: async () => ((await isIdle()) ? 0 : 1),
			buried: async () => engine.deadLetters(QUEUE).length,
		};
	}

	it("bring every session to its end, each effect once, although a holder is killed", async () => {
		await goesOn(site("waits"));
	});

	it("lose the killed holder's session if nobody waits for it", async () => {
		await expectHeldIsLost(site("bare"));
	});
});

const isReal = engineBinary !== undefined && engineHasQueues;
if (takesLong && !isReal)
	tellNotTested("the queue of a real iii engine", "III_ENGINE names no binary with one");

describe.skipIf(!takesLong || !isReal)("messages of a real iii engine, delivered 5 times within 3 s,", () => {
	let engine: RunningEngine;
	beforeAll(async () => {
		engine = await startEngine(engineBinary as string, { queue: ASKED });
	}, 30_000);
	afterAll(() => engine.stop());

	it("bring every session to its end, each effect once, although a holder is killed", async () => {
		await goesOn({
			...siteOf(engine.connect(), engine.url, "waits"),
			// No engine tells how many are left.
			pending: async (unfinished) => unfinished.length,
			buried: async () => 0,
		});
	});
});
