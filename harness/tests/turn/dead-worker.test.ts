// A worker that dies in the middle of a transition, on a queue that gives up long before the lease of the dead ends.
import { expect, it } from "vitest";
import { createLeases, waitInPlace } from "../../src/index.ts";
import { iiiStore, type TurnRecord } from "../../src/turn/index.ts";
import { message, never, onTurns, SESSION, type TurnBench, type TurnWorker } from "./setup.ts";

/** iii's default: three deliveries, at 0, 1 and 3 s. */
const QUEUE = {};
/** When the successor of the dead worker starts. */
const RESTART_MS = 500;

function restarted(bench: TurnBench, slotsMax: number): TurnWorker {
	const client = bench.engine.connect({ name: "a" });
	const leases = createLeases<TurnRecord>({ store: iiiStore(client), ports: bench.ports, owner: "a again" });
	return bench.worker("a", { leases: waitInPlace(leases, { slotsMax }) });
}

/** The worker dies while it runs its first call; its successor comes before the last delivery. */
const dies = (slotsMax: number, body: (bench: TurnBench) => Promise<void>) =>
	onTurns({ queue: QUEUE, functions: { look: { needsApproval: false, run: never } } }, async (bench) => {
		const worker = bench.worker("a");
		await worker.turn.start(SESSION, message({ c1: "look" }));
		await bench.time.wait(100);
		expect(bench.timesRun()).toEqual({ c1: 1 });
		worker.client.crash();
		await bench.time.wait(RESTART_MS);
		restarted(bench, slotsMax);
		await bench.settled();
		await body(bench);
	});

it(
	"ends its turn, if its successor waits in place",
	dies(1, async (bench) => {
		expect(await bench.record()).toMatchObject({ state: "stopped" });
		expect(bench.engine.deadLetters("turn-step")).toEqual([]);
		expect(bench.timesRun()).toEqual({ c1: 1 });
	}),
);

it(
	"leaves its message with the dead letters, and its turn where it was, if nobody waits",
	dies(0, async (bench) => {
		expect(await bench.record()).toMatchObject({ state: "function_execute" });
		expect(bench.engine.deadLetters("turn-step")).toHaveLength(1);
	}),
);
