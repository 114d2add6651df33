// Machines that know tokens: what a member of a pool has to do for its part.
import type { World } from "../explore/scenario.ts";
import type { Claim } from "../recipes/pool.ts";

export const RUNS = "runs";
export const STOPS = "stops";
export const CUT_OFF = "cut off";

export interface Command extends Pick<Claim, "taskId" | "token"> {
	readonly memberId: string;
}

interface Machine {
	/** The highest token that it was told. */
	readonly token: number;
	readonly running: string | null;
}

/** A machine answers that it has not started the command, now or for good. */
export class RefusedError extends Error {
	readonly forGood: boolean;

	constructor(message: string, { forGood }: { readonly forGood: boolean }) {
		super(message);
		this.forGood = forGood;
	}
}

/** Which commands are refused: every one of the first task, for good; or the second one that is sent, whosever it is. */
export type Refuses = "t1" | "the second";

/** What the machines do with a request that has come: to be done in the `apply` of a call. */
export interface Machines {
	/** Starts the command: once per token, instead of one with a lower token, and not instead of one with a higher one. */
	run(command: Command): void;
	/** Ends the command, or sees to it that it never starts. */
	stop(command: Command): void;
}

export interface MachinesOptions {
	/** Hears of each command that starts. */
	readonly started: (command: Command) => void;
	/** @default none */
	readonly refuses?: Refuses;
}

const NEW: Machine = { token: 0, running: null };

export function machinesIn(world: World, { started, refuses }: MachinesOptions): Machines {
	const machines = world.value<Readonly<Record<string, Machine>>>({});
	const sent = world.value(0);
	const set = (memberId: string, machine: Machine) =>
		machines.set({ ...machines.get(), [memberId]: machine });
	return {
		run({ taskId, token, memberId }) {
			const { token: highest, running } = machines.get()[memberId] ?? NEW;
			if (refuses) sent.set(sent.get() + 1);
			if (refuses === taskId || token < highest) {
				throw new RefusedError(`${memberId} does not take it.`, { forGood: true });
			}
			if (refuses === "the second" && sent.get() === 2) {
				throw new RefusedError(`${memberId} does not take it now.`, { forGood: false });
			}
			if (token === highest) return;
			if (running !== null) {
				world.note(CUT_OFF, { memberId, by: taskId });
				world.note(`${running} ${STOPS}`);
			}
			set(memberId, { token, running: taskId });
			world.note(`${taskId} ${RUNS}`, { token, memberId });
			started({ taskId, token, memberId });
		},
		stop({ token, memberId }) {
			const { token: highest, running } = machines.get()[memberId] ?? NEW;
			if (token < highest) return;
			if (running !== null) world.note(`${running} ${STOPS}`);
			set(memberId, { token, running: null });
		},
	};
}
