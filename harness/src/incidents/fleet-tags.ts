// The fleet as it was: whose a machine is stands in its tags, which anybody writes at any time.
import { eventually, never, type Property } from "../explore/properties.ts";
import type { Process, Scenario, World } from "../explore/scenario.ts";

export const TWO_TASKS = "two tasks run on one machine";
const TWO_AT_ONCE = "two tasks at once";
const BUSY = "tagged busy";
const IDLE = "tagged idle";

/** By machine: the task of its tag, null if it is tagged idle; and what runs on it. */
type Tags = Readonly<Record<string, string | null>>;
type Runs = Readonly<Record<string, string>>;

interface Fleet {
	readonly start: (process: Process, task: string, verifies?: boolean) => Promise<void>;
	readonly cancel: (process: Process, task: string) => Promise<void>;
}

function taggedFleet(world: World, machines: readonly string[], refusesCommands: boolean): Fleet {
	const tags = world.value<Tags>(Object.fromEntries(machines.map((machine) => [machine, null])));
	const runs = world.value<Runs>({});
	const ends = world.queue("ends");
	const tag = (machine: string, task: string | null) => {
		tags.set({ ...tags.get(), [machine]: task });
		world.note(task === null ? IDLE : BUSY, { machine, task });
	};
	const run = (machine: string, task: string) => {
		if (refusesCommands) throw new Error("ThrottlingException: Rate exceeded");
		const { [machine]: other } = runs.get();
		if (other !== undefined) world.note(TWO_AT_ONCE, { machine, tasks: [other, task] });
		runs.set({ ...runs.get(), [machine]: task });
		ends.put({ machine, task });
	};
	// The command tags its machine idle as its last act, unless it is stopped before.
	world.process("machines", (process) =>
		ends.serve(process, (message) => {
			const { machine, task } = message as { readonly machine: string; readonly task: string };
			return process.call(`${task} ends on ${machine}, and tags it idle`, () => {
				const { [machine]: running, ...others } = runs.get();
				if (running !== task) return;
				runs.set(others);
				tag(machine, null);
			});
		}),
	);
	return {
		async start({ call }, task, verifies = false) {
			const idle = await call("lists idle machines", () => machines.filter((it) => tags.get()[it] === null));
			for (const machine of idle) {
				await call(`tags ${machine} busy with ${task}`, () => tag(machine, task));
				if (verifies) {
					const owner = await call(`reads whose ${machine} is`, () => tags.get()[machine]);
					if (owner !== task) continue;
				}
				await call(`sends the command of ${task} to ${machine}`, () => run(machine, task));
				return;
			}
		},
		async cancel({ call }, task) {
			const find = () => machines.find((machine) => runs.get()[machine] === task);
			const machine = await call(`reads where ${task} runs`, find);
			if (machine === undefined) return;
			await call(`stops the command of ${task} on ${machine}`, () => {
				if (runs.get()[machine] !== task) return;
				const { [machine]: _, ...others } = runs.get();
				runs.set(others);
			});
		},
	};
}

const MACHINES: readonly string[] = ["m1", "m2"];

/** Two orchestrators, each with a task. The tag is written, and in the later form read again before the command is sent. */
export function claimedByTag(form: "tagged" | "tagged, then verified"): Scenario {
	return {
		name: `fleet: machines ${form}, 2 tasks, 2 machines`,
		properties: [never(TWO_TASKS, ({ count }) => count(TWO_AT_ONCE) > 0)],
		setup(world) {
			const { start } = taggedFleet(world, MACHINES, false);
			const verifies = form === "tagged, then verified";
			world.process("a", (process) => process.task(() => start(process, "t1", verifies)));
			world.process("b", (process) => process.task(() => start(process, "t2", verifies)));
		},
	};
}

export const STAYS_BUSY = "a machine is idle once its task has ended";

const isIdleAgain = (): Property =>
	eventually(STAYS_BUSY, ({ count }) => count(BUSY) === count(IDLE) || "it stays busy for good", {
		when: ({ count }) => count(BUSY) > 0,
	});

/** Whoever tags before it dispatches has tagged for nothing if the dispatch throws. */
export function neverUndone(): Scenario {
	return {
		name: "fleet: a dispatch that throws, as it was, 1 task, 1 machine",
		properties: [isIdleAgain()],
		setup(world) {
			const { start } = taggedFleet(world, ["m1"], true);
			world.process("a", (process) =>
				process.task(() => start(process, "t1").catch(() => process.note("t1 has failed"))),
			);
		},
	};
}

/** The command that would have tagged the machine idle at its end is stopped before. */
export function neverFreed(): Scenario {
	return {
		name: "fleet: a cancel, as it was, 2 tasks, 2 machines",
		properties: [isIdleAgain()],
		setup(world) {
			const { start, cancel } = taggedFleet(world, MACHINES, false);
			world.process("a", (process) =>
				process.task(async () => {
					await start(process, "t1");
					await start(process, "t2");
				}),
			);
			world.process("cancels", (process) => process.task(() => cancel(process, "t1")));
		},
	};
}
