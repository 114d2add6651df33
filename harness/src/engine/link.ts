// How a call travels between a worker and the engine.
import type { Wait } from "../lease/clock.ts";
import type { TriggerRequest } from "../stores/iii-client.ts";

/**
 * Carries one call: `apply` performs it at the other end. A link may wait before or after, apply twice, or not at all;
 * a promise that it leaves open is a reply that never comes.
 */
export type Link = (request: TriggerRequest, apply: () => Promise<unknown>) => Promise<unknown>;

/** No distance: a call is performed at once, and answered as soon as it is done. */
export const directLink: Link = (_request, apply) => apply();

/** A short way: others get their turn before the call is performed, and again before it is answered. */
export function createNearLink(wait: Wait): Link {
	return async (_request, apply) => {
		await wait(0);
		try {
			return await apply();
		} finally {
			await wait(0);
		}
	};
}

/** What a call that nobody answers leaves behind: fresh each time, since whoever waits on a promise is held by it. */
export function never(): Promise<never> {
	return new Promise(() => undefined);
}
