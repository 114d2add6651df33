// The kit on the port, under Node's own test runner: node --test
import { deepStrictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import { conform, startRelay } from "session-lease/conformance";
import { startDocumentServer } from "./document-server.mjs";
import { documentStore } from "./document-store.mjs";

const expect = (actual) => ({ toEqual: (expected) => deepStrictEqual(actual, expected) });

conform(
	{ describe, it, expect },
	{
		name: "the document server",
		capabilities: { recordBytesMax: 2_000_000 },
		async open() {
			const server = await startDocumentServer();
			const relay = await startRelay({ port: server.port });
			const direct = `http://127.0.0.1:${server.port}/documents/`;
			return {
				relay,
				connect: async () => documentStore(`http://127.0.0.1:${relay.port}`),
				async spoil(key) {
					const name = Buffer.from(key).toString("base64url");
					await fetch(direct + name, { method: "PUT", headers: { "if-match": "0" }, body: "no record" });
				},
				async close() {
					await relay.close();
					await server.close();
				},
			};
		},
	},
);
