// A fan-in that dispatches its successor once per item that finishes together.
import type { FaultBudgets } from "../explore/faults.ts";
import { closesOnce, followsOnce, joinCloses, settlesMeet, watchJoin } from "../explore/join-properties.ts";
import { recordStaysSmall, watchLeases } from "../explore/lease-properties.ts";
import { never, type Property, sometimes } from "../explore/properties.ts";
import type { Queue } from "../explore/queue.ts";
import type { Process, Scenario } from "../explore/scenario.ts";
import { releasedSession } from "../explore/session-record.ts";
import { comesToItsEnd, isReleased, terminalIsFinal } from "../explore/transition-properties.ts";
import { dispatchOnce } from "../recipes/dispatch-once.ts";
import { type ItemOutcome, settleItem } from "../recipes/join.ts";
import type { Handle } from "../transition/context.ts";
import type { Machine } from "../transition/machine.ts";
import type { SerializedPorts } from "../transition/ports.ts";
import { runSerialized } from "../transition/run-serialized.ts";
import type { Incident } from "./incident.ts";
import { AT_ONCE, itemsOf, leasesOf, notesByKey, type Size, SMALL, serveAll, sizeText } from "./miniature.ts";
import { sentAgainOnlyIfLost, watchSends } from "./sends.ts";

const ONE: Size = { items: 1, workers: 2 };
const REPORTED: Size = { items: 5, workers: 3 };
const BOTH: FaultBudgets = { crash: 1, redelivery: 1 };
const DISPATCHED = "successor dispatched";

/**
 * As it was: a worker marks its item done, then says so in a message. One executor handles these messages one after the
 * other: it counts the items that are not marked, and dispatches the successor if there are none, the next item otherwise.
 */
function unguarded(size: Size, dispatches: number): Scenario {
	return {
		name: `fan-in: as it was, ${sizeText(size)}`,
		properties: [
			never(
				`the successor is dispatched ${dispatches} times`,
				({ count }) => count(DISPATCHED) >= dispatches,
			),
		],
		setup(world) {
			const done = world.value<readonly string[]>([]);
			const items = world.queue("items");
			const finished = world.queue("finished");
			for (const item of itemsOf(size).slice(0, size.workers)) items.put({ item });
			const waiting = world.value<readonly string[]>(itemsOf(size).slice(size.workers));
			serveAll(world, items, size, async (process, message) => {
				const { item } = message as Finished;
				await process.call(`marks ${item} done`, () => done.set([...done.get(), item]));
				await finished.send(process, { item });
			});
			world.process("executor", (process) => {
				finished.serve(process, async () => {
					const left = await process.call("reads how many are left", () => size.items - done.get().length);
					if (left === 0) await process.call("dispatches the successor", () => world.note(DISPATCHED));
					const [item, ...others] = waiting.get();
					waiting.set(others);
					if (item !== undefined) await items.send(process, { item });
				});
			});
		},
	};
}

interface Finished {
	readonly item: string;
}

const JOIN = "join";

/** With the piece: items settle in a join; one of them has failed. What its close starts counts by the event's id. */
function joined(size: Size, faults: FaultBudgets): Scenario {
	const [failing] = itemsOf(size);
	return {
		name: `fan-in: a join, ${sizeText(size, faults)}`,
		faults,
		properties: [
			joinCloses(JOIN),
			closesOnce(JOIN),
			sentAgainOnlyIfLost(),
			followsOnce(DISPATCHED),
			isReleased(JOIN),
			recordStaysSmall(JOIN, 14),
			settlesMeet(),
		],
		setup(world) {
			world.records.set(JOIN, openJoinFields(size));
			const note = notesByKey(world);
			const queue = world.queue("items");
			for (const item of itemsOf(size)) queue.put({ item });
			const settle = (process: Process, item: string) => {
				const ports = watchJoin(process, {
					leases: leasesOf(process),
					send: watchSends(process, (joinId, { id }) =>
						process.call("dispatches", () => note(`${joinId}/${id}`, DISPATCHED), { commutes: true }),
					),
				});
				// Nobody who settles an item again says quite the same of it.
				const outcome: ItemOutcome = { ok: item !== failing, detail: process.name };
				return settleItem(ports, JOIN, item, outcome, AT_ONCE);
			};
			serveAll(world, queue, size, (process, message) => settle(process, (message as Finished).item));
		},
	};
}

const openJoinFields = (size: Size) =>
	releasedSession({ items: Object.fromEntries(itemsOf(size).map((item) => [item, null])) });

const SUCCESSOR = "join/closed";
const ENDED = "successor ended";

interface Successor {
	readonly state: "dispatched" | "ended";
}

const machine: Machine<Successor> = {
	stateOf: ({ state }) => state,
	fail: () => ({ state: "ended" }),
	waiting: [],
	terminal: ["ended"],
};

const SUCCESSOR_PROPERTIES: readonly Property[] = [
	followsOnce(ENDED),
	comesToItsEnd(SUCCESSOR, machine),
	terminalIsFinal(SUCCESSOR, machine),
	isReleased(SUCCESSOR),
];

/** What dispatches the successor, and runs it. Its wakes come to the queue as `{ state }`. */
function successorPorts(
	process: Process,
	queue: Queue,
	end: (id: string) => void,
): SerializedPorts<Successor> {
	return {
		machine,
		leases: watchLeases(process, leasesOf(process)),
		wake: (_, state) => queue.send(process, { state }),
		send: (_, { id }) => process.call("ends", () => end(id), { commutes: true }),
		newId: process.ports.newId,
	};
}

function runSuccessor(ports: SerializedPorts<Successor>, message: unknown): Promise<unknown> {
	const { state } = message as { readonly state: string };
	return runSerialized(ports, { sessionId: SUCCESSOR, state, handle: runsAndEnds });
}

const runsAndEnds: Handle<Successor> = async (_, { emit }) => {
	emit({ type: "ended" });
	return { state: "ended" };
};

/** A dispatch that is sent again where nothing counts ids: its key is a session, which starts once. */
function dispatchedByKey(workers: number, faults: FaultBudgets): Scenario {
	return {
		name: `fan-in: a dispatch under a key, ${[`${workers} workers`, ...Object.keys(faults)].join(", ")}`,
		faults,
		properties: [
			...SUCCESSOR_PROPERTIES,
			sometimes("it was dispatched before", ({ count }) => count("again") > 0),
		],
		setup(world) {
			const note = notesByKey(world);
			const queue = world.queue("messages");
			queue.put("dispatch");
			serveAll(world, queue, { workers }, async (process, message) => {
				const ports = successorPorts(process, queue, (id) => note(id, ENDED));
				if (message !== "dispatch") return runSuccessor(ports, message);
				const isFirst = await dispatchOnce(ports, SUCCESSOR, { state: "dispatched" });
				if (!isFirst) process.note("again");
			});
		},
	};
}

/** Both as one: what the close of a join dispatches is a session of that name. */
function joinedThenDispatched(size: Size, faults: FaultBudgets): Scenario {
	return {
		name: `fan-in: a join, then a dispatch under its key, ${sizeText(size, faults)}`,
		faults,
		properties: [joinCloses(JOIN), closesOnce(JOIN), isReleased(JOIN), ...SUCCESSOR_PROPERTIES],
		setup(world) {
			world.records.set(JOIN, openJoinFields(size));
			const note = notesByKey(world);
			const queue = world.queue("messages");
			for (const item of itemsOf(size)) queue.put({ item });
			serveAll(world, queue, size, (process, message) => {
				const successor = successorPorts(process, queue, (id) => note(id, ENDED));
				if (!Object.hasOwn(message as object, "item")) return runSuccessor(successor, message);
				const ports = watchJoin(process, {
					leases: leasesOf(process),
					send: async (joinId, { id }) => {
						await dispatchOnce(successor, `${joinId}/${id}`, { state: "dispatched" });
					},
				});
				return settleItem(ports, JOIN, (message as Finished).item, { ok: true }, AT_ONCE);
			});
		},
	};
}

export const fanIn: Incident = {
	name: "fan-in",
	title: "A fan-in dispatches its successor once per item that finishes together",
	happened:
		"A workflow ran 5 items with a concurrency of 3. A worker wrote `Completed` to its item's row, then published the " +
		"message that it had finished. One executor handled these messages one after the other, and counted from the rows " +
		"how many siblings remained. The rows were ahead of the messages: for each of several items that had finished " +
		"together none remained, and each of them dispatched the successor, up to 3 times.",
	sources: [
		"https://git.rdrx.app/attune-system/attune/raw/commit/8e273ec6834c7ae8a200a25049f64b462aedab78/work-summary/2026-03-04-with-items-race-condition-fix.md",
		"https://github.com/inngest/inngest/pull/4452",
	],
	cases: [
		{
			title: "siblings are counted from rows that are ahead of their messages",
			broken: { scenario: unguarded(SMALL, 2), breaks: "the successor is dispatched 2 times" },
			reported: {
				scenario: unguarded(REPORTED, 3),
				breaks: "the successor is dispatched 3 times",
			},
			piece:
				"`settleItem` counts the items under the join's lease, so that one of them is the last; `join_closed` leaves " +
				"with that write, from its outbox, under one id, and `dispatchOnce` starts the session of that name once.",
			held: [
				{ scenario: joined(SMALL, { crash: 1 }), extent: "all" },
				{ scenario: joined(SMALL, { redelivery: 1 }), extent: "all" },
				{ scenario: dispatchedByKey(2, { redelivery: 1 }), extent: "all" },
				{ scenario: dispatchedByKey(2, BOTH), extent: "all", takesLong: true },
				{ scenario: joinedThenDispatched(SMALL, {}), extent: "all" },
				{ scenario: joinedThenDispatched(ONE, { redelivery: 1 }), extent: "all" },
				{ scenario: joinedThenDispatched(SMALL, { crash: 1 }), extent: "all", takesLong: true },
				{ scenario: joinedThenDispatched(SMALL, { redelivery: 1 }), extent: "all", takesLong: true },
				{ scenario: joinedThenDispatched(ONE, BOTH), extent: "all", takesLong: true },
				{ scenario: joinedThenDispatched(SMALL, BOTH), extent: { drawn: 10_000 }, takesLong: true },
				{ scenario: joined(SMALL, BOTH), extent: { preemptionsMax: 2 }, takesLong: true },
				{ scenario: joined(SMALL, BOTH), extent: { drawn: 10_000 }, takesLong: true },
				{ scenario: joined(REPORTED, { crash: 1 }), extent: { preemptionsMax: 1 }, takesLong: true },
				{ scenario: joined(REPORTED, { redelivery: 1 }), extent: { preemptionsMax: 2 }, takesLong: true },
				{ scenario: joined(REPORTED, BOTH), extent: { drawn: 10_000 }, takesLong: true },
			],
		},
	],
};
