// What an error of Redis, or of its client, says about the batch that it ended: refused before a write, for good, or unknown.
import { StoreAnswerError, TransientError } from "../lease/errors.ts";
import { recordInvalid } from "./record-text.ts";
import { HALF_APPLIED, NOT_A_NUMBER, NOTHING_WRITTEN } from "./redis-script.ts";

/**
 * Answered instead of running a command, and why that is so. Those of the script's writes come behind its own
 * NOTHINGWRITTEN: of these all are certain.
 */
const REASONS: Readonly<Record<string, string>> = {
	LOADING: "it is still reading its data from disk",
	BUSY: "a script of somebody's has been running for too long, and nothing else is let in",
	NOAUTH: "it wants a password first",
	NOPERM: "this user may not do that; HGETALL, HSET, HSETNX, HINCRBY, HDEL and scripts are needed",
	CLUSTERDOWN: "the cluster does not serve this key just now",
	TRYAGAIN: "the key is on its way to another node of the cluster",
	MASTERDOWN: "it is a replica that has lost its master",
	NOREPLICAS: "too few replicas are connected for it to take writes",
	READONLY: "it is a replica, and takes no writes",
	MISCONF: "it cannot write its data to disk, and takes no writes until it can",
	OOM: "its memory is full",
};

/** In the words of ioredis and of node-redis: it never left the client, which has no connection and keeps no queue. */
const NEVER_SENT: readonly string[] = [
	"Stream isn't writeable and enableOfflineQueue options is false",
	"The client is offline",
	"The client is closed",
];

/** The first word of the server's error: `LOADING`, `NOSCRIPT`; empty if it is not the server's. */
export function codeOf(error: unknown): string {
	const { message } = (error ?? {}) as { message?: unknown };
	return typeof message === "string" ? (/^[A-Z]+(?= |$)/.exec(message)?.[0] ?? "") : "";
}

/**
 * What a call on the record of this key rejects with; an unknown outcome stays as it was thrown.
 * `sentOnce`: the client has not sent it before by itself, so that the error is about the only copy.
 */
export function failureOf(
	key: string,
	{ error, sentOnce }: { readonly error: unknown; readonly sentOnce: boolean },
): unknown {
	const { message = "" } = (error ?? {}) as { message?: string };
	const code = codeOf(error);
	switch (code) {
		case "WRONGTYPE":
			return recordInvalid(key, "there is no hash at its key in Redis", error);
		case NOT_A_NUMBER:
			return recordInvalid(
				key,
				`${message.slice(code.length + 1)}, which is to be incremented, is no number`,
				error,
			);
		case HALF_APPLIED:
			return refused(`Redis has applied a part of a batch for "${key}" only: ${message}`, error);
		case "MOVED":
		case "ASK": {
			const client = "ioredis' `Cluster`, node-redis' `createCluster`";
			return refused(
				`"${key}" is on another node of a Redis cluster, which takes a client for clusters: ${client}`,
				error,
			);
		}
	}
	const why = certainReason(code, message);
	if (why === undefined || !sentOnce) return error;
	return new TransientError(`Redis did nothing for "${key}": ${why} (${message}).`, {
		code: "store_unavailable",
		cause: error,
	});
}

/** Why nothing was written; `undefined` if something may have been. */
function certainReason(code: string, message: string): string | undefined {
	if (NEVER_SENT.includes(message)) return "it is not connected";
	if (code !== NOTHING_WRITTEN) return REASONS[code];
	const refusal = message.slice(code.length + 1);
	return REASONS[codeOf({ message: refusal })] ?? "it refused the first command of the batch";
}

function refused(why: string, cause: unknown): StoreAnswerError {
	return new StoreAnswerError(`${why}.`, { cause });
}
