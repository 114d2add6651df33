// A client that sends again what its store has certainly not applied: a busy store may refuse any call, and is right to.
import type { StoredRecord } from "../lease/atomic-store.ts";
import { listedOf } from "./listed.ts";
import { untilTaken, updateInTheEnd } from "./outcome.ts";
import type { Client } from "./port.ts";

/** Bounded, with a short pause each time; what it cannot get done is rejected as the store did it last. */
export function patient(client: Client): Client {
	return {
		update: (key, ops) => updateInTheEnd(client, key, ops),
		read: (key) => untilTaken(() => client.read(key)),
		...(client.list ? { list: () => listInTheEnd(client) } : {}),
		...(client.close ? { close: async () => client.close?.() } : {}),
	};
}

/** A list that breaks off is begun again, so that none of it is answered before its end. */
async function* listInTheEnd(client: Client): AsyncGenerator<StoredRecord> {
	yield* await untilTaken(() => listedOf(client));
}
