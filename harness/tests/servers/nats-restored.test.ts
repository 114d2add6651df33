// What a client writes that was idle while its server lost what it had acknowledged: an older folder was put back.
import { cp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { NatsConnection } from "@nats-io/transport-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { updateInTheEnd } from "../../src/conformance/outcome.ts";
import type { FieldOp } from "../../src/lease/atomic-store.ts";
import { natsStore } from "../../src/stores/nats-store.ts";
import { plainBucket } from "./nats-port.ts";
import { natsProgram, startNats } from "./nats-server.ts";
import { isLong } from "./test-server.ts";

const COUNT: readonly FieldOp[] = [{ op: "increment", field: "n", by: 1 }];
const set = (value: string): FieldOp[] => [{ op: "set", field: "text", value }];

describe.skipIf(!isLong || natsProgram === undefined)("NATS KV from an older folder", () => {
	it.each([{ isTold: true }, { isTold: false }])(
		"overwrites nothing that was acknowledged since (store has the connection: $isTold)",
		async ({ isTold }) => {
			const server = await startNats();
			onTestFinished(() => server.stop());
			const clients = await Promise.all([plainBucket(server, "b"), plainBucket(server, "b")]);
			const connections = clients.map(({ connection }) => connection);
			const [idle, busy] = clients.map(({ connection, kv }) => natsStore(kv, isTold ? { connection } : {}));
			if (idle === undefined || busy === undefined) throw new Error("There are two.");
			const restart = async () => {
				const back = Promise.all(connections.map(reconnected));
				await server.restart();
				await back;
			};
			const folder = join(server.folder, "jetstream");
			await busy.update("k", set("old"));
			await server.kill();
			await cp(folder, `${folder}.old`, { recursive: true });
			await restart();
			await updateInTheEnd(idle, "k", set("lost"));
			await server.kill();
			await rm(folder, { recursive: true });
			await rename(`${folder}.old`, folder);
			await restart();

			expect(await updateInTheEnd(busy, "k", set("kept"))).toEqual({ text: "old" });
			expect(await idle.update("k", COUNT)).toEqual({ text: "kept" });
			expect(await busy.read("k")).toEqual({ text: "kept", n: 1 });
			for (const connection of connections) await connection.close();
		},
	);
});

async function reconnected(connection: NatsConnection): Promise<void> {
	for await (const { type } of connection.status()) if (type === "reconnect") return;
}
