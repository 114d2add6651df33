// The leases that a process holds right now, so that it can give them all up when it ends.
import { TransientError } from "../lease/errors.ts";
import type { Lease } from "../lease/lease.ts";
import type { Leases } from "../lease/leases.ts";

export interface HeldLeases<T> {
	/** The same leases, with every grant noted until it has been given back. */
	readonly leases: Leases<T>;
	/** How many are held. */
	readonly count: number;
	/** From now on nobody is granted a session: whoever asks, or waits for one, is turned away as transient. */
	close(): void;
	/** Abandons every lease that is held. Never rejects. */
	abandonAll(): Promise<void>;
}

export function trackLeases<T>(leases: Leases<T>): HeldLeases<T> {
	const held = new Set<Lease<T>>();
	// One for each: a signal that many listen to makes Node warn of a leak.
	const asking = new Set<AbortController>();
	let closed: TransientError | undefined;
	return {
		leases: {
			...leases,
			async acquire(sessionId, options = {}) {
				if (closed) throw closed;
				const ending = new AbortController();
				const signal = options.signal ? AbortSignal.any([options.signal, ending.signal]) : ending.signal;
				asking.add(ending);
				try {
					const lease = await leases.acquire(sessionId, { ...options, signal });
					held.add(lease);
					return noteEnd(lease, () => held.delete(lease));
				} finally {
					asking.delete(ending);
				}
			},
		},
		get count() {
			return held.size;
		},
		close() {
			closed = new TransientError("This worker is ending. Deliver the message again.");
			for (const ending of asking) ending.abort(closed);
		},
		async abandonAll() {
			await Promise.all([...held].map((lease) => lease.abandon()));
		},
	};
}

const ENDS = new Set<string | symbol>(["release", "forget", "abandon", Symbol.asyncDispose]);

/** The same lease. Its fields are private: its methods have to find the lease itself as their `this`. */
function noteEnd<T>(lease: Lease<T>, onEnd: () => void): Lease<T> {
	return new Proxy(lease, {
		get(target, property) {
			const value: unknown = Reflect.get(target, property, target);
			if (typeof value !== "function") return value;
			const method = value.bind(target);
			if (!ENDS.has(property)) return method;
			return async (...given: unknown[]) => {
				const answer: unknown = await method(...given);
				onEnd();
				return answer;
			};
		},
	});
}
