// Ready-made properties of sessions, their transitions and their events, for leases on the world's own records.
import type { Fields } from "../lease/atomic-store.ts";
import { parseRecord } from "../lease/record.ts";
import { isNoValue } from "../lease/schema.ts";
import { headOf, standingValue } from "../lease/standing.ts";
import type { Machine } from "../transition/machine.ts";
import { always, eventually, type Property } from "./properties.ts";

function standing<R>(sessionId: string, fields: (key: string) => Fields): R | undefined {
	const text = standingValue(parseRecord(sessionId, fields(sessionId)))?.text ?? "";
	return isNoValue(text) ? undefined : (JSON.parse(text) as R);
}

/** No wake is lost: whatever happens, the session comes to a terminal state. */
export function comesToItsEnd<R>(sessionId: string, { stateOf, terminal }: Machine<R>): Property {
	return eventually(`${sessionId} comes to its end`, ({ fields }) => {
		const record = standing<R>(sessionId, fields);
		const state = record === undefined ? "none" : stateOf(record);
		return terminal.includes(state) || `its state is ${state}`;
	});
}

interface Ends {
	/** Writes that have not been answered, by process and operation. */
	readonly open: Readonly<Record<string, string>>;
	/** The first terminal record that somebody was told to stand; empty text: none. */
	readonly first: string;
	/** Another one that somebody was told to stand after it. */
	readonly other: string;
}

/**
 * Once a worker was told that a terminal record stands, no worker is told of another one. Needs `watchLeases`: what a mere
 * look at the record shows may still be void.
 */
export function terminalIsFinal<R>(sessionId: string, { stateOf, terminal }: Machine<R>): Property {
	const told = (ends: Ends, text: string): Ends => {
		if (ends.first !== "") return ends.first === text ? ends : { ...ends, other: text };
		return text !== "" && terminal.includes(stateOf(JSON.parse(text) as R)) ? { ...ends, first: text } : ends;
	};
	return always<Ends>(
		`the end of ${sessionId} is final`,
		({ gathered: { first, other } }) => other === "" || `it was ${first}, and is ${other}`,
		{
			gather: {
				from: { open: {}, first: "", other: "" },
				next: (ends, event) => {
					if (event.type !== "line") return ends;
					const { line, process } = event;
					const op = `${process}/${line.op}`;
					if (line.type === "invoke") {
						const text = line.key === sessionId && "value" in line ? line.value : undefined;
						return text === undefined ? ends : { ...ends, open: { ...ends.open, [op]: text } };
					}
					const { [op]: written, ...open } = ends.open;
					if (line.type !== "ok") return { ...ends, open };
					return told({ ...ends, open }, written ?? line.value ?? "");
				},
			},
			when: ({ gathered }) => gathered.first !== "",
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
