// A transition that tells what it does: events are sent after their commit, in order, and none is lost.
import type { FaultBudgets } from "../../../src/explore/faults.ts";
import { eventually, type Gather, never, type Property, sometimes } from "../../../src/explore/properties.ts";
import type { Queue } from "../../../src/explore/queue.ts";
import type { Process, Scenario } from "../../../src/explore/scenario.ts";
import type { OutboxEvent } from "../../../src/lease/outbox.ts";
import { parseRecord } from "../../../src/lease/record.ts";
import { standingValue } from "../../../src/lease/standing.ts";
import { createLeases } from "../../../src/system/leases.ts";
import type { TransitionContext } from "../../../src/transition/context.ts";
import type { Machine } from "../../../src/transition/machine.ts";
import type { SerializedPorts } from "../../../src/transition/ports.ts";
import { runSerialized } from "../../../src/transition/run-serialized.ts";

const SESSION = "s";
const STREAM = "stream";
const TTL_MS = 1_000;
const SKEW_MS = 100;

interface Document {
	readonly state: "speaking" | "ended";
	/** The events that were committed with it and before. */
	readonly said: readonly string[];
}

const machine: Machine<Document> = {
	stateOf: ({ state }) => state,
	states: ["speaking", "ended"],
	waiting: [],
	terminal: ["ended"],
	fail: (_record, error) => {
		throw error;
	},
};

/** Two events, the first one under a checkpoint; who comes after a crash goes on from there. */
async function speak(document: Document, context: TransitionContext<Document>): Promise<Document> {
	let { said } = document;
	if (said.length === 0) {
		said = ["first"];
		context.emit("first");
		await context.checkpoint({ ...document, said });
	}
	context.emit("second");
	return { state: "ended", said: [...said, "second"] };
}

export function events(name: string, faults: FaultBudgets): Scenario {
	return {
		name,
		faults,
		expiryMs: TTL_MS + SKEW_MS + 1,
		properties: [
			committedFirst(),
			eventually("every committed event was sent", ({ fields }) => {
				const { said } = JSON.parse(
					standingValue(parseRecord(SESSION, fields(SESSION)))?.text ?? "{}",
				) as Document;
				const sent = Object.values(fields(STREAM));
				const missing = said.filter((event) => !sent.includes(event));
				return missing.length === 0 || `${missing.join(" and ")} was not sent`;
			}),
			inOrder(),
			eventually("the session has ended", ({ fields }) => {
				const { state } = JSON.parse(
					standingValue(parseRecord(SESSION, fields(SESSION)))?.text ?? "{}",
				) as Document;
				return state === "ended";
			}),
			sometimes("an event is sent", ({ fields }) => Object.keys(fields(STREAM)).length > 0),
		],
		setup(world) {
			world.records.set(SESSION, {
				"bids:1": 1,
				"holder:1": { id: "setup", owner: "setup", until: 0 },
				"value:1.setup.1": JSON.stringify({ state: "speaking", said: [] }),
				"owed:1.setup.1": false,
				"done:1.setup": true,
			});
			const queue = world.queue("wakes");
			for (const worker of ["a", "b"]) world.process(worker, (process) => serve(process, queue));
			queue.put({ state: "speaking" });
		},
	};
}

function serve(process: Process, queue: Queue): void {
	const { store, ports, observe } = process;
	const options = { store, ports, observe, owner: process.name, ttlMs: TTL_MS, skewMs: SKEW_MS };
	const own: SerializedPorts<Document> = {
		machine,
		leases: createLeases<Document>(options),
		wake: (_sessionId, state) => queue.send(process, { state }),
		send: async (_sessionId, { id, event }) => {
			await store.update(STREAM, [{ op: "set", field: id, value: String(event) }]);
		},
		newId: ports.newId,
	};
	queue.serve(process, (message) => {
		const { state } = message as Document;
		return runSerialized(own, { sessionId: SESSION, state, handle: speak });
	});
}

interface Sent {
	readonly committed: readonly string[];
	readonly isEarly: boolean;
}

/** Whatever was sent stood in a record before. */
function committedFirst(): Property {
	const gather: Gather<Sent> = {
		from: { committed: [], isEarly: false },
		next: (sent, event) => {
			if (event.type !== "update") return sent;
			if (event.key === STREAM) {
				const isEarly = event.ops.some(({ field }) => !sent.committed.includes(field));
				return { ...sent, isEarly: sent.isEarly || isEarly };
			}
			const ids = event.ops.flatMap((op) => {
				if (op.op !== "set" || !op.field.startsWith("outbox:") || op.value === "") return [];
				return (JSON.parse(String(op.value)) as OutboxEvent[]).map(({ id }) => id);
			});
			return { ...sent, committed: [...new Set([...sent.committed, ...ids])].sort() };
		},
	};
	return never("an event is sent that was not committed", ({ gathered }) => gathered.isEarly, { gather });
}

function inOrder(): Property {
	const gather: Gather<{ readonly seen: readonly string[] }> = {
		from: { seen: [] },
		next: (stream, event) => {
			if (event.type !== "update" || event.key !== STREAM) return stream;
			const said = event.ops.flatMap((op) => (op.op === "set" ? [String(op.value)] : []));
			return { seen: [...new Set([...stream.seen, ...said])] };
		},
	};
	return never(
		"an event overtakes an earlier one",
		({ gathered: { seen } }) => seen.join() === "second,first",
		{
			gather,
		},
	);
}

export const eventSpaces: readonly Scenario[] = [
	events("events, two crashes", { crash: 2 }),
	events("events, a stream that is away", { delay: 1 }),
];
