// The world of the race: a turn with two calls whose approvals have each woken it, on two workers.
import { createLeases } from "session-lease";
import {
	eventually,
	never,
	type Process,
	type Scenario,
	type SharedValue,
	sometimes,
	type World,
} from "session-lease/explore";
import { type Outside, runTransition, type TurnRecord } from "./run-transition.ts";
import { runTransition as runLeased } from "./run-transition-leased.ts";

const SESSION = "session-42";
const RECORD: TurnRecord = { approved: ["pay", "mail"], results: {} };

type Values = Readonly<Record<string, unknown>>;
type Handle = (outside: Outside) => Promise<void>;

export const underLock: Scenario = twoApprovals("two approvals under a lock", () => (outside) => {
	return runTransition(outside, SESSION);
});

export const underLease: Scenario = twoApprovals("two approvals under a lease", (process) => {
	const { store, ports, observe, name: owner } = process;
	const leases = createLeases<TurnRecord>({ store, ports, observe, owner });
	return (outside) => runLeased(leases, outside, SESSION);
});

/** `begin` is given a worker, and answers how it handles a wake. */
function twoApprovals(name: string, begin: (process: Process) => Handle): Scenario {
	return {
		name,
		properties: [
			never("a call runs twice", ({ count }) => RECORD.approved.some((id) => count(`ran ${id}`) > 1)),
			eventually("every call has run", ({ count }) => RECORD.approved.every((id) => count(`ran ${id}`) > 0)),
			sometimes("a wake is turned away", ({ count }) => count("message_failed") + count("turned_away") > 0),
		],
		setup(world) {
			const state = world.value<Values>({ [`turn/${SESSION}`]: RECORD });
			const wakes = world.queue("wakes");
			for (const approved of RECORD.approved) wakes.put({ approved });
			for (const worker of ["a", "b"]) {
				world.process(worker, (process) => {
					const handle = begin(process);
					wakes.serve(process, () => handle(outsideOf(process, world, state)));
				});
			}
		},
	};
}

/** The transition's own outside: each call of it is a decision of the explorer. */
function outsideOf(
	{ name: worker, call, ports }: Process,
	world: World,
	state: SharedValue<Values>,
): Outside {
	return {
		worker,
		get: <T>(key: string) =>
			call(`gets ${key}`, () => state.get()[key] as T | undefined, { to: "state", readsOnly: true }),
		set: (key, value) =>
			call(`sets ${key} to ${JSON.stringify(value)}`, () => state.set({ ...state.get(), [key]: value }), {
				to: "state",
			}),
		call: (id) =>
			call(`runs ${id}`, () => {
				world.note(`ran ${id}`);
				return "done";
			}),
		nowMs: ports.clock.wallMs,
	};
}
