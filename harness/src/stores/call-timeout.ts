// A limit on every call to an iii engine that has none of its own.
import type { IIIClient } from "./iii-client.ts";

/** iii-sdk's own is 30 s: longer than a lease. */
export const CALL_TIMEOUT_MS = 5_000;

/** Calls as `iii` makes them, that end after `timeoutMs` with the code `TIMEOUT`: an unknown outcome. */
export function withTimeout(
	iii: Pick<IIIClient, "trigger">,
	timeoutMs: number = CALL_TIMEOUT_MS,
): Pick<IIIClient, "trigger"> {
	return { trigger: (request) => iii.trigger({ timeoutMs, ...request }) };
}
