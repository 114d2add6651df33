// A dispatch under a key: the key is a session, and a session starts once.
import { hasCode } from "../lease/errors.ts";
import type { SerializedPorts } from "../transition/ports.ts";
import { startSession } from "../transition/session.ts";
import { takeTurn } from "./decide.ts";

/**
 * Starts the session `key` with its first record, and wakes it; where it has started already, by whomever, nothing
 * happens but that a wake which is still owed is sent. Answers whether this call started it. Its transitions run under
 * its own lease, so however often a dispatch is repeated, its work is done once.
 * @throws TransientError (`transient`: it is held, and may be starting; `wake_failed`): try again. Otherwise as `startSession` does.
 */
export async function dispatchOnce<R>(ports: SerializedPorts<R>, key: string, record: R): Promise<boolean> {
	try {
		await takeTurn(() => startSession(ports, key, record));
		return true;
	} catch (error) {
		if (hasCode(error, "record_exists")) return false;
		throw error;
	}
}
