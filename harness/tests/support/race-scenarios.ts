// Small worlds with known ends, for tests of what is made of explorations.
import { eventually, never, type Process, type Scenario, sometimes } from "../../src/explore.ts";

const both = (name: string, work: (process: Process) => Promise<unknown>): Scenario => ({
	name,
	properties: [
		eventually("nothing is lost", ({ fields }) => fields("count").n === 2),
		sometimes("both are done", ({ count }) => count("done") === 2),
	],
	setup(world) {
		for (const name of ["a", "b"]) {
			world.process(name, (process) =>
				process.task(async () => {
					await work(process);
					process.note("done");
				}),
			);
		}
	},
});

/** Reads, adds one, writes: whoever reads between loses the other's. */
export const readThenWrite = (name = "read, then write"): Scenario =>
	both(name, async ({ store }) => {
		const { n } = await store.read("count");
		await store.update("count", [{ op: "set", field: "n", value: Number(n ?? 0) + 1 }]);
	});

/** The same at one moment. */
export const increment = (name = "increment"): Scenario =>
	both(name, ({ store }) => store.update("count", [{ op: "increment", field: "n", by: 1 }]));

/** Nothing is violated, and what it is about never happens. */
export const vacuous = (name = "vacuous"): Scenario => ({
	...increment(name),
	properties: [sometimes("a third one comes", ({ count }) => count("done") === 3)],
});

/** Every other run of it makes another call. */
export function fickle(name = "fickle"): Scenario {
	let runs = 0;
	return {
		...increment(name),
		properties: [never("it is asked", ({ count }) => count("asked") > 0)],
		setup(world) {
			runs++;
			for (const name of runs % 2 === 1 ? ["a", "b"] : ["a", "b", "c"]) {
				world.process(name, (process) => process.task(() => process.store.read("count")));
			}
		},
	};
}
