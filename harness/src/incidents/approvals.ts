// Approvals in parallel: each of two wakes of one parked turn runs its calls, and ends it.
import type { FaultBudgets } from "../explore/faults.ts";
import { recordStaysSmall, watchLeases } from "../explore/lease-properties.ts";
import { atMostOnce, never, type Property, sometimes } from "../explore/properties.ts";
import type { Queue } from "../explore/queue.ts";
import type { Process, Scenario, SharedValue, World } from "../explore/scenario.ts";
import { releasedSession } from "../explore/session-record.ts";
import { parallelApprovals } from "../explore/spaces/turns.ts";
import {
	comesToItsEnd,
	happensTimes,
	isReleased,
	outboxIsEmpty,
	terminalIsFinal,
} from "../explore/transition-properties.ts";
import type { Handle } from "../transition/context.ts";
import type { Machine } from "../transition/machine.ts";
import type { PlainRecords, TransitionPorts } from "../transition/ports.ts";
import { runPlain } from "../transition/run-plain.ts";
import { runSerialized } from "../transition/run-serialized.ts";
import type { Incident } from "./incident.ts";
import {
	itemsOf,
	leasesOf,
	notesByKey,
	type Size,
	SMALL,
	serveAll,
	sizeText,
	workersOf,
} from "./miniature.ts";

const BOTH: FaultBudgets = { crash: 1, redelivery: 1 };
const TURN = "turn";
const PARKED = "function_awaiting_approval";

interface Turn {
	readonly state: typeof PARKED | "stopped" | "failed";
	readonly calls: Readonly<Record<string, Progress>>;
}

/** parked --approved, and journalled--> started --> ran; started --by a worker that died--> interrupted */
type Progress = "parked" | "started" | "ran" | "interrupted";

const machine: Machine<Turn> = {
	stateOf: ({ state }) => state,
	fail: (turn) => ({ ...turn, state: "failed" }),
	waiting: [PARKED],
	terminal: ["stopped", "failed"],
};

interface Wake {
	readonly state: string;
}

/** Its items are calls; `isDecided`: both decisions were made, and have woken it, before anybody looks. */
interface ParkedTurn extends Size {
	readonly isDecided?: boolean;
}

const parkedTurn = (size: Size): Turn => ({
	state: PARKED,
	calls: Object.fromEntries(itemsOf(size).map((call) => [call, "parked"])),
});

const TURN_END = "turn_end";
const ran = (call: string): string => `shell::run of ${call}`;
const ended = (call: string): string => `function_execution_end of ${call}`;

/** What is the same with a lease and without one. */
interface Orchestrator {
	readonly world: World;
	readonly queue: Queue;
	/** The calls that were approved. */
	readonly approved: SharedValue<readonly string[]>;
	/** Notes an event that is received, by its id: one that is sent again is no other one. */
	readonly receive: (id: string, type: string) => void;
}

/** Each decision wakes the turn, on a queue that keeps no order of a session's messages. */
function orchestratorIn(world: World, turn: ParkedTurn): Orchestrator {
	const queue = world.queue("turn-step");
	const approved = world.value<readonly string[]>([]);
	for (const call of itemsOf(turn)) {
		const approve = () => {
			approved.set([...approved.get(), call].sort());
			queue.put({ state: PARKED });
		};
		if (turn.isDecided) {
			approve();
			continue;
		}
		const resolve = (process: Process) => process.call(`approves ${call}`, approve, { to: "approvals" });
		world.process(`p-${call}`, (process) => process.task(() => resolve(process)), { crashes: false });
	}
	return { world, queue, approved, receive: notesByKey(world) };
}

/** The handler of a wake: runs what is approved, and ends the turn when no call is left. */
function actsOnDecisions({ world, approved }: Orchestrator, process: Process): Handle<Turn> {
	return async ({ calls: found }, { emit, checkpoint }) => {
		const calls = { ...found };
		const callsThatAre = (progress: Progress) =>
			Object.keys(calls).filter((call) => calls[call] === progress);
		const end = (call: string, progress: Progress) => {
			calls[call] = progress;
			emit({ type: ended(call) });
		};
		for (const call of callsThatAre("started")) {
			process.note("interrupted");
			end(call, "interrupted");
		}
		const decided = await process.call("reads the decisions", () => approved.get(), { readsOnly: true });
		const starting = callsThatAre("parked").filter((call) => decided.includes(call));
		for (const call of starting) calls[call] = "started";
		if (starting.length > 0) await checkpoint({ state: PARKED, calls });
		for (const call of starting) {
			await process.call(`runs ${call}`, () => world.note(ran(call)), { commutes: true });
			end(call, "ran");
		}
		if (callsThatAre("parked").length > 0) return { state: PARKED, calls };
		emit({ type: TURN_END });
		return { state: "stopped", calls };
	};
}

function portsOf({ queue, receive }: Orchestrator, process: Process): TransitionPorts<Turn> {
	return {
		machine,
		wake: (_, state) => queue.send(process, { state }),
		send: (_, { id, event }) => {
			const { type } = event as { readonly type: string };
			return process.call(`emits ${type}`, () => receive(id, type), { commutes: true });
		},
		newId: process.ports.newId,
	};
}

/** As it was: whoever is woken loads the record, acts on it, and saves what it has made of it. */
function unserialized(turn: ParkedTurn, property: Property): Scenario {
	return {
		name: `approvals: as it was, ${sizeText(turn)}, ${property.sentence}`,
		properties: [property],
		setup(world) {
			const orchestrator = orchestratorIn(world, turn);
			const record = world.value(parkedTurn(turn));
			const plainOf = (process: Process): PlainRecords<Turn> => ({
				load: () => process.call("loads the record", () => record.get(), { readsOnly: true }),
				save: (_, next) => process.call(`saves it as ${next.state}`, () => record.set(next)),
			});
			serveAll(world, orchestrator.queue, turn, (process, message) => {
				const { state } = message as Wake;
				const ports = { ...portsOf(orchestrator, process), plain: plainOf(process) };
				const handle = actsOnDecisions(orchestrator, process);
				return runPlain(ports, { sessionId: TURN, state, handle });
			});
		},
	};
}

/** With the piece: the same handler, under the session's lease. */
function serialized(turn: ParkedTurn, faults: FaultBudgets): Scenario {
	const calls = itemsOf(turn);
	return {
		name: `approvals: serialized, ${turn.isDecided ? "decided before, " : ""}${sizeText(turn, faults)}`,
		faults,
		properties: [
			...calls.map((call) => atMostOnce(ran(call))),
			...calls.map((call) => happensTimes(ended(call), 1)),
			happensTimes(TURN_END, 1),
			comesToItsEnd(TURN, machine),
			terminalIsFinal(TURN, machine),
			isReleased(TURN),
			outboxIsEmpty(TURN),
			recordStaysSmall(TURN, 14),
			sometimes("two wakes meet", ({ count }) => count("turned_away") > 0),
			...(faults.crash ? [sometimes("a call is interrupted", ({ count }) => count("interrupted") > 0)] : []),
		],
		setup(world) {
			world.records.set(TURN, releasedSession(parkedTurn(turn)));
			const orchestrator = orchestratorIn(world, turn);
			serveAll(world, orchestrator.queue, turn, (process, message) => {
				const { state } = message as Wake;
				const leases = watchLeases(process, leasesOf<Turn>(process));
				const ports = { ...portsOf(orchestrator, process), leases };
				const handle = actsOnDecisions(orchestrator, process);
				return runSerialized(ports, { sessionId: TURN, state, handle });
			});
		},
	};
}

const DECIDED: ParkedTurn = { ...SMALL, isDecided: true };
const ONE: ParkedTurn = { items: 1, workers: 2 };

const runsTwice: Property = never("a call runs twice", ({ count }) =>
	itemsOf(SMALL).some((call) => count(ran(call)) > 1),
);

const endsTwice: Property = never(
	"every call and the turn end twice",
	({ count }) => itemsOf(SMALL).every((call) => count(ended(call)) > 1) && count(TURN_END) > 1,
);

/** The library's own turn, on the engine in process: all of its handlers, and `approval::resolve`. */
const ownTurn: Scenario = parallelApprovals({
	name: `approvals: the turn of this library, ${sizeText(SMALL, BOTH)}`,
	faults: BOTH,
	approvals: SMALL.items,
	workers: workersOf(SMALL),
});

export const approvals: Incident = {
	name: "approvals",
	title: "Approvals in parallel run side-effecting calls twice, and finish a turn twice",
	happened:
		"A turn was parked with two calls that waited for approval. Both were approved at once: each decision was written " +
		"to the state, and a trigger enqueued one wake for each write, on a queue that keeps no order of a session's " +
		"messages. Both wakes loaded the same parked record, found it in the state that they were for, ran every call, " +
		"ended the batch and saved without a condition: `shell::run` ran twice for each call, and " +
		"`function_execution_end` and `turn_end` were emitted twice.",
	sources: ["https://github.com/iii-hq/workers/pull/198"],
	cases: [
		{
			title: "two wakes load one parked record",
			broken: { scenario: unserialized(SMALL, runsTwice), breaks: runsTwice.sentence },
			reported: { scenario: unserialized(SMALL, endsTwice), breaks: endsTwice.sentence },
			piece:
				"`runTransition` with `serialize: true`, which is `runSerialized`, runs one wake of a session at a time: the " +
				"load is in the bid for the lease, and the save in its release. `checkpoint` journals calls before they run, " +
				"and what is given to `emit` leaves with the record that it belongs to.",
			held: [
				{ scenario: serialized(SMALL, {}), extent: "all" },
				{ scenario: serialized(ONE, { crash: 1 }), extent: "all" },
				{ scenario: serialized(DECIDED, { redelivery: 1 }), extent: "all" },
				{ scenario: serialized(DECIDED, { crash: 1 }), extent: { preemptionsMax: 2 } },
				{ scenario: serialized(SMALL, { crash: 1 }), extent: "all", takesLong: true },
				{ scenario: serialized(SMALL, { redelivery: 1 }), extent: "all", takesLong: true },
				{ scenario: serialized(DECIDED, BOTH), extent: { preemptionsMax: 2 }, takesLong: true },
				{ scenario: serialized(SMALL, BOTH), extent: { drawn: 10_000 }, takesLong: true },
				{ scenario: ownTurn, extent: { drawn: 10_000 }, takesLong: true },
			],
		},
	],
};
