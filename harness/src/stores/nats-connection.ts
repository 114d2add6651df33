// Calls to a bucket that end when their connection does: by itself the client waits on, though the answer is lost.
import { setMaxListeners } from "node:events";
import { TransientError } from "../lease/errors.ts";
import { untilAborted } from "../lease/until-aborted.ts";
import { stepThrough } from "./step-through.ts";

/** The part of @nats-io/kv's `KV` that a store uses. */
export interface NatsBucket {
	get(key: string): Promise<NatsEntry | null>;
	put(
		key: string,
		text: string,
		options: { readonly previousSeq: number; readonly timeout: number },
	): Promise<number>;
	keys(): Promise<AsyncIterable<string>>;
}

interface NatsEntry {
	readonly operation: "PUT" | "DEL" | "PURGE";
	readonly revision: number;
	string(): string;
}

/** The part of @nats-io's `NatsConnection` that is used here. */
export interface NatsStatus {
	status(): AsyncIterable<{ readonly type: string }>;
}

interface ConnectedBucket extends NatsBucket {
	/** How often the connection was lost: whoever answers after that may have forgotten what was answered before. */
	losses(): number;
}

/** The bucket, whose calls reject at once when the connection is lost, and are not made while there is none. */
export function endingWith(connection: NatsStatus, bucket: NatsBucket): ConnectedBucket {
	let lost = forManyCalls();
	let losses = 0;
	const lose = () => {
		losses++;
		lost.abort(new Error("The connection to NATS was lost before the answer came."));
	};
	const watch = async () => {
		for await (const { type } of connection.status()) {
			if (type === "disconnect") lose();
			else if (type === "reconnect") lost = forManyCalls();
		}
	};
	// What is not watched any more is as good as lost.
	void watch().then(lose, lose);
	const call = <T>(request: () => Promise<T>): Promise<T> => {
		if (!lost.signal.aborted) return untilAborted(request, lost.signal);
		const message = "There is no connection to NATS just now, so nothing was sent.";
		return Promise.reject(new TransientError(message, { code: "store_unavailable" }));
	};
	return {
		losses: () => losses,
		get: (key) => call(() => bucket.get(key)),
		put: (key, text, options) => call(() => bucket.put(key, text, options)),
		async keys() {
			const names = await call(() => bucket.keys());
			return stepThrough(() => names, call);
		},
	};
}

/** Each call under way listens, and that is no leak. */
function forManyCalls(): AbortController {
	const controller = new AbortController();
	setMaxListeners(0, controller.signal);
	return controller;
}
