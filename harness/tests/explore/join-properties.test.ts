// The ready-made properties of joins notice what they are for, and nothing else.
import { describe, expect, it } from "vitest";
import { explore } from "../../src/explore/explore.ts";
import {
	closesOnce,
	followsOnce,
	joinCloses,
	settlesMeet,
	watchJoin,
} from "../../src/explore/join-properties.ts";
import type { Property } from "../../src/explore/properties.ts";
import type { Process, Scenario } from "../../src/explore/scenario.ts";
import { releasedSession } from "../../src/explore/session-record.ts";
import { createLeases } from "../../src/index.ts";
import { type ItemOutcome, type Join, type JoinPorts, settleItem } from "../../src/recipes/join.ts";
import { scenarioOf } from "./setup.ts";

const JOIN = "join";
const FOLLOWED = "followed";
const OK: ItemOutcome = { ok: true };

const portsOf = (process: Process, send: JoinPorts["send"]): JoinPorts => {
	const { store, ports } = process;
	const options = { store, ports, observe: process.observe, ttlMs: 1_000, skewMs: 100 };
	return watchJoin(process, { leases: createLeases<Join>(options), send });
};

/** Two workers settle what they are told to; whoever is turned away comes again. */
function joinOf(
	settles: readonly string[],
	properties: readonly Property[],
	send: (process: Process, ...event: Parameters<JoinPorts["send"]>) => Promise<void>,
): Scenario {
	return scenarioOf(
		(world) => {
			world.records.set(JOIN, releasedSession({ items: { i1: null, i2: null } }));
			const queue = world.queue("items");
			for (const item of settles) queue.put(item);
			for (const name of ["a", "b"]) {
				world.process(
					name,
					(process) => {
						const ports = portsOf(process, (...event) => send(process, ...event));
						queue.serve(process, (item) => settleItem(ports, JOIN, item as string, OK, { waitMs: 0 }));
					},
					{ perMessage: true },
				);
			}
		},
		{ properties },
	);
}

const follow = async (process: Process) => process.note(FOLLOWED);

describe("properties of joins", () => {
	it("hold where every item settles", async () => {
		const properties = [joinCloses(JOIN), closesOnce(JOIN), followsOnce(FOLLOWED), settlesMeet()];
		const report = await explore(joinOf(["i1", "i2"], properties, follow));
		expect(report).toMatchObject({ verdict: "held", complete: true });
	});

	it("find an item that never settles", async () => {
		const report = await explore(joinOf(["i1"], [joinCloses(JOIN)], follow));
		expect(report.counterexample?.violation).toMatchObject({ detail: "it still waits for i2" });
	});

	it("find a join that nobody has opened", async () => {
		const scenario = scenarioOf(
			(world) => world.process("a", (process) => process.task(() => Promise.resolve())),
			{
				properties: [joinCloses(JOIN)],
			},
		);
		const report = await explore(scenario);
		expect(report.counterexample?.violation).toMatchObject({ detail: "it was never opened" });
	});

	it("find a consequence that follows twice", async () => {
		const report = await explore(
			joinOf(["i1", "i2"], [followsOnce(FOLLOWED)], async (process) => {
				process.note(FOLLOWED);
				process.note(FOLLOWED);
			}),
		);
		expect(report.counterexample?.violation).toMatchObject({ detail: "it followed 2 times" });
	});

	it.each([
		["without an item", [{ i1: OK }], "it closed without i2"],
		["with an item that is open", [{ i1: OK, i2: null }], "it closed without i2"],
		[
			"with another outcome",
			[
				{ i1: OK, i2: OK },
				{ i1: { ok: false }, i2: OK },
			],
			"and as",
		],
	])("find a close %s", async (_, closes, detail) => {
		const scenario = scenarioOf(
			(world) => {
				world.records.set(JOIN, releasedSession({ items: { i1: OK, i2: OK } }));
				world.process("a", (process) => {
					const { send } = portsOf(process, async () => undefined);
					process.task(async () => {
						for (const outcomes of closes) {
							await process.call("closes", () => undefined);
							await send(JOIN, {
								id: "closed",
								event: { type: "join_closed", joinId: JOIN, outcomes },
							});
						}
					});
				});
			},
			{ properties: [closesOnce(JOIN)] },
		);
		const report = await explore(scenario);
		expect(report).toMatchObject({ verdict: "violated" });
		expect(report.counterexample?.violation.detail).toContain(detail);
	});
});
