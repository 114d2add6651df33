// PGlite as the conformance kit sees it: one database in memory, a table for each case.
import type { PGlite } from "@electric-sql/pglite";
import type { Port } from "../../src/conformance/port.ts";
import { postgresSchema } from "../../src/stores/postgres-schema.ts";
import { postgresStore } from "../../src/stores/postgres-store.ts";

/** The database is started by the test that runs the kit, before its first case: that takes longer than a case does. */
export function pglitePort(database: () => PGlite): Port {
	let cases = 0;
	return {
		name: "PGlite",
		// It is in this process, and has one connection.
		capabilities: { server: false, clients: false },
		async open() {
			const table = `case_${++cases}`;
			return {
				connect: async () => postgresStore(database(), { table }),
				async spoil(key) {
					await database().exec(postgresSchema(table));
					await database().query(`insert into ${table} (key, fields) values ($1, '{"n": 1}')`, [key]);
				},
				close: async () => undefined,
			};
		},
	};
}
