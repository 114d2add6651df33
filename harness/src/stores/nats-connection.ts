// Calls to a bucket that end when their connection does: by itself the client waits on, though the answer is lost.
import { setMaxListeners } from "node:events";
import { TransientError } from "../lease/errors.ts";
import { untilAborted } from "../lease/until-aborted.ts";
import type { NatsBucket } from "./nats-store.ts";

/** The part of a NATS connection that is used here. */
interface Connection {
	status(): AsyncIterable<{ readonly type: string }>;
}

/** The bucket, whose calls reject at once when the connection is lost, and are not made while there is none. */
export function endingWith(connection: Connection, bucket: NatsBucket): NatsBucket {
	let lost = forManyCalls();
	const watch = async () => {
		for await (const { type } of connection.status()) {
			if (type === "disconnect")
				lost.abort(new Error("The connection to NATS was lost before the answer came."));
			else if (type === "reconnect") lost = forManyCalls();
		}
	};
	void watch();
	const call = <T>(request: () => Promise<T>): Promise<T> => {
		if (!lost.signal.aborted) return untilAborted(request, lost.signal);
		const message = "There is no connection to NATS just now, so nothing was sent.";
		return Promise.reject(new TransientError(message, { code: "store_unavailable" }));
	};
	return {
		get: (key) => call(() => bucket.get(key)),
		put: (key, text, options) => call(() => bucket.put(key, text, options)),
		async keys() {
			const names = (await call(() => bucket.keys()))[Symbol.asyncIterator]();
			return {
				[Symbol.asyncIterator]: () => ({
					next: () => call(() => names.next()),
					return: async () => (await names.return?.()) ?? { done: true, value: undefined },
				}),
			};
		},
	};
}

/** Each call under way listens, and that is no leak. */
function forManyCalls(): AbortController {
	const controller = new AbortController();
	setMaxListeners(0, controller.signal);
	return controller;
}
