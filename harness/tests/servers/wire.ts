// What a lease's calls cost on the wire: round trips and bytes, counted by the relay between a client and its server.
import type { OpenedPort, Port, Relay, RelayCounts } from "../../src/conformance/index.ts";
import type { AtomicStore } from "../../src/index.ts";
import { createLeases } from "../../src/index.ts";

export interface WireCost {
	/** How many times the way to the server and back the call takes. */
	readonly roundTrips: number;
	readonly sentBytes: number;
	readonly receivedBytes: number;
}

/** A call of each kind. */
export interface WireRow {
	readonly read: WireCost;
	/** Takes the session. */
	readonly bid: WireCost;
	/** Saves a value, and gives the session back. */
	readonly save: WireCost;
}

/** Of the JSON text of a value: a turn of a few calls. */
const VALUE_CHARACTERS = 2_000;
/** Before them connections are made, and statements prepared. */
const WARM_UP = 5;
const TRANSITIONS = 9;
/** Long, compared to what a server and this process need. */
const ONE_WAY_MS = 15;

/** @throws Error if the port has no relay */
export async function measureWire(port: Port): Promise<WireRow> {
	const opened = await port.open();
	const client = await opened.connect();
	try {
		return await measureTransitions(client, relayOf(opened));
	} finally {
		await client.close?.();
		await opened.close();
	}
}

async function measureTransitions(store: AtomicStore, relay: Relay): Promise<WireRow> {
	const costs: Record<keyof WireRow, WireCost[]> = { read: [], bid: [], save: [] };
	relay.slowDown(ONE_WAY_MS);
	const watched = async <R>(kind: keyof WireRow, call: () => Promise<R>): Promise<R> => {
		const before = relay.counts();
		const startedAtMs = performance.now();
		const answer = await call();
		const roundTrips = (performance.now() - startedAtMs) / (2 * ONE_WAY_MS);
		costs[kind].push({ ...difference(before, relay.counts()), roundTrips });
		return answer;
	};
	const leases = createLeases<string>({
		store: {
			read: (key) => watched("read", () => store.read(key)),
			update(key, ops) {
				const isBid = ops.some(({ op }) => op === "setOnce");
				return watched(isBid ? "bid" : "save", () => store.update(key, ops));
			},
		},
		owner: "process 4711",
		ports: { newId: numbered() },
	});
	for (let count = 0; count < WARM_UP + TRANSITIONS; count++) {
		const lease = await leases.acquire("session-7");
		await lease.release({ value: String(count % 10).repeat(VALUE_CHARACTERS - 2) });
		await leases.inspect("session-7");
	}
	const least = (kind: keyof WireRow) => leastOf(costs[kind].slice(WARM_UP));
	return { read: least("read"), bid: least("bid"), save: least("save") };
}

/** Ids as long as random ones. */
function numbered(): () => string {
	let count = 0;
	return () => `01234567-89ab-cdef-0123-${String(++count).padStart(12, "0")}`;
}

function difference(before: RelayCounts, after: RelayCounts): Omit<WireCost, "roundTrips"> {
	return {
		sentBytes: after.sentBytes - before.sentBytes,
		receivedBytes: after.receivedBytes - before.receivedBytes,
	};
}

/** The quickest, and the leanest: what is between clients and servers besides, such as pings of HTTP/2, comes on top. */
function leastOf(costs: readonly WireCost[]): WireCost {
	const least = (of: (cost: WireCost) => number): number => Math.min(...costs.map(of));
	return {
		roundTrips: Math.floor(least(({ roundTrips }) => roundTrips)),
		sentBytes: least(({ sentBytes }) => sentBytes),
		receivedBytes: least(({ receivedBytes }) => receivedBytes),
	};
}

function relayOf({ relay }: OpenedPort): Relay {
	if (relay) return relay;
	throw new Error("The port has no relay: nothing of it is on a wire.");
}
