// NATS KV as the conformance kit sees it: a bucket for each case, and every client behind one relay.
import { jetstream } from "@nats-io/jetstream";
import { type KV, type KvLimits, Kvm } from "@nats-io/kv";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { Port } from "../../src/conformance/port.ts";
import { startRelay } from "../../src/conformance/relay.ts";
import { openNats } from "../../src/stores/open-nats.ts";
import type { TestServer } from "./test-server.ts";

/** The server is started by the test that runs the kit, before its first case. */
export function natsPort(server: () => TestServer): Port {
	let cases = 0;
	return {
		name: "NATS KV",
		// What a server takes in one message, with the default `max_payload`.
		capabilities: { recordBytesMax: 1_024 * 1_024 },
		async open() {
			const bucket = `case_${++cases}`;
			const relay = await startRelay(server());
			return {
				relay,
				connect: () => openNats(urlOf(relay, bucket)),
				spoil: async (key) => {
					const { connection, kv } = await plainBucket(server(), bucket);
					await kv.put(key, "[1]");
					await connection.close();
				},
				close: () => relay.close(),
			};
		},
	};
}

interface Place {
	readonly host: string;
	readonly port: number;
}

export const urlOf = ({ host, port }: Place, bucket: string): string => `nats://${host}:${port}/${bucket}`;

/** As any other program may have it. */
export async function plainBucket(
	{ host, port }: Place,
	bucket: string,
	limits: Partial<KvLimits> = {},
): Promise<{ connection: NatsConnection; kv: KV }> {
	const connection = await connect({ servers: `${host}:${port}` });
	return { connection, kv: await new Kvm(jetstream(connection)).create(bucket, limits) };
}
