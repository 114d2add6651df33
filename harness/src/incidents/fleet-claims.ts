// The fleet with claims: a machine is had under the pool's lease, with a token, until it is freed or a deadline passes.
import type { CallOptions, Process, World } from "../explore/scenario.ts";
import { OutcomeUnknownError } from "../lease/errors.ts";
import {
	type ClaimAnswer,
	claimMember,
	dispatchToMember,
	freeMember,
	type PoolPorts,
} from "../recipes/pool.ts";
import { type Command, machinesIn, RefusedError, type Refuses } from "./fleet-machines.ts";
import { AT_ONCE, leasesOf } from "./miniature.ts";

export const POOL = "pool";
export const CLAIM_MS = 60_000;
export const TASKS: readonly string[] = ["t1", "t2"];

export const ended = (task: string): string => `${task} has ended`;

/** What a task's record says of its end: the first end stands. */
type Ends = Readonly<Record<string, "completed" | "failed" | "cancelled">>;

export interface Fleet {
	start(process: Process, taskId: string): Promise<ClaimAnswer | "ended">;
	/** The command has ended: that is recorded, then its machine is freed. */
	end(process: Process, command: Command): Promise<void>;
	cancel(process: Process, taskId: string): Promise<void>;
}

export interface FleetOptions {
	readonly members: readonly string[];
	readonly started: (command: Command) => void;
	/** @default none */
	readonly refuses?: Refuses;
}

export const poolPorts = (process: Process): PoolPorts => ({
	leases: leasesOf(process),
	nowMs: process.ports.clock.wallMs,
	claimMs: CLAIM_MS,
});

export function claimedFleet(world: World, { members, ...options }: FleetOptions): Fleet {
	const machines = machinesIn(world, options);
	const ends = world.value<Ends>({});
	const note = (taskId: string, end: Ends[string]) => {
		const { [taskId]: before } = ends.get();
		if (before !== undefined) return before;
		ends.set({ ...ends.get(), [taskId]: end });
		world.note(ended(taskId));
		return end;
	};
	const record = ({ call }: Process, taskId: string, end: Ends[string]) =>
		call(`records that ${taskId} is ${end}`, () => note(taskId, end));
	const readEnd = ({ call }: Process, taskId: string) =>
		call(`reads how ${taskId} ended`, () => ends.get()[taskId] ?? null, { readsOnly: true });
	const stop = ({ call }: Process, command: Command) =>
		call(`stops ${textOf(command)}`, () => machines.stop(command), MACHINES);
	/** What is not the machine's own answer says nothing of what became of the command. */
	const send = async (process: Process, command: Command) => {
		const { taskId } = command;
		try {
			await process.call(`sends ${textOf(command)}`, () => machines.run(command), MACHINES);
		} catch (cause) {
			if (!(cause instanceof RefusedError)) throw new OutcomeUnknownError("No answer.", { cause });
			if (cause.forGood) await record(process, taskId, "failed");
			throw cause;
		}
	};
	return {
		async start(process, taskId) {
			let hasEnded = false;
			const options = { taskId, members, ...AT_ONCE };
			const answer = await dispatchToMember(poolPorts(process), POOL, options, async (claim) => {
				const command: Command = { taskId, ...claim };
				// Under the claim: whoever ends the task from now on stops this command, and frees.
				hasEnded = (await readEnd(process, taskId)) !== null;
				await (hasEnded ? stop(process, command) : send(process, command));
			});
			if (answer.claimed) {
				const { token } = answer;
				if (hasEnded) await freeMember(poolPorts(process), POOL, { taskId, token, ...AT_ONCE });
			} else {
				// Or it would come again as long as there is nothing to be had.
				hasEnded = (await readEnd(process, taskId)) !== null;
			}
			return hasEnded ? "ended" : answer;
		},
		async end(process, command) {
			const { taskId, token } = command;
			const complete = () => {
				machines.stop(command);
				note(taskId, "completed");
			};
			await process.call(`sees that ${textOf(command)} has ended, and records it`, complete, MACHINES);
			await freeMember(poolPorts(process), POOL, { taskId, token, ...AT_ONCE });
		},
		async cancel(process, taskId) {
			if ((await record(process, taskId, "cancelled")) !== "cancelled") return;
			// The claim that it has: whoever has yet to send a command sends it with this token.
			const claim = await claimMember(poolPorts(process), POOL, { taskId, members, ...AT_ONCE });
			if (!claim.claimed) return;
			await stop(process, { taskId, ...claim });
			await freeMember(poolPorts(process), POOL, { taskId, ...AT_ONCE });
		},
	};
}

const MACHINES: CallOptions = { to: "machines" };

const textOf = ({ taskId, memberId, token }: Command): string =>
	`the command of ${taskId} (${memberId}, token ${token})`;
