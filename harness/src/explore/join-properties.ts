// Ready-made properties of joins, for joins on the world's own records.
import type { Join, JoinClosed, JoinPorts } from "../recipes/join.ts";
import { always, eventually, type Property, sometimes } from "./properties.ts";
import type { Process } from "./scenario.ts";
import { sessionValue } from "./session-record.ts";

const CLOSED = "join_closed";

/** The same ports, with each close that is sent noted, for `closesOnce`. */
export function watchJoin(process: Process, ports: JoinPorts): JoinPorts {
	return {
		...ports,
		send: (joinId, event) => {
			process.note(CLOSED, event);
			return ports.send(joinId, event);
		},
	};
}

/** At rest every item has settled. That its close was sent is said by `followsOnce`. */
export function joinCloses(joinId: string): Property {
	return eventually(`${joinId} closes`, ({ fields }) => {
		const join = sessionValue<Join>(joinId, fields);
		if (!join) return "it was never opened";
		const open = Object.keys(join.items).filter((item) => join.items[item] === null);
		return open.length === 0 || `it still waits for ${open.join(", ")}`;
	});
}

interface Closes {
	/** The first close that was sent, as text. */
	readonly first?: string;
	/** Another one, which says something else. */
	readonly other?: string;
}

/** However often the close is sent: under one id, of all items, and it says the same of each. Needs `watchJoin`. */
export function closesOnce(joinId: string): Property {
	return always<Closes>(
		`${joinId} closes once`,
		({ gathered: { first = "", other }, fields }) => {
			if (other !== undefined) return `it closed as ${first}, and as ${other}`;
			const { outcomes } = (JSON.parse(first) as { readonly event: JoinClosed }).event;
			const items = Object.keys(sessionValue<Join>(joinId, fields)?.items ?? {});
			const open = items.filter((item) => !Object.hasOwn(outcomes, item) || !outcomes[item]);
			return open.length === 0 || `it closed without ${open.join(", ")}`;
		},
		{
			gather: {
				from: {},
				next: (closes, event) => {
					if (event.type === "rollback") return {};
					if (event.type !== "note" || event.name !== CLOSED) return closes;
					const closed = event.data as { readonly event: JoinClosed };
					if (closed.event.joinId !== joinId) return closes;
					const text = JSON.stringify(closed);
					if (closes.first === undefined) return { first: text };
					return text === closes.first ? closes : { ...closes, other: text };
				},
			},
			when: ({ gathered: { first } }) => first !== undefined,
		},
	);
}

/** What follows from the close: noted exactly once at the end, however often the close is sent. */
export function followsOnce(note: string): Property {
	return eventually(`"${note}" follows once`, ({ count }) => {
		return count(note) === 1 || `it followed ${count(note)} times`;
	});
}

/** What a scenario of joins is about happens in it: an item settles while another worker is at it. */
export const settlesMeet = (): Property =>
	sometimes("two workers settle items at once", ({ count }) => count("turned_away") > 0);
