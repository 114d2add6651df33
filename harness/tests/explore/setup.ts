// Small worlds for the explorer's own tests.

import type { FaultBudgets } from "../../src/explore/faults.ts";
import { watchLeases } from "../../src/explore/lease-properties.ts";
import type { Property } from "../../src/explore/properties.ts";
import { sometimes } from "../../src/explore/properties.ts";
import type { Process, Scenario, World } from "../../src/explore/scenario.ts";
import { createLeases, type Lease, type Leases } from "../../src/index.ts";

export const SESSION = "s";

export function scenarioOf(
	setup: (world: World) => void | Promise<void>,
	own: Partial<Omit<Scenario, "setup">> = {},
): Scenario {
	return { name: "test", properties: [sometimes("it runs", () => true)], ...own, setup };
}

/** Adds one to a counter by reading and then writing it. */
export async function addOne({ store, note }: Pick<Process, "store" | "note">): Promise<void> {
	const { count = 0 } = await store.read("counter");
	await store.update("counter", [{ op: "set", field: "count", value: (count as number) + 1 }]);
	note("added");
}

/** Two processes that lose an update if they take turns. */
export function lostUpdate(faults: FaultBudgets = {}, properties: readonly Property[] = []): Scenario {
	return scenarioOf(
		(world) => {
			for (const name of ["a", "b"]) {
				world.process(name, (process) => process.task(() => addOne(process)), { restarts: false });
			}
		},
		{ name: "lost update", faults, properties },
	);
}

export function leasesOf(process: Process): Leases<string[]> {
	const { store, ports, observe } = process;
	const options = { store, ports, observe, owner: process.name, ttlMs: 1_000, skewMs: 100 };
	return watchLeases(process, createLeases<string[]>(options));
}

export const valueAfter = ({ value = [], epoch, id }: Lease<string[]>): string[] => [
	...value,
	`${epoch}.${id}.${value.length}`,
];
