// etcd as the conformance kit sees it: a prefix for each case, and every client behind one relay.
import { Etcd3 } from "etcd3";
import type { Port } from "../../src/conformance/port.ts";
import { startRelay } from "../../src/conformance/relay.ts";
import { openEtcd } from "../../src/stores/open-etcd.ts";
import type { TestServer } from "./test-server.ts";

/** The server is started by the test that runs the kit, before its first case. */
export function etcdPort(server: () => TestServer): Port {
	let cases = 0;
	return {
		name: "etcd",
		// What etcd takes in one request.
		capabilities: { recordBytesMax: 1.5 * 1_024 * 1_024 },
		async open() {
			const prefix = `case_${++cases}`;
			const relay = await startRelay(server());
			return {
				relay,
				connect: () => openEtcd(urlOf(relay, prefix)),
				spoil: async (key) => {
					const client = plainClient(server());
					await client.put(`${prefix}/${key}`).value("[1]");
					client.close();
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

export const urlOf = ({ host, port }: Place, prefix: string): string => `etcd://${host}:${port}/${prefix}`;

/** As any other program may have it. */
export const plainClient = ({ host, port }: Place): Etcd3 => new Etcd3({ hosts: `http://${host}:${port}` });
