// A real iii engine that is killed: what its state still knows when it is back.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { engineBinary, type RunningEngine, startEngine, tellNotTested } from "./iii-engine.ts";

if (engineBinary === undefined)
	tellNotTested("a real iii engine that is killed", "III_ENGINE names no binary");

const SCOPE = "restart";

describe.skipIf(engineBinary === undefined)("a real iii engine that is killed", () => {
	it("knows, with its state in file, what has reached the disk, and of what it acknowledged since maybe less", async () => {
		const engine = await startEngine(engineBinary as string, { state: "file", saveIntervalMs: 100 });
		try {
			const first = engine.connect();
			await first.trigger({
				function_id: "state::set",
				payload: { scope: SCOPE, key: "written", value: [] },
			});
			await reachesTheDisk(engine);
			const counter = { scope: SCOPE, key: "n", ops: [{ type: "increment", path: "n", by: 1 }] };
			let acknowledged = 0;
			for (; acknowledged < 500; acknowledged++) {
				await first.trigger({ function_id: "state::update", payload: counter });
			}
			await engine.kill();
			await engine.restart();
			const second = engine.connect();
			const read = (key: string) =>
				second.trigger({ function_id: "state::get", payload: { scope: SCOPE, key } });
			expect(await read("written")).toEqual([]);
			const left = ((await read("n")) as { n: number } | undefined)?.n ?? 0;
			expect(left).toBeLessThanOrEqual(acknowledged);
		} finally {
			await engine.stop();
		}
	}, 60_000);

	it("knows nothing with its state in memory", async () => {
		const engine = await startEngine(engineBinary as string);
		try {
			await engine
				.connect()
				.trigger({ function_id: "state::set", payload: { scope: SCOPE, key: "k", value: 1 } });
			await engine.kill();
			await engine.restart();
			const payload = { scope: SCOPE, key: "k" };
			expect(await engine.connect().trigger({ function_id: "state::get", payload })).toBeUndefined();
		} finally {
			await engine.stop();
		}
	}, 60_000);
});

/** The adapter writes one file for each scope. */
async function reachesTheDisk({ folder }: RunningEngine): Promise<void> {
	const deadline = AbortSignal.timeout(5_000);
	const isThere = async () => (await readdir(join(folder, "data", "state"))).includes(`${SCOPE}.bin`);
	while (!(await isThere())) {
		deadline.throwIfAborted();
		await pause(20);
	}
}
