// A worker killed in the middle of a transition, with iii's default queue settings and the default TTL: its turn ends.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import { outlivesItsWorker } from "./dead-worker.ts";
import { startServedEngine } from "./engine-process.ts";

const asked = process.env.SESSION_LEASE_CHAOS !== undefined;
if (!asked) {
	process.stdout.write(
		"not tested here: a worker killed under iii's default settings, 20 s (npm run chaos does)\n",
	);
}

describe.skipIf(!asked)("a turn whose worker is killed in a transition, under iii's default settings", () => {
	it.each([
		{ when: "before its message is a dead letter", restartMs: 300 },
		{ when: "when its message has become a dead letter", restartMs: 5_000 },
	])(
		"ends, if the worker comes back $when",
		async ({ restartMs }) => {
			const folder = mkdtempSync(join(tmpdir(), "session-lease-dead-"));
			const engine = await startServedEngine(folder, "journal", { queue: "turn-step" });
			try {
				await outlivesItsWorker(`ws://127.0.0.1:${engine.port}`, { restartMs });
			} finally {
				await engine.stop();
				rmSync(folder, { recursive: true, force: true });
			}
		},
		90_000,
	);
});
