// How often events are sent: once, and again only by somebody who cannot know that they were.
import { always, type Property } from "../explore/properties.ts";
import type { Process } from "../explore/scenario.ts";
import type { OutboxEvent } from "../lease/outbox.ts";

const SENDS = "sends";
const FAILS = "could not send";

type Send = (sessionId: string, event: OutboxEvent) => Promise<void>;

/** The same port, which notes what it sends and whether that failed, for `sentAgainOnlyIfLost`. */
export function watchSends(process: Process, send: Send): Send {
	return async (sessionId, event) => {
		process.note(SENDS, `${sessionId}/${event.id}`);
		try {
			await send(sessionId, event);
		} catch (error) {
			process.note(FAILS);
			throw error;
		}
	};
}

interface Sent {
	/** By session and id. */
	readonly times: Readonly<Record<string, number>>;
	/** Deaths, and sends that have failed. */
	readonly losses: number;
}

/** Whoever finds a decision made sends nothing. */
export function sentAgainOnlyIfLost(): Property {
	return always<Sent>(
		"an event is sent again only after a death, or a send that failed",
		({ gathered: { times, losses } }) => {
			const often = Object.keys(times).find((event) => (times[event] ?? 0) > 1 + losses);
			return often === undefined || `${often}: ${times[often]} times`;
		},
		{
			gather: {
				from: { times: {}, losses: 0 },
				next: ({ times, losses }, event) => {
					const isLoss = event.type === "crash" || (event.type === "note" && event.name === FAILS);
					if (isLoss) return { times, losses: losses + 1 };
					if (event.type !== "note" || event.name !== SENDS) return { times, losses };
					const sent = event.data as string;
					return { times: { ...times, [sent]: (times[sent] ?? 0) + 1 }, losses };
				},
			},
			when: ({ count }) => count(SENDS) > 0,
		},
	);
}
