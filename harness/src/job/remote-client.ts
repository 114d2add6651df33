// One connection of a job to an engine behind a URL: it notes what comes and goes, and can die.
import type { Link } from "../engine/index.ts";
import { never } from "../engine/link.ts";
import type { IIIConnection } from "../stores/connect-iii.ts";
import type { FunctionHandler, TriggerRequest } from "../stores/iii-client.ts";
import { parseApprovalKey } from "../turn/approvals.ts";
import type { JobClient } from "./job-engine.ts";
import type { WakeLedger } from "./wake-ledger.ts";

export interface RemoteClientOptions {
	readonly connection: IIIConnection;
	readonly link: Link;
	/** The job's. */
	readonly sessionId: string;
	readonly ledger: WakeLedger;
	readonly newId: () => string;
	/** Every wake is sent twice. */
	readonly duplicate: boolean;
	/** How often each function of the engine was called: counted up here. */
	readonly calls: Map<string, number>;
}

export function createRemoteClient(options: RemoteClientOptions): JobClient {
	const { connection, link, ledger, newId, calls } = options;
	const ends = new Set<(end: "failed") => void>();
	let gone = false;

	/** Its id travels in the payload: the queue tells the function that it calls nothing of the message. */
	const sendWake = async (request: TriggerRequest): Promise<unknown> => {
		const wakeId = newId();
		ledger.sent(wakeId);
		try {
			return await connection.trigger({
				...request,
				payload: { ...(request.payload as object), wake_id: wakeId },
			});
		} catch (error) {
			// After a timeout it may be on the queue after all. Then it has been delivered long ago, or is noted when it is.
			if (!gone) ledger.refused(wakeId);
			throw error;
		}
	};
	const send = async (request: TriggerRequest): Promise<unknown> => {
		if (gone) return never();
		if (request.action?.type === "enqueue") {
			const twin = options.duplicate ? sendWake(request) : undefined;
			twin?.catch(() => undefined);
			return sendWake(request);
		}
		calls.set(request.function_id, (calls.get(request.function_id) ?? 0) + 1);
		return connection.trigger(request);
	};
	const handled = async (handler: FunctionHandler, payload: unknown): Promise<unknown> => {
		if (gone) return never();
		if (isOfOthers(payload, options.sessionId)) return false;
		const end = ledger.begin((payload as { wake_id?: string } | null)?.wake_id);
		ends.add(end);
		try {
			const answer = await handler(payload);
			if (gone) return never();
			end("handled");
			return answer;
		} catch (error) {
			if (gone) return never();
			end("failed");
			throw error;
		} finally {
			ends.delete(end);
		}
	};
	return {
		async trigger(request) {
			if (gone) return never();
			try {
				const answer = await link(request, () => send(request));
				return gone ? never() : answer;
			} catch (error) {
				if (gone) return never();
				throw error;
			}
		},
		registerFunction: (id, handler) =>
			connection.registerFunction(id, (payload) => handled(handler, payload)),
		registerTrigger: (request) => connection.registerTrigger(request),
		crash() {
			if (gone) return;
			gone = true;
			for (const end of ends) end("failed");
			ends.clear();
			// It may be closed already; whoever closes the engine waits for it.
			connection.shutdown().catch(() => undefined);
		},
	};
}

/** A state trigger tells of all approvals on the engine; those of other sessions are other workers' business. */
function isOfOthers(payload: unknown, sessionId: string): boolean {
	const { key } = (payload ?? {}) as { readonly key?: unknown };
	return typeof key === "string" && parseApprovalKey(key)?.sessionId !== sessionId;
}
