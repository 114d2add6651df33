// The reader's copy of a record in its plain place: written while the session is held, unfenced.
import type { Lease } from "../lease/lease.ts";
import { untilAborted } from "../lease/until-aborted.ts";
import type { SerializedPorts } from "./ports.ts";

/** If it cannot be saved it lags until the next commit, and the session goes on. */
export async function projectRecord<R>(ports: SerializedPorts<R>, lease: Lease<R>, record: R): Promise<void> {
	const { plain } = ports;
	if (!plain) return;
	await untilAborted(() => plain.save(lease.sessionId, record), lease.signal).catch(() => undefined);
}
