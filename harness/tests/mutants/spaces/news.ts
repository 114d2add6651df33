// News for a parked session, and a queue whose losers never retry: no wake may be lost.
import type { FaultBudgets } from "../../../src/explore/faults.ts";
import { eventually, sometimes } from "../../../src/explore/properties.ts";
import type { Queue } from "../../../src/explore/queue.ts";
import type { Process, Scenario } from "../../../src/explore/scenario.ts";
import { releasedSession } from "../../../src/explore/session-record.ts";
import { hasCode, isTransientError, TransientError } from "../../../src/lease/errors.ts";
import { parseRecord } from "../../../src/lease/record.ts";
import { headOf, standingValue } from "../../../src/lease/standing.ts";
import { createLeases } from "../../../src/system/leases.ts";
import type { Machine } from "../../../src/transition/machine.ts";
import type { SerializedPorts } from "../../../src/transition/ports.ts";
import { runSerialized } from "../../../src/transition/run-serialized.ts";
import { wakeSession } from "../../../src/transition/session.ts";

const SESSION = "s";
const NEWS = "news";
const TTL_MS = 1_000;
const SKEW_MS = 100;
/** One message passed on more often than this would never come to rest. */
const DELIVERIES_MAX = 12;

interface Document {
	readonly state: "working" | "parked" | "ended";
}

const machine: Machine<Document> = {
	stateOf: ({ state }) => state,
	states: ["working", "parked", "ended"],
	waiting: ["parked"],
	terminal: ["ended"],
	fail: (_record, error) => {
		throw error;
	},
};

export interface NewsOptions {
	readonly name: string;
	readonly faults: FaultBudgets;
	readonly workers: readonly string[];
	/** Whose news has to arrive before the session ends. */
	readonly people: readonly string[];
	/** @default working */
	readonly starts?: "working" | "parked";
	/** The first wake is for a state that the session has left. @default false */
	readonly isStale?: boolean;
	/** They call the session's next transition by themselves, once, and no queue comes back for them. @default false */
	readonly direct?: boolean;
}

export function news(options: NewsOptions): Scenario {
	const { name, faults, workers, people, starts = "working", isStale = false, direct = false } = options;
	return {
		name,
		faults,
		expiryMs: TTL_MS + SKEW_MS + 1,
		properties: [
			eventually("the session has ended", ({ fields }) => {
				const { state } = JSON.parse(standingValue(parseRecord(SESSION, fields(SESSION)))?.text ?? "{}");
				return state === "ended" || `it is ${state}`;
			}),
			eventually("the lease is released", ({ fields }) => {
				const head = headOf(parseRecord(SESSION, fields(SESSION)));
				return head?.statement.done === true || `epoch ${head?.epoch} is held by ${head?.holder.owner}`;
			}),
			sometimes("someone is turned away", ({ count }) => count("turned_away") > 0),
		],
		setup(world) {
			world.records.set(SESSION, releasedSession({ state: starts }));
			const queue = world.queue("wakes", { deliveriesMax: DELIVERIES_MAX });
			for (const worker of workers) world.process(worker, (process) => serve(process, queue, people));
			for (const person of people) {
				const come = direct ? runOnce(people) : wakeIt;
				const start = (process: Process) => process.task(() => tell(process, portsOf(process, queue), come));
				world.process(person, start, { crashes: false });
			}
			queue.put({ state: isStale ? "working" : starts });
		},
	};
}

function portsOf(process: Process, queue: Queue): SerializedPorts<Document> {
	const { store, ports, observe } = process;
	const options = { store, ports, observe, owner: process.name, ttlMs: TTL_MS, skewMs: SKEW_MS };
	return {
		machine,
		leases: createLeases<Document>(options),
		wake: (_sessionId, state) => queue.send(process, { state }),
		send: async () => undefined,
		newId: ports.newId,
	};
}

function serve(process: Process, queue: Queue, people: readonly string[]): void {
	const ports = portsOf(process, queue);
	queue.serve(process, (message) => {
		const { state } = message as Document;
		return runSerialized(ports, { sessionId: SESSION, state, handle: handle(process, people) });
	});
}

const handle =
	(process: Process, people: readonly string[]) =>
	async (document: Document): Promise<Document> => {
		if (document.state === "working") return { state: "parked" };
		const told = await process.store.read(NEWS);
		return people.every((person) => told[person]) ? { state: "ended" } : document;
	};

type Come = (ports: SerializedPorts<Document>, sessionId: string, process: Process) => Promise<unknown>;

/** As `approval::resolve` does: the news first, then a wake for the state that the session is in. */
async function tell(process: Process, ports: SerializedPorts<Document>, come: Come): Promise<void> {
	for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
		try {
			await answered(process.store.update(NEWS, [{ op: "set", field: process.name, value: true }]));
			await come(ports, SESSION, process);
			return;
		} catch (error) {
			// Whoever is turned away is counted, and comes no more; who hears anything else comes again.
			if (hasCode(error, "lease_held")) return;
			if (!isTransientError(error)) throw error;
		}
	}
}

/** More than there are faults. */
const ATTEMPTS_MAX = 4;

const runOnce =
	(people: readonly string[]): Come =>
	(ports, sessionId, process) =>
		runSerialized(ports, { sessionId, state: "parked", handle: handle(process, people) });

const wakeIt: Come = (ports, sessionId) => answered(wakeSession(ports, sessionId));

/** What was not answered may be asked again: it may have been done already, and twice harms nobody. */
async function answered(call: Promise<unknown>): Promise<void> {
	await call.catch((cause: unknown) => {
		throw new TransientError("There was no answer.", { cause });
	});
}

const parked = { workers: ["a", "b"], people: ["p"], starts: "parked", isStale: true, direct: true } as const;

export const newsSpaces: readonly Scenario[] = [
	news({ name: "news", faults: {}, workers: ["a", "b"], people: ["p"] }),
	news({ name: "news, a crash", faults: { crash: 1 }, workers: ["a", "b"], people: ["p"] }),
	news({ name: "small, queue", faults: {}, workers: ["a"], people: ["p"], starts: "parked" }),
	news({ name: "small, queue and crash", faults: { crash: 1 }, workers: ["a"], people: [] }),
	news({ name: "small, redelivery", faults: { redelivery: 1 }, workers: ["a"], people: [] }),
	news({ name: "news from two", faults: {}, workers: ["a", "b"], people: ["p", "q"], starts: "parked" }),
	news({ name: "news beside a stale wake", faults: {}, ...parked }),
	news({ name: "news beside a stale wake, a queue that is away", faults: { delay: 1 }, ...parked }),
	news({ name: "news beside a stale wake, a crash", faults: { crash: 1 }, ...parked }),
	news({ name: "news beside a stale wake, two crashes", faults: { crash: 2 }, ...parked }),
	news({ name: "news beside a stale wake, two crashes, a jump", faults: { crash: 2, expiry: 1 }, ...parked }),
];
