// Ready-made properties of sessions, their transitions and their events, for leases on the world's own records.
import { parseRecord } from "../lease/record.ts";
import { headOf, standingValue } from "../lease/standing.ts";
import type { Machine } from "../transition/machine.ts";
import { always, eventually, type Property } from "./properties.ts";
import { sessionValue } from "./session-record.ts";

/** No wake is lost: the session comes to a terminal state, but for a queue that gives up and a store that forgets. */
export function comesToItsEnd<R>(sessionId: string, { stateOf, terminal }: Machine<R>): Property {
	return eventually(`${sessionId} comes to its end`, ({ fields }) => {
		const record = sessionValue<R>(sessionId, fields);
		const state = record === undefined ? "none" : stateOf(record);
		return terminal.includes(state) || `its state is ${state}`;
	});
}

interface Told {
	readonly text: string;
	readonly epoch: number;
}

interface Ends {
	/** What has not been answered, by process and operation: writes, and null for whatever is of another session. */
	readonly open: Readonly<Record<string, Told | null>>;
	/** The first terminal record that somebody was told to stand. */
	readonly first?: Told;
	/** Another one that somebody was told to stand after it. */
	readonly other?: Told;
}

const NOTHING_ENDS: Ends = { open: {} };

/**
 * Once a worker was told that a terminal record stands, no worker of a later epoch is told of another one. Needs
 * `watchLeases`: what a mere look at the record shows may still be void.
 */
export function terminalIsFinal<R>(sessionId: string, { stateOf, terminal }: Machine<R>): Property {
	const isTerminal = ({ text }: Told) => text !== "" && terminal.includes(stateOf(JSON.parse(text) as R));
	const told = (ends: Ends, now: Told): Ends => {
		const { first } = ends;
		if (!first) return isTerminal(now) ? { ...ends, first: now } : ends;
		return now.epoch < first.epoch || now.text === first.text ? ends : { ...ends, other: now };
	};
	return always<Ends>(
		`the end of ${sessionId} is final`,
		({ gathered: { first, other } }) => !other || `it was ${first?.text}, and is ${other.text}`,
		{
			gather: {
				from: NOTHING_ENDS,
				next: (ends, event) => {
					if (event.type === "rollback") return NOTHING_ENDS;
					if (event.type !== "line") return ends;
					const { line, process } = event;
					const op = `${process}/${line.op}`;
					if (line.type === "invoke") {
						if (line.key !== sessionId) return { ...ends, open: { ...ends.open, [op]: null } };
						if (!("value" in line) || line.value === undefined) return ends;
						const { value: text, epoch = 0 } = line as { value: string; epoch?: number };
						return { ...ends, open: { ...ends.open, [op]: { text, epoch } } };
					}
					const { [op]: written, ...open } = ends.open;
					if (line.type !== "ok" || written === null) return { ...ends, open };
					return told({ ...ends, open }, written ?? { text: line.value ?? "", epoch: line.epoch ?? 0 });
				},
			},
			when: ({ gathered }) => gathered.first !== undefined,
		},
	);
}

/** At rest nobody holds the session. */
export function isReleased(sessionId: string): Property {
	return eventually(`${sessionId} is released`, ({ fields }) => {
		const head = headOf(parseRecord(sessionId, fields(sessionId)));
		return head?.statement.done === true || `epoch ${head?.epoch} is held by ${head?.holder.owner}`;
	});
}

/** At rest every event that was committed has been sent. */
export function outboxIsEmpty(sessionId: string): Property {
	return eventually(`every event of ${sessionId} is sent`, ({ fields }) => {
		const outbox = standingValue(parseRecord(sessionId, fields(sessionId)))?.outbox ?? "";
		return outbox === "" || `its outbox holds ${outbox}`;
	});
}

/** What was noted at the end, noted exactly so often. */
export function happensTimes(note: string, times: number): Property {
	return eventually(`"${note}" happens ${times === 1 ? "once" : `${times} times`}`, ({ count }) => {
		return count(note) === times || `it happened ${count(note)} times`;
	});
}
