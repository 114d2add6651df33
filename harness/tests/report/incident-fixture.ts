// An incident by hand: two that add one to a number, by reading and writing it, or by having it incremented.

import { eventually, type Process, type Scenario } from "../../src/explore.ts";
import type { HeldScenario, Incident, IncidentCase } from "../../src/incidents/incident.ts";

const LOST = "both are counted";

function counting(name: string, count: (process: Process) => Promise<unknown>, workers: number): Scenario {
	return {
		name: `counter: ${name}, ${workers} workers`,
		properties: [eventually(LOST, ({ fields }) => fields("count").n === workers)],
		setup(world) {
			for (const worker of ["a", "b", "c"].slice(0, workers))
				world.process(worker, (process) => process.task(() => count(process)));
		},
	};
}

async function readsAndWrites({ store }: Process): Promise<void> {
	const { n = 0 } = await store.read("count");
	await store.update("count", [{ op: "set", field: "n", value: Number(n) + 1 }]);
}

const increments = ({ store }: Process) => store.update("count", [{ op: "increment", field: "n", by: 1 }]);

export const loses = (workers = 2): Scenario => counting("as it was", readsAndWrites, workers);
export const counts = (workers = 2): Scenario => counting("incremented", increments, workers);

/** Every extent there is, the last one only if everything is asked for. */
export const HELD: readonly HeldScenario[] = [
	{ scenario: counts(), extent: "all" },
	{ scenario: counts(3), extent: { drawn: 120, seed: 3 } },
	{
		scenario: { ...counts(3), name: "counter: many at once" },
		extent: { preemptionsMax: 1 },
		takesLong: true,
	},
];

export function incidentOf(change: Partial<IncidentCase> = {}, name = "counter"): Incident {
	const one: IncidentCase = {
		title: "what was read is old when it is written",
		broken: { scenario: loses(), breaks: LOST },
		reported: { scenario: loses(3), options: { mode: "pct", seed: 2 }, breaks: LOST },
		piece: "`increment` adds where the number is kept.",
		held: HELD,
		...change,
	};
	return {
		name,
		title: "A counter loses counts",
		happened:
			"Three workers counted what they had done. Each read the number and wrote it back, one higher: of counts that " +
			"came at once only one was left.",
		sources: ["https://example.org/counter", "https://example.org/again"],
		cases: [one],
	};
}
