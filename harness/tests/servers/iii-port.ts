// iii for the conformance kit: an engine behind its URL, reached over iii-sdk and a relay.
import { randomUUID } from "node:crypto";
import { type Port, startRelay } from "../../src/conformance/index.ts";
import { connectIII, type IIIConnection } from "../../src/stores/connect-iii.ts";
import { iiiStore } from "../../src/stores/iii-store.ts";

/** `url` is asked for when a case opens: the engine may start after its cases were described. */
export function iiiPort(name: string, url: () => string): Port {
	return {
		name,
		capabilities: { refusesAsWhole: false },
		async open() {
			const relay = await startRelay({ port: Number(new URL(url()).port) });
			const scope = `kit-${randomUUID()}`;
			const beside: IIIConnection[] = [];
			const connectTo = async () => {
				const connection = await connectIII(`ws://127.0.0.1:${relay.port}`, { name: randomUUID() });
				beside.push(connection);
				return connection;
			};
			return {
				relay,
				async connect() {
					const connection = await connectTo();
					return { ...iiiStore(connection, { scope, timeoutMs: 1_000 }), close: () => connection.shutdown() };
				},
				async spoil(key) {
					const payload = { scope, key, value: "not a record" };
					await (await connectTo()).trigger({ function_id: "state::set", payload });
				},
				async close() {
					for (const connection of beside) await connection.shutdown();
					await relay.close();
				},
			};
		},
	};
}
