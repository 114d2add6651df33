// PostgreSQL as the conformance kit sees it: a table for each case, and every client behind one relay.
import type { Port } from "../../src/conformance/port.ts";
import { startRelay } from "../../src/conformance/relay.ts";
import { openPostgres } from "../../src/stores/open-postgres.ts";
import { askOnce, urlOf } from "./postgres-server.ts";
import type { TestServer } from "./test-server.ts";

/** The server is started by the test that runs the kit, before its first case. */
export function postgresPort(server: () => TestServer): Port {
	let cases = 0;
	return {
		name: "PostgreSQL",
		async open() {
			const table = `case_${++cases}`;
			const relay = await startRelay(server());
			return {
				relay,
				connect: () => openPostgres(`${urlOf(relay)}?table=${table}`),
				async spoil(key) {
					const statement = `insert into ${table} (key, fields) values ($1, '{"n": 1}')`;
					await askOnce(server(), statement, [key]);
				},
				close: () => relay.close(),
			};
		},
	};
}
