// The session as it is, read beside the workers.
import type { AtomicStore } from "../lease/atomic-store.ts";
import type { Clock, Wait } from "../lease/clock.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import { iiiStore } from "../stores/iii-store.ts";
import { createLeases } from "../system/leases.ts";
import { createRetry } from "../system/retry.ts";
import type { TurnRecord } from "../turn/record.ts";
import { PLAIN_SCOPE } from "./job-engine.ts";
import type { JobSettings } from "./job-report.ts";

export interface SessionLook {
	readonly record: TurnRecord | undefined;
	/** Readable name of whoever holds the session, or died with it; null for nobody. */
	readonly heldBy: string | null;
	/** Whether the session is owed a wake. */
	readonly owed: boolean;
}

export interface SessionReaderOptions {
	readonly client: Pick<IIIClient, "trigger">;
	/** Where the leases are kept. @default the engine's state */
	readonly store?: AtomicStore | undefined;
	readonly settings: Pick<JobSettings, "sessionId" | "serialize">;
	readonly clock: Clock;
	readonly wait: Wait;
	readonly newId: () => string;
}

/** Answers one look each time. Rejects if the engine gives no answer. */
export function createSessionReader(options: SessionReaderOptions): () => Promise<SessionLook> {
	const { client, settings, clock, wait, newId, store = iiiStore(client) } = options;
	const { sessionId, serialize } = settings;
	if (!serialize) {
		const payload = { scope: PLAIN_SCOPE, key: sessionId };
		return async () => {
			const record: TurnRecord | null | undefined = await client.trigger({
				function_id: "state::get",
				payload,
			});
			return { record: record ?? undefined, heldBy: null, owed: false };
		};
	}
	const leases = createLeases<TurnRecord>({
		store,
		skewMs: 0,
		ports: { clock, wait, retry: createRetry(wait), newId },
	});
	return async () => {
		const { state, holder = null, valueText, owed } = await leases.inspect(sessionId);
		const record = valueText === undefined ? undefined : (JSON.parse(valueText) as TurnRecord);
		return { record, heldBy: state === "held" || state === "expired" ? holder : null, owed };
	};
}
