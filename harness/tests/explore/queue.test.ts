// The explorer's queue: at least once, what failed comes again, and losers are dropped only while their holder lives.
import { describe, expect, it } from "vitest";
import { explore } from "../../src/explore/explore.ts";
import { always, eventually, type Property, sometimes } from "../../src/explore/properties.ts";
import type { QueueOptions } from "../../src/explore/queue.ts";
import type { Process, ProcessOptions, Scenario } from "../../src/explore/scenario.ts";
import { TransientError } from "../../src/index.ts";
import { leasesOf, SESSION, scenarioOf, valueAfter } from "./setup.ts";

interface Served {
	readonly handle: (process: Process, message: unknown) => Promise<unknown>;
	readonly properties: readonly Property[];
	readonly messages?: readonly unknown[];
	readonly faults?: Scenario["faults"];
	readonly workers?: readonly string[];
	readonly queue?: QueueOptions;
	readonly options?: ProcessOptions;
}

function served({
	handle,
	properties,
	messages = ["m"],
	faults = {},
	workers = ["a"],
	queue = {},
	options,
}: Served) {
	return scenarioOf(
		(world) => {
			const wakes = world.queue("wakes", queue);
			for (const name of workers) {
				world.process(
					name,
					(process) => wakes.serve(process, (message) => handle(process, message)),
					options,
				);
			}
			for (const message of messages) wakes.put(message);
		},
		{ faults, properties, expiryMs: 2_000 },
	);
}

const handled = (times: number, atMost = times): Property =>
	eventually(`handled ${times} to ${atMost} times`, ({ count }) => {
		return (count("handled") >= times && count("handled") <= atMost) || `handled ${count("handled")} times`;
	});

const note = async (process: Process) => {
	await process.call("works", () => process.note("handled"));
};

describe("a queue", () => {
	it("delivers each message once where nothing goes wrong", async () => {
		const scenario = served({
			handle: note,
			messages: [1, 2],
			workers: ["a", "b"],
			properties: [handled(2)],
		});
		expect(await explore(scenario)).toMatchObject({ verdict: "held", complete: true });
	});

	it("delivers again what a dead process was working on, also if it had done it all", async () => {
		const scenario = served({
			handle: note,
			faults: { crash: 1 },
			properties: [handled(1, 2), sometimes("handled twice", ({ count }) => count("handled") === 2)],
		});
		expect(await explore(scenario)).toMatchObject({ verdict: "held", complete: true });
	});

	it("delivers again what failed, after its backoff", async () => {
		let fails = 0;
		const scenario = served({
			handle: async (process) => {
				await note(process);
				if (process.ports.clock.monotonicMs() < 700) {
					fails++;
					throw new TransientError("Not yet.");
				}
			},
			queue: { backoffMs: 700 },
			properties: [handled(2)],
		});
		expect(await explore(scenario)).toMatchObject({ verdict: "held", complete: true });
		expect(fails).toBeGreaterThan(0);
	});

	it("says so when a message fails for ever", async () => {
		const scenario = served({
			handle: () => Promise.reject(new TransientError("Never.")),
			queue: { deliveriesMax: 3 },
			properties: [handled(0)],
		});
		const { counterexample } = await explore(scenario);
		expect(counterexample?.violation).toMatchObject({ kind: "rest" });
		expect(counterexample?.violation.detail).toContain('delivers "m" for ever');
	});

	it.each([
		["redelivery", { redelivery: 1 } as const, handled(1, 2)],
		["exhausted", { exhausted: 1 } as const, handled(1, 2)],
	])("%s happens, and not more often than allowed", async (kind, faults, property) => {
		const scenario = served({
			handle: async (process) => {
				await note(process);
				if (kind === "exhausted" && process.ports.clock.monotonicMs() === 0)
					throw new TransientError("Again.");
			},
			faults,
			properties: [
				property,
				sometimes("once", ({ count, atRest }) => atRest && count("handled") === 1),
				sometimes("twice", ({ count }) => count("handled") === 2),
			],
		});
		expect(await explore(scenario)).toMatchObject({ verdict: "held", complete: true });
	});

	it("keeps to the order in which messages came, but for the fault reorder", async () => {
		const inOrder = always<readonly unknown[]>(
			"in order",
			({ gathered }) => gathered.join() === [...gathered].sort().join(),
			{
				gather: { from: [], next: (seen, event) => (event.type === "note" ? [...seen, event.data] : seen) },
			},
		);
		const ordered = {
			handle: async (process: Process, message: unknown) => process.note("got", message),
			messages: [1, 2],
			properties: [inOrder],
		};
		expect(await explore(served(ordered))).toMatchObject({ verdict: "held", complete: true });
		expect(await explore(served({ ...ordered, faults: { reorder: 1 } }))).toMatchObject({
			verdict: "violated",
		});
	});

	it.each([1, 2])("has one process handle %i at once at most", async (concurrency) => {
		let most = 0;
		const scenario = served({
			handle: async (process) => {
				process.note("in");
				await process.call("works", () => undefined);
				process.note("out");
			},
			messages: [1, 2, 3],
			queue: { concurrency },
			properties: [
				always("few at once", ({ count }) => {
					most = Math.max(most, count("in") - count("out"));
					return true;
				}),
			],
		});
		expect(await explore(scenario)).toMatchObject({ verdict: "held", complete: true });
		expect(most).toBe(concurrency);
	});
});

describe("a message that was turned away", () => {
	const transition = async (process: Process) => {
		const lease = await leasesOf(process).acquire(SESSION);
		await lease.release({ value: valueAfter(lease) });
	};
	const advanced = (times: number): Property =>
		eventually(
			`advanced ${times} times at least`,
			({ count }) => count("released") >= times || `only ${count("released")} times`,
		);

	it("is dropped when its holder gives the lease back", async () => {
		const scenario = served({
			handle: transition,
			messages: [1, 2],
			workers: ["a", "b"],
			properties: [
				advanced(1),
				sometimes("one is dropped", ({ count, atRest }) => atRest && count("released") === 1),
			],
		});
		expect(await explore(scenario)).toMatchObject({ verdict: "held", complete: true });
	});

	it("comes again after the deadline of a holder that died", async () => {
		const scenario = served({
			handle: transition,
			messages: [1],
			workers: ["a", "b"],
			faults: { crash: 1 },
			properties: [
				advanced(1),
				sometimes("it was turned away by its dead self", ({ count }) => count("turned_away") > 0),
			],
		});
		expect(await explore(scenario)).toMatchObject({ verdict: "held", complete: true });
	});

	it("comes again while its holder lives as often as it may", async () => {
		const scenario = served({
			handle: transition,
			messages: [1, 2],
			workers: ["a", "b"],
			queue: { loserRetries: 3, backoffMs: 0, deliveriesMax: 8 },
			properties: [
				advanced(1),
				sometimes(
					"both advance after one was turned away",
					({ count }) => count("turned_away") > 0 && count("released") === 2,
				),
			],
		});
		expect(await explore(scenario)).toMatchObject({ verdict: "held", complete: true });
	});
});
