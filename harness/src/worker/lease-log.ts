// What is said of leases: that one was taken over, or lost. Nothing of those that come and go as they should.
import type { LeaseEvent } from "../lease/observe.ts";

/** One line, `undefined` for what needs none. */
export function leaseLine(event: LeaseEvent): string | undefined {
	const of = `session "${event.sessionId}" (epoch ${event.epoch})`;
	if (event.type === "granted" && event.takeover) return `took over ${of}: its last holder never released it`;
	return event.type === "lost" ? `lost ${of}: ${event.why}` : undefined;
}
